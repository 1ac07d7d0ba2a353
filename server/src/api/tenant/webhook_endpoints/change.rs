//! `PATCH /api/v1/tenant/webhook-endpoints/{id}`: changes an endpoint's address, events or state.

use axum::Json;
use billing::service::{Endpoints, webhook::endpoint::EndpointChange};
use domain::tenant::webhook_event::WebhookEvent;
use utoipa::ToSchema;

use super::{EVENTS, EndpointItem, Id, id};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{MaybeConfirmed, TenantAdmin},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "events": ["subscription.updated"], "enabled": true }))]
pub struct ChangeWebhookEndpointRequest {
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

impl ReadFields for ChangeWebhookEndpointRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            url: fields.optional_text("url"),
            names_events: fields.has("events"),
            events: fields.optional_words("events", EVENTS),
            description: fields.optional_text("description"),
            enabled: fields.optional_flag("enabled"),
        }
    }
}

/// Changes an endpoint. Missing fields keep their values.
#[utoipa::path(
    patch,
    path = "/api/v1/tenant/webhook-endpoints/{id}",
    operation_id = "changeWebhookEndpoint",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    request_body = ChangeWebhookEndpointRequest,
    responses(
        (status = 200, description = "The endpoint as it is now.", body = EndpointItem),
        (status = 403, description = "`confirmation_required`: for another `url`, confirm with `POST /api/v1/auth/confirm` first.", body = Error),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
    )
)]
pub async fn change(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    confirmed: MaybeConfirmed,
    path: Id,
    Body(request): Body<ChangeWebhookEndpointRequest>,
) -> Result<Json<EndpointItem>, ApiError> {
    let ChangeWebhookEndpointRequest { url, events, names_events, description, enabled } = request;
    let change = EndpointChange { url, description, events: names_events.then_some(events), enabled };
    Ok(Json(endpoints.change_endpoint(&viewer, &id(path), change, confirmed.get()).await?.into()))
}
