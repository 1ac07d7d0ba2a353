//! `DELETE /api/v1/tenant/api-keys/{id}`: ends a key.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use billing::{Services, service::key::KeyAuthority};

use crate::api::{ApiError, openapi::Error, principal::TenantAdmin};

/// Ends a key: at once here, within a second on every other node. Safe to repeat: a key that was revoked before answers 204 again.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/api-keys/{id}",
    operation_id = "revokeApiKey",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The key's id.")),
    responses(
        (status = 204, description = "It does not work any more."),
        (status = 404, description = "`not_found`: the workspace has no such key.", body = Error),
    )
)]
pub async fn revoke(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // What is no text is no key's id.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    services.revoke_key(KeyAuthority::Person(&viewer), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
