//! `POST /api/v1/tenant/webhook-endpoints/{id}/test`: sends a `ping`.

use axum::{Json, http::StatusCode};
use billing::service::Endpoints;

use super::{Id, deliveries::DeliveryItem, id};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// Sends a `ping` to an endpoint, regardless of its events. It is tried once; the log of deliveries has the outcome.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/webhook-endpoints/{id}/test",
    operation_id = "testWebhookEndpoint",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 202, description = "The ping, which is sent now.", body = DeliveryItem),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
        (status = 409, description = "`conflict`: the endpoint is disabled, or pings are waiting to be sent already.", body = Error),
        (status = 429, description = "`throttled`: too many pings within a minute; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn test(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    path: Id,
) -> Result<(StatusCode, Json<DeliveryItem>), ApiError> {
    let ping = endpoints.ping_endpoint(&viewer, &id(path)).await?;
    Ok((StatusCode::ACCEPTED, Json(ping.into())))
}
