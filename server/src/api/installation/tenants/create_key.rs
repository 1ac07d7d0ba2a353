//! `POST /api/v1/tenants/{tenant}/api-keys`: a workspace key of any scope.

use axum::{Json, http::StatusCode};
use billing::service::{
    Tenants,
    tenant::key::{NewApiKey, parse_sources},
};

use super::NamedTenant;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{body::Body, handle::Handle, installation::TenantsKey},
    tenant::api_keys::create::{CreateApiKeyRequest, CreatedApiKey},
};

/// Creates a key of the tenant, of any scope, `usage` too. It is shown once: Dues stores a hash.
#[utoipa::path(
    post,
    path = "/api/v1/tenants/{tenant}/api-keys",
    operation_id = "createTenantApiKey",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded.")),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "The key. It is shown only this once.", body = CreatedApiKey),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is deleted.", body = Error),
        (status = 409, description = "`too_many_keys`: the workspace has the maximum number.", body = Error),
    )
)]
pub async fn create(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    Body(CreateApiKeyRequest { name, scopes, expires_at, from }): Body<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    let sources = parse_sources(from.iter().map(String::as_str))?;
    let made = tenants.create_key_of(&principal, &named, NewApiKey { name, scopes, expires_at, sources }).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
