//! Pages about portal links and sessions that have ended, and about pages that need an account.

use std::borrow::Cow;

use domain::tenant::portal::WayBack;
use http::StatusCode;
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        page::{Place, dead_end::DeadEnd, entry::opening, frame},
        window::window_of_other_site,
    },
    request::set_status,
};

/// Renders 403 for a portal session on a page that needs an account, or a permission that its link lacks.
pub(crate) fn needs_account() -> AnyView {
    let page = DeadEnd {
        status: StatusCode::FORBIDDEN,
        title: text!(frame_portal_account_title),
        side: "403".into_any(),
        head: text!(frame_portal_account_head),
        lead: text!(frame_portal_account_lead),
        way_on: ("/membership", text!(frame_go_to_membership)),
    };
    page.page(None)
}

/// Renders 410 for a link that was opened before.
pub(crate) fn link_used(back: &WayBack) -> AnyView {
    over(text!(frame_portal_used_head), text!(frame_portal_used_lead), back)
}

/// Renders 410 for a link that has expired or was revoked.
pub(crate) fn link_over(back: &WayBack) -> AnyView {
    over(text!(frame_portal_over_head), text!(frame_portal_over_lead), back)
}

/// Renders 410 for a session that has ended.
pub(crate) fn session_over(back: &WayBack) -> AnyView {
    over(text!(frame_portal_ended_head), text!(frame_portal_ended_lead), back)
}

/// Renders 404 for an unknown link.
pub(crate) fn link_unknown() -> AnyView {
    let page = DeadEnd {
        status: StatusCode::NOT_FOUND,
        title: text!(frame_portal_unknown_title),
        side: "404".into_any(),
        head: text!(frame_portal_unknown_head),
        lead: text!(frame_portal_unknown_lead),
        way_on: ("/login", text!(frame_go_to_sign_in)),
    };
    page.page(None)
}

/// Returns the text of the link to the product that a portal session came from: it names the product, or its host.
pub(crate) fn back_label(back: &WayBack) -> Cow<'static, str> {
    match back.product() {
        Some(product) => text!(frame_way_back, product = product),
        None => text!(frame_way_back_unnamed),
    }
}

fn over(head: Cow<'static, str>, lead: Cow<'static, str>, back: &WayBack) -> AnyView {
    set_status(StatusCode::GONE);
    let body = view! {
        <div class="stack"><h1>{head}</h1><p class="lead">{lead}</p></div>
        <p class="actions"><a class="button main" href=back.url.clone() target=window_of_other_site()>{back_label(back)}</a></p>
    };
    frame(text!(frame_portal_over_title), Place::Elsewhere, None, opening("410".into_any(), body))
}
