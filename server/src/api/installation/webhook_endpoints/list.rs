//! `GET /api/v1/webhook-endpoints`: all endpoints of the installation, newest first.

use axum::Json;
use billing::service::Endpoints;
use domain::ids::TenantId;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{EndpointItem, list::WebhookEndpointList},
};

/// The installation's endpoints, newest first. Secrets are not shown again.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints",
    operation_id = "listInstallationWebhookEndpoints",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    responses(
        (status = 200, description = "Every endpoint.", body = WebhookEndpointList),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
    )
)]
pub async fn list(
    Handle(endpoints): Handle<Endpoints>,
    _key: WebhooksKey,
) -> Result<Json<WebhookEndpointList>, ApiError> {
    let listed = endpoints.list_endpoints(&TenantId::installation()).await?;
    Ok(Json(WebhookEndpointList { items: listed.into_iter().map(EndpointItem::from).collect() }))
}
