//! `DELETE /api/v1/tenant/webhook-endpoints/{id}`: deletes an endpoint.

use axum::http::StatusCode;
use billing::service::Endpoints;

use super::{Id, id};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// Deletes an endpoint, with its log of deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/webhook-endpoints/{id}",
    operation_id = "deleteWebhookEndpoint",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 204, description = "It receives no further messages."),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
    )
)]
pub async fn delete(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    path: Id,
) -> Result<StatusCode, ApiError> {
    endpoints.delete_endpoint(&viewer, &id(path)).await?;
    Ok(StatusCode::NO_CONTENT)
}
