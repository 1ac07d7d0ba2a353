//! `GET /api/v1/webhook-endpoints/{id}/deliveries`: messages to an endpoint, and their outcome.

use axum::Json;
use billing::service::Endpoints;
use domain::ids::TenantId;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{
        Id,
        deliveries::{DeliveriesQuery, WebhookDeliveryList},
        id,
    },
};

/// Messages to an endpoint of the installation in the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{id}/deliveries",
    operation_id = "listInstallationWebhookDeliveries",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page; the first page when missing."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many, 1 to 100; 50 when missing."),
    ),
    responses(
        (status = 200, description = "A page of the log.", body = WebhookDeliveryList),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
    )
)]
pub async fn list(
    Handle(endpoints): Handle<Endpoints>,
    _key: WebhooksKey,
    path: Id,
    DeliveriesQuery { cursor, limit }: DeliveriesQuery,
) -> Result<Json<WebhookDeliveryList>, ApiError> {
    let page = endpoints.deliveries(&TenantId::installation(), &id(path), cursor.as_deref(), limit).await?;
    Ok(Json(page.into()))
}
