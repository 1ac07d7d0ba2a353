//! `/api/v1/tenant/webhook-endpoints`: where a workspace's own servers are told what happens.

pub mod change;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod resend;
pub mod rotate_secret;
pub mod show;
pub mod test;

use axum::extract::{Path, rejection::PathRejection};
use billing::{
    service::webhook_endpoint::{EndpointWithSecret, ListedEndpoint},
    store::webhook_endpoints::{Disabled, DisabledWhy},
};
use domain::{time::Timestamp, webhook_event::WebhookEvent};
use serde::Serialize;
use utoipa::ToSchema;

/// What the fields of requests may name.
const EVENTS: &str = "subscription.updated, limit.warning, limit.reached and limit.cleared";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub struct EndpointItem {
    id: String,
    url: String,
    description: String,
    /// What it is told; `null` for every event, also those that are yet to come.
    #[schema(required = true)]
    events: Option<Vec<WebhookEvent>>,
    /// Whether it is told anything.
    enabled: bool,
    /// Why not: `by_admin`, `gone` after it answered 410, `failing` after five days in which it took nothing.
    #[schema(required = true)]
    disabled_why: Option<&'static str>,
    #[schema(format = DateTime, required = true)]
    disabled_at: Option<String>,
    /// Since when everything that was tried has failed; `null` after a success.
    #[schema(format = DateTime, required = true)]
    failing_since: Option<String>,
    /// Until when a secret that was replaced signs too; `null` when none does.
    #[schema(format = DateTime, required = true)]
    former_secret_until: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpointWithSecret)]
pub struct EndpointWithSecretItem {
    #[serde(flatten)]
    endpoint: EndpointItem,
    /// `whsec_…`, shown this once: what `webhook-signature` is verified with.
    secret: String,
}

impl From<ListedEndpoint> for EndpointItem {
    fn from(endpoint: ListedEndpoint) -> Self {
        let ListedEndpoint { id, url, description, events, disabled, failing_since, former_secret_until, created_at } =
            endpoint;
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339_secs);
        Self {
            id,
            url,
            description,
            events,
            enabled: disabled.is_none(),
            disabled_why: disabled.map(|Disabled { why, .. }| DisabledWhy::as_str(why)),
            disabled_at: time(disabled.map(|Disabled { at, .. }| at)),
            failing_since: time(failing_since),
            former_secret_until: time(former_secret_until),
            created_at: created_at.rfc3339_secs(),
        }
    }
}

impl From<EndpointWithSecret> for EndpointWithSecretItem {
    fn from(made: EndpointWithSecret) -> Self {
        let EndpointWithSecret { endpoint, secret } = made;
        Self { endpoint: endpoint.into(), secret }
    }
}

/// What is no text is nothing's id.
type Id = Result<Path<String>, PathRejection>;

fn id(path: Id) -> String {
    path.map(|Path(id)| id).unwrap_or_default()
}
