//! `/unsubscribe/{token}`: turns mails of one kind off for the person to whom they were sent, without a session.

use std::borrow::Cow;

use billing::service::{PageFailure, ServiceError, account::mail_preferences::Unsubscription};
use domain::account::OptionalMail;
use http::StatusCode;
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    components::{
        page::{Place, dead_end::DeadEnd, entry::opening, failure, frame},
        rich::rich_text,
    },
    request::{PageRequest, services},
};

/// The section of the account page that lists these mails.
const SETTINGS: &str = "/settings/account#notifications";

/// Renders the page of a link. A GET changes nothing, because mail scanners open links; the button sends a POST to the
/// same path, which is answered with this page, too.
pub(crate) fn unsubscribe() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    if let Some(PageFailure(error)) = req.breakdown() {
        return failure::failure(&error, None);
    }
    Suspend::new(async move {
        match services.accounts().find_unsubscription(req.last_segment()).await {
            Ok(found) => page(&req, &found),
            Err(ServiceError::InvalidLink(_)) => invalid_link(&req),
            Err(error) => failure::failure(&error, req.viewer()),
        }
    })
    .into_any()
}

fn page(req: &PageRequest, found: &Unsubscription) -> AnyView {
    let Unsubscription { workspace, email, mail, is_on } = found;
    let (name, email) = (mail.as_str(), email.as_str());
    let body = if *is_on {
        let warning = (*mail == OptionalMail::Payments).then(|| view! { <p>{text!(account_unsubscribe_payments)}</p> });
        view! {
            <div class="stack">
                <h1>{text!(account_unsubscribe_head, mail = name)}</h1>
                <p class="lead breaking">
                    {rich_text(rich!(account_unsubscribe_lead, mail = name, email = email, workspace = workspace))}
                </p>
                {warning}
            </div>
            <form class="actions" method="post" action=req.path().to_owned()>
                <button class="button main">{text!(account_unsubscribe_button)}</button>
            </form>
        }
        .into_any()
    } else {
        let (href, label) = way_on(req);
        view! {
            <div class="stack">
                <h1>{text!(account_unsubscribe_done_head, mail = name)}</h1>
                <p class="lead breaking">
                    {rich_text(rich!(account_unsubscribe_done, mail = name, email = email, workspace = workspace))}
                </p>
            </div>
            <p class="actions"><a class="button" href=href>{label}</a></p>
        }
        .into_any()
    };
    frame(title(), Place::Elsewhere, req.viewer(), view! { {opening(text!(account_unsubscribe_side), body)} })
}

/// Returns where the page leads. A portal session has no account to set up.
fn way_on(req: &PageRequest) -> (&'static str, Cow<'static, str>) {
    if req.portal().is_some() {
        ("/membership", text!(frame_go_to_membership))
    } else {
        (SETTINGS, text!(account_unsubscribe_settings))
    }
}

fn title() -> Cow<'static, str> {
    text!(account_unsubscribe_title)
}

/// Renders 404 for a link that this installation did not make, and for a person who left the workspace.
fn invalid_link(req: &PageRequest) -> AnyView {
    let page = DeadEnd {
        status: StatusCode::NOT_FOUND,
        title: title(),
        side: text!(account_unsubscribe_side).into_any(),
        head: text!(account_unsubscribe_invalid),
        lead: text!(account_unsubscribe_invalid_lead),
        way_on: way_on(req),
    };
    page.page(req.viewer())
}
