//! `GET /api/v1/tenant/webhook-endpoints`: all endpoints, newest first.

use axum::Json;
use billing::service::Endpoints;
use serde::Serialize;
use utoipa::ToSchema;

use super::EndpointItem;
use crate::api::{ApiError, principal::TenantAdmin, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpointList {
    pub(in crate::api) items: Vec<EndpointItem>,
}

/// The workspace's endpoints, newest first. Secrets are not shown again.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/webhook-endpoints",
    operation_id = "listWebhookEndpoints",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    responses((status = 200, description = "Every endpoint.", body = WebhookEndpointList))
)]
pub async fn list(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<WebhookEndpointList>, ApiError> {
    let listed = endpoints.list_endpoints(&viewer.current_membership.tenant_id).await?;
    Ok(Json(WebhookEndpointList { items: listed.into_iter().map(EndpointItem::from).collect() }))
}
