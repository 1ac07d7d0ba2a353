//! Live updates: renders the current-value parts of an open page again, with the same functions as the page.

use billing::{
    Services,
    service::{ServiceError, usage::CurrentUsage},
};
use domain::ids::TenantId;
use http::request::Parts;
use leptos::prelude::*;
use locales::Locale;

pub use crate::components::page::live_updates::PATH;
use crate::{
    components::usage::readings::Readings,
    pages::usage::{self, feature},
    request::PageRequest,
};

/// A subscribed page, as described by the query at [`PATH`].
pub struct Live {
    request: PageRequest,
    /// The language of the page. The stream is polled outside the request's scope, which knows the language.
    language: Locale,
}

impl Live {
    /// Reads the subscription. The page's language is that of the current request.
    pub fn from_request(parts: Parts) -> Self {
        Self { request: PageRequest::of(parts), language: Locale::current() }
    }

    /// The tenant of the page.
    pub fn tenant(&self) -> Option<String> {
        self.request.query("tenant")
    }

    /// Renders the page's live elements as HTML, in a stable order.
    pub async fn draw(
        &self,
        services: &Services,
        tenant: &TenantId,
        usage: &CurrentUsage,
    ) -> Result<Vec<String>, ServiceError> {
        let readings = Readings { now: usage.now, catalog: &usage.catalog, usage: &usage.features };
        let Some(key) = self.request.query("feature") else {
            let lately = services.usage().recent_usage(tenant, &usage.features).await?;
            return Ok(self.html(|| usage::live_parts(readings, &lately.trends)));
        };
        let pace = feature::pace(services, (tenant, readings), &key, &self.request).await?;
        Ok(self.html(|| feature::live_parts(usage.now, &pace)))
    }

    /// Renders views to HTML as in the page, which has no markers for hydration outside of islands.
    fn html(&self, parts: impl FnOnce() -> Vec<AnyView>) -> Vec<String> {
        let html = |part: AnyView| part.to_html().replace("<!>", "");
        self.language.within(|| Owner::new().with(|| parts().into_iter().map(html).collect()))
    }
}
