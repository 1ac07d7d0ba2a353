//! `GET /api/v1/tenant/webhook-endpoints/{id}`: one endpoint.

use axum::Json;
use billing::service::Endpoints;

use super::{EndpointItem, Id, id};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// An endpoint of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/webhook-endpoints/{id}",
    operation_id = "getWebhookEndpoint",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The endpoint.", body = EndpointItem),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
    )
)]
pub async fn show(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    path: Id,
) -> Result<Json<EndpointItem>, ApiError> {
    Ok(Json(endpoints.endpoint(&viewer.current_membership.tenant_id, &id(path)).await?.into()))
}
