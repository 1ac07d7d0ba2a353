//! `POST /api/v1/billing/portal` → `{"url"}`: the provider's page for card, invoices and cancelling.

use axum::{Json, extract::State};
use billing::{Services, service::portal::PortalDoor};
use serde::Serialize;

use crate::api::{ApiError, principal::TenantAdmin};

#[derive(Debug, Serialize)]
pub struct PortalResponse {
    url: String,
}

/// The address works once and not for long: redirect to it at once. Takes no body.
pub async fn open_portal(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<PortalResponse>, ApiError> {
    let url = services.open_portal(&viewer, PortalDoor::Home).await?;
    Ok(Json(PortalResponse { url }))
}
