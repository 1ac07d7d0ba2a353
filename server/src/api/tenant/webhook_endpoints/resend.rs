//! `POST /api/v1/tenant/webhook-endpoints/{id}/deliveries/{delivery}/resend`: sends a message again.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::Endpoints;

use super::deliveries::DeliveryItem;
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// Sends a message again now, under the same `webhook-id`, also one that was accepted before.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/webhook-endpoints/{id}/deliveries/{delivery}/resend",
    operation_id = "resendWebhook",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        ("delivery" = String, Path, description = "The delivery's id, which is the message's `webhook-id`."),
    ),
    responses(
        (status = 202, description = "The delivery, which waits to be sent.", body = DeliveryItem),
        (status = 404, description = "`not_found`: the workspace has no such endpoint, or the endpoint has no such delivery.", body = Error),
        (status = 409, description = "`conflict`: the endpoint is disabled.", body = Error),
    )
)]
pub async fn resend(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(StatusCode, Json<DeliveryItem>), ApiError> {
    // A path that is not UTF-8 becomes two empty ids, which match no message.
    let (endpoint, delivery) = path.map(|Path(ids)| ids).unwrap_or_default();
    let again = endpoints.resend_message(&viewer, &endpoint, &delivery).await?;
    Ok((StatusCode::ACCEPTED, Json(again.into())))
}
