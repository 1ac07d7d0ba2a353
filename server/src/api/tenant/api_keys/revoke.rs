//! `DELETE /api/v1/tenant/api-keys/{id}`: revokes a key.

use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::{ApiKeys, tenant::key::KeyAuthority};

use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// Revokes a key: at once on this node, within a second on others. Safe to repeat: a revoked key answers 204 again.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/api-keys/{id}",
    operation_id = "revokeApiKey",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The key's id.")),
    responses(
        (status = 204, description = "The key is revoked."),
        (status = 404, description = "`not_found`: the workspace has no such key.", body = Error),
    )
)]
pub async fn revoke(
    Handle(api_keys): Handle<ApiKeys>,
    TenantAdmin(viewer): TenantAdmin,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // A path that is not UTF-8 is read as an empty id, which is unknown.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    api_keys.revoke_key(KeyAuthority::Person(&viewer), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
