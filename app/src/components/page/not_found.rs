//! The 404 page.

use http::StatusCode;
use leptos::prelude::*;

use crate::{actions::operator::HOME as DESK, components::page::dead_end::DeadEnd, request::PageRequest};

pub(crate) fn not_found() -> AnyView {
    let req = PageRequest::now();
    let viewer = req.as_ref().and_then(PageRequest::viewer);
    let in_portal = req.as_ref().is_some_and(|req| req.portal().is_some());
    // Only operators may learn that the desk exists.
    let at_desk = req.is_some_and(|req| req.operator().is_some() && req.here().starts_with("/operator/"));
    let why = if at_desk {
        "No workspace has this id, or the address is not whole."
    } else {
        "It may have moved, or it belongs to a workspace that you are not in."
    };
    let way_on = match viewer {
        _ if at_desk => (DESK, "Go to the operator’s desk"),
        _ if in_portal => ("/membership", "Go to membership"),
        Some(_) => ("/membership", "Go to membership"),
        None => ("/login", "Go to sign in"),
    };
    let page = DeadEnd {
        status: StatusCode::NOT_FOUND,
        title: "Not found",
        side: "404".into_any(),
        head: "There is no page at this address.",
        lead: why,
        way_on,
    };
    page.page(viewer)
}
