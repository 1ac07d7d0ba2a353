//! The element that subscribes a page to live updates.

use domain::account::WorkspaceViewer;
use leptos::prelude::*;

use crate::{
    components::page::script::hydration_script,
    islands::live_values::LiveValues,
    request::{PageRequest, local_path::with_query},
};

/// Path of the event stream of live updates.
pub const PATH: &str = "/live/usage";
/// Query parameters of the page that its live updates need.
const FORWARDED_PARAMS: [&str; 3] = ["range", "from", "to"];

/// Renders the element that subscribes the page to live updates.
///
/// The URL names the tenant, so that the page keeps showing its workspace if the user opens another in a second tab.
pub(crate) fn live_updates(viewer: &WorkspaceViewer, feature: Option<&str>, req: &PageRequest) -> AnyView {
    let forwarded = FORWARDED_PARAMS.into_iter().filter_map(|name| Some((name, req.query(name)?))).collect::<Vec<_>>();
    let about = [("tenant", Some(viewer.current_membership.tenant_id.as_str())), ("feature", feature)];
    let about = about.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query: Vec<_> = about.chain(forwarded.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    let address = with_query(PATH, &query);
    view! {
        <div hidden data-live=address><LiveValues/></div>
        {hydration_script()}
    }
    .into_any()
}
