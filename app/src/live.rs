//! Live updates: renders the current-value parts of an open page again, with the same functions as the page.

use billing::{
    Services,
    service::{ServiceError, usage::CurrentUsage},
};
use domain::ids::TenantId;
use http::request::Parts;
use leptos::prelude::*;

pub use crate::components::page::live_updates::PATH;
use crate::{
    components::usage::readings::Readings,
    pages::usage::{self, feature},
    request::PageRequest,
};

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
            let lately = services.usage().recent_usage(tenant, &usage.features).await?;
            return Ok(html(|| usage::live_parts(readings, &lately.trends)));
        };
        let pace = feature::pace(services, (tenant, readings), &key, &self.0).await?;
        Ok(html(|| feature::live_parts(usage.now, &pace)))
    }
}

/// Renders views to HTML as in a page.
fn html(parts: impl FnOnce() -> Vec<AnyView>) -> Vec<String> {
    Owner::new().with(|| parts().into_iter().map(RenderHtml::to_html).collect())
}
