//! The 404 page.

use http::StatusCode;
use leptos::prelude::*;
use locales::text;

use crate::{actions::operator::HOME as DESK, components::page::dead_end::DeadEnd, request::PageRequest};

pub(crate) fn not_found() -> AnyView {
    let req = PageRequest::now();
    let viewer = req.as_ref().and_then(PageRequest::viewer);
    let in_portal = req.as_ref().is_some_and(|req| req.portal().is_some());
    // Only operators may learn that the desk exists.
    let at_desk = req.is_some_and(|req| req.operator().is_some() && req.here().starts_with("/operator/"));
    let why = if at_desk { text!(frame_not_found_lead_desk) } else { text!(frame_not_found_lead) };
    let way_on = match viewer {
        _ if at_desk => (DESK, text!(frame_go_to_desk)),
        _ if in_portal => ("/membership", text!(frame_go_to_membership)),
        Some(_) => ("/membership", text!(frame_go_to_membership)),
        None => ("/login", text!(frame_go_to_sign_in)),
    };
    let page = DeadEnd {
        status: StatusCode::NOT_FOUND,
        title: text!(frame_not_found_title),
        side: "404".into_any(),
        head: text!(frame_not_found_head),
        lead: why,
        way_on,
    };
    page.page(viewer)
}
