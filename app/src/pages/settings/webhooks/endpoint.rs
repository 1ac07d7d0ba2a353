//! `/settings/webhooks/{id}`: one endpoint and its deliveries.

use billing::service::{
    ServiceError,
    webhook::endpoint::{Deliveries, Disabled, DisabledWhy, ListedEndpoint},
};
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    deliveries, form,
    words::{self, endpoint_state, event_names},
};
use crate::{
    actions::webhooks::{ChangeWebhook, DeleteWebhook, RotateWebhook, SwitchWebhook, TestWebhook, page_of},
    components::{
        form::{mistakes::Mistakes, shown_secret::shown_secret},
        icon::Tone,
        notice::{alert, notice},
        page::{
            Place,
            access::signed_in_page,
            entry::{entry, opening_beside},
            frame, not_found,
            settings_nav::{SettingsPage, settings_nav},
        },
    },
    request::{
        PageRequest,
        draft::Draft,
        drawn_for::form_address,
        local_path::with_query,
        shown_once::{Recipient, WEBHOOK_SECRET},
    },
    wording::minute,
};

const A_PAGE: u64 = 20;

pub(crate) fn endpoint() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        // For members every id is unknown, so that the page does not reveal which endpoints exist.
        if !viewer.current_membership.role.is_admin() {
            return Ok(not_found::not_found());
        }
        let (tenant, id) = (&viewer.current_membership.tenant_id, req.last_segment());
        let before = req.query("before");
        let found = match services.endpoints().endpoint(tenant, id).await {
            Ok(found) => found,
            Err(ServiceError::NotFound(_)) => return Ok(not_found::not_found()),
            Err(error) => return Err(error),
        };
        let deliveries = services.endpoints().deliveries(tenant, id, before.as_deref(), A_PAGE).await?;
        let fresh = WEBHOOK_SECRET.take(&req, Recipient::workspace(&viewer));
        let draft = Draft::take_about(&req, &[ChangeWebhook::PATH], id);
        Ok(page(&req, viewer, &found, &deliveries, fresh.as_deref(), &draft))
    })
}

/// Renders the page. `fresh` is a secret that was just created: the endpoint's id, a dot, and the secret.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    endpoint: &ListedEndpoint,
    log: &Deliveries,
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let here = page_of(&endpoint.id);
    let workspace = viewer.current_membership.tenant_name.clone();
    let mistakes = Mistakes::from_query(req, &form::FIELDS, form::mistake);
    let fresh = fresh.and_then(|fresh| fresh.strip_prefix(endpoint.id.as_str())?.strip_prefix('.'));
    let values = if mistakes.is_empty() { form::Values::as_it_is(endpoint) } else { form::Values::of(draft) };
    let body = view! {
        <div class="stack">
            <p class="note"><a href="/settings/webhooks">"All webhooks"</a></p>
            <h1 class="breaking">{endpoint.url.clone()}</h1>
            <p>{endpoint_state(endpoint)}" · is told "{event_names(endpoint.events.as_deref())}</p>
        </div>
        {fresh.map(|secret| shown_once(secret, &here))}
        {words::answered_above(req, log, &workspace)}
        {mistakes.summary()}
        {req.query("delete").map(|_| delete_confirmation(endpoint, &here))}
        {req.query("rotate").map(|_| rotate_confirmation(endpoint, &here))}
        {endpoint.disabled.map(|disabled| why_disabled(req, endpoint, disabled))}
    };
    let note = "Kept for 30 days. A message has the same id however often it is sent.".into_any();
    let settings = view! {
        <form class="stack" method="post" action=form_address(ChangeWebhook::PATH)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            {form::fields(&mistakes, &values)}
            <button class="button main">"Save"</button>
        </form>
    };
    frame(
        endpoint.url.clone(),
        Place::Settings,
        Some(viewer),
        view! {
            {opening_beside(settings_nav(SettingsPage::Webhooks), body)}
            {entry("deliveries", "Deliveries", Some(note), view! { {test(endpoint)} {deliveries::log(endpoint, log, &here)} })}
            {entry("settings", "Address and events", None, settings)}
            {entry("secret", "Signing secret", None, secret(endpoint, &here))}
            {entry("end", "Disable or delete", None, end(endpoint, &here))}
        },
    )
}

fn shown_once(secret: &str, here: &str) -> AnyView {
    let body = view! {
        {shown_secret("The signing secret", secret)}
        <p class="note">"Your server verifies each message with it. If it is lost, rotate it."</p>
        <div class="actions"><a class="button" href=here.to_owned()>"I have copied it"</a></div>
    };
    notice(Tone::Ok, "Copy the signing secret now: it is shown this once.", body)
}

/// Renders the notice with the reason why the endpoint is disabled. After the admin disabled it, the notice also says
/// what happens to waiting messages.
fn why_disabled(req: &PageRequest, endpoint: &ListedEndpoint, disabled: Disabled) -> AnyView {
    let is_answer = req.query("code").as_deref() == Some("disabled");
    let at = minute(disabled.at);
    let why = match disabled.why {
        DisabledWhy::ByAdmin => format!("An admin disabled it on {at}. It is told nothing."),
        DisabledWhy::Gone => format!("It answered 410 on {at}, which says that nothing is there any more."),
        DisabledWhy::Failing => format!("Until {at} it took nothing for five days."),
    };
    let given_up = is_answer.then(|| {
        view! { <p>"What it had not taken is given up. Each message can be sent again later."</p> }
    });
    let body = view! {
        <p>{why}</p>
        {given_up}
        <form class="actions" method="post" action=form_address(SwitchWebhook::PATH)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <input type="hidden" name="to" value="on"/>
            <button class="button">"Enable"</button>
        </form>
    };
    let head = "The endpoint is disabled";
    if is_answer { alert(Tone::Off, head, body) } else { notice(Tone::Off, head, body) }
}

fn test(endpoint: &ListedEndpoint) -> Option<AnyView> {
    let form = view! {
        <form class="actions" method="post" action=form_address(TestWebhook::PATH)>
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

fn end(endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let disable = endpoint.disabled.is_none().then(|| {
        view! {
            <form method="post" action=form_address(SwitchWebhook::PATH)>
                <input type="hidden" name="id" value=endpoint.id.clone()/>
                <input type="hidden" name="to" value="off"/>
                <button class="button">"Disable"</button>
            </form>
        }
    });
    view! {
        <div class="stack">
            <p>"Disabled, it is told nothing more until it is enabled. Deleted, its deliveries go with it."</p>
            <div class="actions">
                {disable} <a class="plain stop" href=with_query(here, &[("delete", "1")])>"Delete this endpoint"</a>
            </div>
        </div>
    }
    .into_any()
}

fn delete_confirmation(endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>"Nothing is sent there any more, and the log of its deliveries is gone. It can’t be brought back."</p>
        <form class="actions" method="post" action=form_address(DeleteWebhook::PATH)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button stop">"Delete endpoint"</button>
            <a href=here.to_owned()>"Keep it"</a>
        </form>
    };
    alert(Tone::Stop, "Delete this endpoint?", body)
}

fn rotate_confirmation(endpoint: &ListedEndpoint, here: &str) -> AnyView {
    let body = view! {
        <p>"The new secret is shown once. For 24 hours the old one signs too, so that your server can change over."</p>
        <form class="actions" method="post" action=form_address(RotateWebhook::PATH)>
            <input type="hidden" name="id" value=endpoint.id.clone()/>
            <button class="button main">"Make a new secret"</button>
            <a href=here.to_owned()>"Keep the old one"</a>
        </form>
    };
    alert(Tone::Near, "Rotate the signing secret?", body)
}
