//! Pages about portal links and sessions that have ended, and about pages that need an account.

use domain::tenant::portal::WayBack;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    components::page::{Place, dead_end::DeadEnd, entry::opening, frame},
    request::{PageRequest, set_status},
};

/// Renders 403 for a portal session on a page that needs an account, or a permission that its link lacks.
pub(crate) fn needs_account() -> AnyView {
    let page = DeadEnd {
        status: StatusCode::FORBIDDEN,
        title: "Not available here",
        side: "403".into_any(),
        head: "This page needs an account.",
        lead: "You came from another product, which does not open this page for you. Nothing was changed.",
        way_on: ("/membership", "Go to membership"),
    };
    page.page(None)
}

/// Renders 410 for a link that was opened before.
pub(crate) fn link_used(back: &WayBack) -> AnyView {
    over("This link was already used.", "It works once. Open the page again from where you came.", back)
}

/// Renders 410 for a link that has expired or was revoked.
pub(crate) fn link_over(back: &WayBack) -> AnyView {
    over("This link no longer works.", "It has expired or was revoked. Open the page again from where you came.", back)
}

/// Renders 410 for a session that has ended.
pub(crate) fn session_over(back: &WayBack) -> AnyView {
    over("Your session has ended.", "Nothing was changed. Open the page again from where you came.", back)
}

/// Renders 404 for an unknown link.
pub(crate) fn link_unknown() -> AnyView {
    let page = DeadEnd {
        status: StatusCode::NOT_FOUND,
        title: "Link not found",
        side: "404".into_any(),
        head: "This link is unknown.",
        lead: "Check that it was copied completely, or open the page again from where you came.",
        way_on: ("/login", "Go to sign in"),
    };
    page.page(None)
}

/// Returns the `target` of a link to another site: the whole window if the page is in a frame, else none.
///
/// A link to the product leaves the frame, because the product is the site around it. Payment providers' pages can't be
/// framed.
pub(crate) fn window_of_other_site() -> Option<&'static str> {
    PageRequest::now().is_some_and(|req| req.is_framed()).then_some("_top")
}

fn over(head: &'static str, lead: &'static str, back: &WayBack) -> AnyView {
    set_status(StatusCode::GONE);
    let body = view! {
        <div class="stack"><h1>{head}</h1><p class="lead">{lead}</p></div>
        <p class="actions"><a class="button main" href=back.url.clone() target=window_of_other_site()>{back.title()}</a></p>
    };
    frame("Link no longer valid", Place::Elsewhere, None, opening("410".into_any(), body))
}
