//! `/api/v1/tenant/webhook-endpoints`: a workspace's servers that receive its events.

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
use billing::service::webhook::endpoint::{Disabled, DisabledWhy, EndpointWithSecret, ListedEndpoint};
use domain::{tenant::webhook_event::WebhookEvent, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The event names that a request may list, for validation errors.
const EVENTS: &str = "subscription.updated, limit.warning, limit.reached and limit.cleared";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub struct EndpointItem {
    id: String,
    url: String,
    description: String,
    /// The events that are sent; `null` for all, also future ones.
    #[schema(required = true)]
    events: Option<Vec<WebhookEvent>>,
    /// Whether messages are sent.
    enabled: bool,
    /// Why it is disabled: `by_admin`, `gone` after a 410, `failing` after five days without an accepted message.
    #[schema(required = true)]
    disabled_why: Option<&'static str>,
    #[schema(format = DateTime, required = true)]
    disabled_at: Option<String>,
    /// Since when all attempts have failed; `null` after a success.
    #[schema(format = DateTime, required = true)]
    failing_since: Option<String>,
    /// Until when a replaced secret signs too; `null` when there is none.
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
    /// `whsec_…`, shown once; verifies `webhook-signature`.
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

/// The endpoint's id from the path. A path that is not UTF-8 becomes the empty id, which no endpoint has.
pub(in crate::api) type Id = Result<Path<String>, PathRejection>;

pub(in crate::api) fn id(path: Id) -> String {
    path.map(|Path(id)| id).unwrap_or_default()
}
