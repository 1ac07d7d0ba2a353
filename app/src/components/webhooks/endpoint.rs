//! One endpoint with its deliveries, and the forms that change it.

use billing::service::webhook::endpoint::{Deliveries, Disabled, DisabledWhy, ListedEndpoint};
use leptos::prelude::*;

use super::{
    deliveries, form,
    owner::EndpointOwner,
    words::{self, endpoint_state, event_names},
};
use crate::{
    components::{
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
            <p class="note"><a href=owner.page()>"All webhooks"</a></p>
            <h1 class="breaking">{endpoint.url.clone()}</h1>
            <p>{endpoint_state(endpoint)}" · receives "{event_names(endpoint.events.as_deref())}</p>
        </div>
        {fresh.map(|secret| shown_once(secret, &here))}
        {words::answered_above(req, log, owner)}
        {mistakes.summary()}
        {req.query("delete").map(|_| delete_confirmation(owner, endpoint, &here))}
        {req.query("rotate").map(|_| rotate_confirmation(owner, endpoint, &here))}
        {endpoint.disabled.map(|disabled| why_disabled(owner, req, endpoint, disabled))}
    };
    let note = "Kept for 30 days. A message has the same id however often it is sent.".into_any();
    let settings = view! {
        <form class="stack" method="post" action=form_address(owner.forms().change)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            {form::fields(owner.events(), &mistakes, &values)}
            <button class="button main">"Save"</button>
        </form>
    };
    view! {
        {opening_beside(nav, body)}
        {entry("deliveries", "Deliveries", Some(note), view! { {test(owner, endpoint)} {deliveries::log(owner, endpoint, log)} })}
        {entry("settings", "Address and events", None, settings)}
        {entry("secret", "Signing secret", None, secret(endpoint, &here))}
        {entry("end", "Disable or delete", None, end(owner, endpoint, &here))}
    }
    .into_any()
}

fn shown_once(secret: &str, here: &str) -> AnyView {
    let body = view! {
        {shown_secret("The signing secret", secret)}
        <p class="note">"Your server verifies each message with it. If it is lost, rotate it."</p>
        <div class="actions"><a class="button" href=here.to_owned()>"I have copied it"</a></div>
    };
    notice(Tone::Ok, "Copy the signing secret now: it is shown this once.", body)
}

/// Renders the notice with the reason why the endpoint is disabled. In the answer to the form that disables it, the
/// notice also says what happens to waiting messages.
fn why_disabled(owner: EndpointOwner<'_>, req: &PageRequest, endpoint: &ListedEndpoint, disabled: Disabled) -> AnyView {
    let is_answer = req.query("code").as_deref() == Some("disabled");
    let at = minute(disabled.at);
    let why = match disabled.why {
        DisabledWhy::ByAdmin => format!("{} disabled it on {at}. It gets no messages.", owner.admin()),
        DisabledWhy::Gone => format!("It answered 410 on {at}, which says that nothing is there any more."),
        DisabledWhy::Failing => format!("Until {at} it took nothing for five days."),
    };
    let given_up = is_answer.then(|| {
        view! { <p>"What it had not taken is given up. Each message can be sent again later."</p> }
    });
    let body = view! {
        <p>{why}</p>
        {given_up}
        <form class="actions" method="post" action=form_address(owner.forms().switch)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <input type="hidden" name="to" value="on"/>
            <button class="button">"Enable"</button>
        </form>
    };
    let head = "The endpoint is disabled";
    if is_answer { alert(Tone::Off, head, body) } else { notice(Tone::Off, head, body) }
}

fn test(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint) -> Option<AnyView> {
    let form = view! {
        <form class="actions" method="post" action=form_address(owner.forms().test)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button">"Send a ping"</button>
        </form>
    };
    endpoint.disabled.is_none().then(|| form.into_any())
}

fn secret(endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let former = endpoint.former_secret_until.map(|until| {
        view! { <p>{format!("The secret before this one signs too until {}.", minute(until))}</p> }
    });
    view! {
        <div class="stack">
            <p>"Dues keeps it sealed and can’t show it again. A new one takes its place; for 24 hours each message is signed by both."</p>
            {former}
            <div class="actions"><a class="button" href=with_query(here, &[("rotate", "1")])>"Rotate secret"</a></div>
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
                <button class="button">"Disable"</button>
            </form>
        }
    });
    view! {
        <div class="stack">
            <p>"Disabled, it gets no messages until it is enabled. Deleted, its deliveries go with it."</p>
            <div class="actions">
                {disable} <a class="plain stop" href=with_query(here, &[("delete", "1")])>"Delete this endpoint"</a>
            </div>
        </div>
    }
    .into_any()
}

fn delete_confirmation(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>"Nothing is sent there any more, and the log of its deliveries is gone. It can’t be brought back."</p>
        <form class="actions" method="post" action=form_address(owner.forms().delete)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button stop">"Delete endpoint"</button>
            <a href=here.to_owned()>"Keep it"</a>
        </form>
    };
    alert(Tone::Stop, "Delete this endpoint?", body)
}

fn rotate_confirmation(owner: EndpointOwner<'_>, endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>"The new secret is shown once. For 24 hours the old one signs too, so that your server can change over."</p>
        <form class="actions" method="post" action=form_address(owner.forms().rotate)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button main">"Make a new secret"</button>
            <a href=here.to_owned()>"Keep the old one"</a>
        </form>
    };
    alert(Tone::Near, "Rotate the signing secret?", body)
}
