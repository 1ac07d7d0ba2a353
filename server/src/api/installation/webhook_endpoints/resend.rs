//! `POST /api/v1/webhook-endpoints/{id}/deliveries/{delivery}/resend`: sends a message again.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::Endpoints;

use super::authority;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::deliveries::DeliveryItem,
};

/// Sends a message to an endpoint of the installation again now, under the same `webhook-id`, also one that was accepted
/// before.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{id}/deliveries/{delivery}/resend",
    operation_id = "resendInstallationWebhook",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        ("delivery" = String, Path, description = "The delivery's id, which is the message's `webhook-id`."),
    ),
    responses(
        (status = 202, description = "The delivery, which waits to be sent.", body = DeliveryItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint, or the endpoint has no such delivery.", body = Error),
        (status = 409, description = "`conflict`: the endpoint is disabled.", body = Error),
        (status = 429, description = "`throttled`: too many messages within a minute; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn resend(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(StatusCode, Json<DeliveryItem>), ApiError> {
    // A path that is not UTF-8 is read as empty ids, which are unknown.
    let (endpoint, delivery) = path.map(|Path(ids)| ids).unwrap_or_default();
    let again = endpoints.resend_message(authority(&key)?, &endpoint, &delivery).await?;
    Ok((StatusCode::ACCEPTED, Json(again.into())))
}
