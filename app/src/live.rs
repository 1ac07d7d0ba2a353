//! Live updates: renders the current-value parts of an open page again, with the same functions as the page.

use billing::{Services, service::ServiceError};
use domain::wire::MembershipView;
use http::request::Parts;
use leptos::prelude::*;

pub use crate::components::page::live_updates::PATH;
use crate::{
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
    pub async fn draw(&self, services: &Services, view: &MembershipView) -> Result<Vec<String>, ServiceError> {
        let tenant = &view.viewer.current_membership.tenant_id;
        let Some(key) = self.0.query("feature") else {
            let lately = services.usage().recent_usage(tenant, &view.usage).await?;
            return Ok(html(|| usage::of_now(view, &lately.trends)));
        };
        let pace = feature::pace(services, view, &key, &self.0).await?;
        Ok(html(|| feature::of_now(view.now, &pace)))
    }
}

/// Renders views to HTML as in a page.
fn html(parts: impl FnOnce() -> Vec<AnyView>) -> Vec<String> {
    Owner::new().with(|| parts().into_iter().map(RenderHtml::to_html).collect())
}
