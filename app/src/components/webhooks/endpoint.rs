//! One endpoint with its deliveries, and the forms that change it.

use billing::service::webhook::endpoint::{Deliveries, Disabled, DisabledWhy, ListedEndpoint};
use leptos::prelude::*;
use locales::text;

use super::{
    deliveries, form,
    owner::EndpointOwner,
    words::{self, endpoint_state, received_events},
};
use crate::{
    components::{
        copy::{copy_button, copying},
        form::{mistakes::Mistakes, shown_secret::shown_secret},
        icon::Tone,
        notice::{alert, notice},
        page::entry::{entry, opening_beside},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query},
    wording::minute,
};

/// Maximum number of deliveries on a page.
pub(crate) const SHOWN_DELIVERIES: u64 = 20;

/// Renders the content of an endpoint's page, with `nav` in the margin. `fresh` is a secret that was just created: the
/// endpoint's id, a dot, and the secret.
pub(crate) fn content(
    owner: EndpointOwner<'_>,
    nav: AnyView,
    req: &PageRequest,
    (endpoint, log): (&ListedEndpoint, &Deliveries),
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let here = owner.page_of(&endpoint.id);
    let mistakes = Mistakes::from_query(req, &form::FIELDS, form::mistake);
    let fresh = fresh.and_then(|fresh| fresh.strip_prefix(endpoint.id.as_str())?.strip_prefix('.'));
    let values = if mistakes.is_empty() { form::Values::as_it_is(endpoint) } else { form::Values::of(draft) };
    let body = view! {
        <div class="stack">
            <p class="note"><a href=owner.page()>{text!(webhooks_back)}</a></p>
            <div class="copy"><h1 class="breaking">{endpoint.url.clone()}</h1>{copy_button(text!(webhooks_column_url))}</div>
            <p>{endpoint_state(endpoint)}" · "{received_events(endpoint.events.as_deref())}</p>
        </div>
        {copying()}
        {fresh.map(|secret| shown_once(secret, &here))}
        {words::answered_above(req, log, owner)}
        {mistakes.summary()}
        {req.query("delete").map(|_| delete_confirmation(owner, endpoint, &here))}
        {req.query("rotate").map(|_| rotate_confirmation(owner, endpoint, &here))}
        {endpoint.disabled.map(|disabled| why_disabled(owner, req, endpoint, disabled))}
    };
    let note = text!(webhooks_deliveries_note).into_any();
    let settings = view! {
        <form class="stack" method="post" action=form_address(owner.forms().change)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            {form::fields(owner.events(), &mistakes, &values)}
            <button class="button main">{text!(webhooks_save)}</button>
        </form>
    };
    view! {
        {opening_beside(nav, body)}
        {entry("deliveries", text!(webhooks_deliveries), Some(note), view! { {test(owner, endpoint)} {deliveries::log(owner, endpoint, log)} })}
        {entry("settings", text!(webhooks_settings), None, settings)}
        {entry("secret", text!(webhooks_secret), None, secret(endpoint, &here))}
        {entry("end", text!(webhooks_end), None, end(owner, endpoint, &here))}
    }
    .into_any()
}

fn shown_once(secret: &str, here: &str) -> AnyView {
    let body = view! {
        {shown_secret(text!(webhooks_fresh_label), secret)}
        <p class="note">{text!(webhooks_fresh_note)}</p>
        <div class="actions"><a class="button" href=here.to_owned()>{text!(webhooks_fresh_done)}</a></div>
    };
    notice(Tone::Ok, text!(webhooks_fresh_title), body)
}

/// Renders the notice with the reason why the endpoint is disabled. In the answer to the form that disables it, the
/// notice also says what happens to waiting messages.
fn why_disabled(owner: EndpointOwner<'_>, req: &PageRequest, endpoint: &ListedEndpoint, disabled: Disabled) -> AnyView {
    let is_answer = req.query("code").as_deref() == Some("disabled");
    let at = minute(disabled.at);
    let why = match disabled.why {
        DisabledWhy::ByAdmin => owner.disabled_by_admin(at),
        DisabledWhy::Gone => text!(webhooks_disabled_gone, time = at),
        DisabledWhy::Failing => text!(webhooks_disabled_failing, time = at),
    };
    let given_up = is_answer.then(|| view! { <p>{text!(webhooks_disabled_given_up)}</p> });
    let body = view! {
        <p>{why}</p>
        {given_up}
        <form class="actions" method="post" action=form_address(owner.forms().switch)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <input type="hidden" name="to" value="on"/>
            <button class="button">{text!(webhooks_enable)}</button>
        </form>
    };
    let head = text!(webhooks_disabled_title);
    if is_answer { alert(Tone::Off, head, body) } else { notice(Tone::Off, head, body) }
}

fn test(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint) -> Option<AnyView> {
    let form = view! {
        <form class="actions" method="post" action=form_address(owner.forms().test)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button">{text!(webhooks_ping)}</button>
        </form>
    };
    endpoint.disabled.is_none().then(|| form.into_any())
}

fn secret(endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let former = endpoint
        .former_secret_until
        .map(|until| view! { <p>{text!(webhooks_former_secret, time = minute(until))}</p> });
    view! {
        <div class="stack">
            <p>{text!(webhooks_secret_note)}</p>
            {former}
            <div class="actions"><a class="button" href=with_query(here, &[("rotate", "1")])>{text!(webhooks_rotate)}</a></div>
        </div>
    }
    .into_any()
}

fn end(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let disable = endpoint.disabled.is_none().then(|| {
        view! {
            <form method="post" action=form_address(owner.forms().switch)>
                <input type="hidden" name="id" value=endpoint.id.clone()/>
                <input type="hidden" name="to" value="off"/>
                <button class="button">{text!(webhooks_disable)}</button>
            </form>
        }
    });
    view! {
        <div class="stack">
            <p>{text!(webhooks_end_note)}</p>
            <div class="actions">
                {disable} <a class="plain stop" href=with_query(here, &[("delete", "1")])>{text!(webhooks_delete)}</a>
            </div>
        </div>
    }
    .into_any()
}

fn delete_confirmation(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>{text!(webhooks_delete_effect)}</p>
        <form class="actions" method="post" action=form_address(owner.forms().delete)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button stop">{text!(webhooks_delete_confirm)}</button>
            <a href=here.to_owned()>{text!(webhooks_delete_cancel)}</a>
        </form>
    };
    alert(Tone::Stop, text!(webhooks_delete_question), body)
}

fn rotate_confirmation(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>{text!(webhooks_rotate_effect)}</p>
        <form class="actions" method="post" action=form_address(owner.forms().rotate)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button main">{text!(webhooks_rotate_confirm)}</button>
            <a href=here.to_owned()>{text!(webhooks_rotate_cancel)}</a>
        </form>
    };
    alert(Tone::Near, text!(webhooks_rotate_question), body)
}
