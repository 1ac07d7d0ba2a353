//! `PATCH /api/v1/webhook-endpoints/{id}`: changes an endpoint's address, events or state.

use axum::Json;
use billing::{
    identity::factors::Confirmed,
    service::{Endpoints, webhook::endpoint::EndpointChange},
};
use domain::tenant::webhook_event::WebhookEvent;
use utoipa::ToSchema;

use super::{authority, event_names};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::WebhooksKey,
    },
    tenant::webhook_endpoints::{EndpointItem, Id, id},
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "events": ["subscription.updated"], "enabled": true }))]
pub struct ChangeInstallationWebhookEndpointRequest {
    /// As at creation; a missing field keeps its value.
    #[schema(required = false, nullable = true, max_length = 2048)]
    url: Option<String>,
    /// `null` for every event.
    #[schema(required = false, nullable = true, min_items = 1)]
    events: Option<Vec<WebhookEvent>>,
    /// Whether `events` was sent.
    #[schema(ignore)]
    names_events: bool,
    #[schema(required = false, nullable = true, max_length = 200)]
    description: Option<String>,
    /// `false` stops deliveries and gives up waiting messages; `true` starts them again.
    #[schema(required = false, nullable = true)]
    enabled: Option<bool>,
}

impl ReadFields for ChangeInstallationWebhookEndpointRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            url: fields.optional_text("url"),
            names_events: fields.has("events"),
            events: fields.optional_words("events", &event_names()),
            description: fields.optional_text("description"),
            enabled: fields.optional_flag("enabled"),
        }
    }
}

/// Changes an endpoint of the installation. Missing fields keep their values.
#[utoipa::path(
    patch,
    path = "/api/v1/webhook-endpoints/{id}",
    operation_id = "changeInstallationWebhookEndpoint",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    request_body = ChangeInstallationWebhookEndpointRequest,
    responses(
        (status = 200, description = "The endpoint as it is now.", body = EndpointItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
    )
)]
pub async fn change(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    path: Id,
    Body(request): Body<ChangeInstallationWebhookEndpointRequest>,
) -> Result<Json<EndpointItem>, ApiError> {
    let ChangeInstallationWebhookEndpointRequest { url, events, names_events, description, enabled } = request;
    let change = EndpointChange { url, description, events: names_events.then_some(events), enabled };
    let confirmed = Confirmed::not_asked();
    let changed = endpoints.change_endpoint(authority(&key)?, &id(path), change, Some(&confirmed)).await?;
    Ok(Json(changed.into()))
}
