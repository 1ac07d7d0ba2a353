//! `POST /api/v1/webhook-endpoints/{id}/test`: sends a `ping`.

use axum::{Json, http::StatusCode};
use billing::service::Endpoints;

use super::authority;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{Id, deliveries::DeliveryItem, id},
};

/// Sends a `ping` to an endpoint of the installation, regardless of its events. It is tried once; the log of deliveries
/// has the outcome.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{id}/test",
    operation_id = "testInstallationWebhookEndpoint",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 202, description = "The ping, which is sent now.", body = DeliveryItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
        (status = 409, description = "`conflict`: the endpoint is disabled, or pings are waiting to be sent already.", body = Error),
        (status = 429, description = "`throttled`: too many pings within a minute; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn test(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    path: Id,
) -> Result<(StatusCode, Json<DeliveryItem>), ApiError> {
    let ping = endpoints.ping_endpoint(authority(&key)?, &id(path)).await?;
    Ok((StatusCode::ACCEPTED, Json(ping.into())))
}
