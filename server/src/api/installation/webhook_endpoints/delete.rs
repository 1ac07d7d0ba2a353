//! `DELETE /api/v1/webhook-endpoints/{id}`: deletes an endpoint.

use axum::http::StatusCode;
use billing::service::Endpoints;

use super::authority;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{Id, id},
};

/// Deletes an endpoint of the installation, with its log of deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/webhook-endpoints/{id}",
    operation_id = "deleteInstallationWebhookEndpoint",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 204, description = "It receives no further messages."),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
    )
)]
pub async fn delete(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    path: Id,
) -> Result<StatusCode, ApiError> {
    endpoints.delete_endpoint(authority(&key)?, &id(path)).await?;
    Ok(StatusCode::NO_CONTENT)
}
