//! `GET /api/v1/webhook-endpoints/{id}`: one endpoint.

use axum::Json;
use billing::service::Endpoints;
use domain::ids::TenantId;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{EndpointItem, Id, id},
};

/// An endpoint of the installation.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{id}",
    operation_id = "getInstallationWebhookEndpoint",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The endpoint.", body = EndpointItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
    )
)]
pub async fn show(
    Handle(endpoints): Handle<Endpoints>,
    _key: WebhooksKey,
    path: Id,
) -> Result<Json<EndpointItem>, ApiError> {
    Ok(Json(endpoints.endpoint(&TenantId::installation(), &id(path)).await?.into()))
}
