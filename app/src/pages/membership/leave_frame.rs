//! `/membership/provider`: leads from a frame to the payment provider's page, which cannot be shown in a frame.
//!
//! The page shows a link, because browsers let a frame replace the window around it only after a click.

use leptos::prelude::*;
use locales::text;
use url::{Url, form_urlencoded};

use crate::{
    components::{
        icon::{Icon, icon},
        page::{Place, access::workspace_page, entry::opening, frame},
    },
    request::{
        PageRequest, redirect,
        shown_once::{PROVIDER_PAGE, Recipient},
    },
};

pub(crate) fn leave_frame() -> AnyView {
    workspace_page(|_, _, req| async move {
        if let Some(url) = provider_page(&req) {
            return Ok(page(&url));
        }
        redirect("/membership");
        Ok(().into_any())
    })
}

/// Returns the URL that a form of this portal session stored for this page; `None` without a valid one.
fn provider_page(req: &PageRequest) -> Option<Url> {
    let kept = PROVIDER_PAGE.take(req, Recipient::portal(req.portal()?))?;
    let query = kept.strip_prefix('?')?;
    let (_, to) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to")?;
    Url::parse(&to).ok()
}

fn page(url: &Url) -> AnyView {
    let host = url.host_str().unwrap_or_default();
    let body = view! {
        <div class="stack">
            <h1>{text!(membership_leave_head, host = host)}</h1>
            <p class="lead">{text!(membership_leave_lead)}</p>
        </div>
        <p class="actions">
            <a class="button main" href=url.to_string() target="_top">{text!(membership_leave_open, host = host)}" "{icon(Icon::Out)}</a>
            <a class="button" href="/membership">{text!(membership_back)}</a>
        </p>
    };
    frame(text!(membership_leave_title), Place::UnderMembership, None, opening(text!(membership_leave_note), body))
}
