//! Live updates: renders the current-value parts of an open page again, with the same functions as the page.

use billing::{
    Services,
    service::{ServiceError, usage::CurrentUsage},
};
use domain::{account::Viewer, ids::TenantId};
use http::request::Parts;
use leptos::prelude::*;

use crate::{
    components::page::hydration_script,
    islands::live_values::LiveValues,
    local_path::with_query,
    pages::{
        usage::{self, Readings},
        usage_feature,
    },
    request::PageRequest,
};

/// Path of the event stream of live updates.
pub const PATH: &str = "/live/usage";
/// Query parameters of the page that its live updates need.
const FORWARDED_PARAMS: [&str; 3] = ["range", "from", "to"];

/// Renders the element that subscribes the page to live updates.
///
/// The URL names the tenant, so that a page keeps to its workspace after a switch in another tab.
pub(crate) fn live_updates(viewer: &Viewer, feature: Option<&str>, req: &PageRequest) -> AnyView {
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

/// A subscribed page, as described by the query at [`PATH`].
pub struct Live(PageRequest);

impl Live {
    pub const fn from_request(parts: Parts) -> Self {
        Self(PageRequest::of(parts))
    }

    /// The tenant of the page.
    pub fn tenant(&self) -> Option<String> {
        self.0.query("tenant")
    }

    /// Renders the page's live elements as HTML, in a stable order.
    pub async fn draw(
        &self,
        services: &Services,
        tenant: &TenantId,
        usage: &CurrentUsage,
    ) -> Result<Vec<String>, ServiceError> {
        let readings = Readings { now: usage.now, catalog: &usage.catalog, usage: &usage.features };
        let Some(key) = self.0.query("feature") else {
            let lately = services.recent_usage(tenant, &usage.features).await?;
            return Ok(html(|| usage::of_now(readings, &lately.trends)));
        };
        let pace = usage_feature::pace(services, (tenant, readings), &key, &self.0).await?;
        Ok(html(|| usage_feature::of_now(usage.now, &pace)))
    }
}

/// Renders views to HTML as in a page.
fn html(parts: impl FnOnce() -> Vec<AnyView>) -> Vec<String> {
    Owner::new().with(|| parts().into_iter().map(RenderHtml::to_html).collect())
}
