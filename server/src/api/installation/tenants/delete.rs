//! `DELETE /api/v1/tenants/{tenant}`: deletes a tenant, and erases it later or at once.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use billing::service::{ServiceError, Tenants, tenant::profile::ErasureTime};
use url::form_urlencoded;

use super::NamedTenant;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::TenantsKey},
};

const PURGE: &str = "purge";

/// When to erase the tenant: the query parameter `purge`.
#[derive(Clone, Copy, Debug)]
pub struct Purge(ErasureTime);

impl<S: Sync> FromRequestParts<S> for Purge {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut time = ErasureTime::Later;
        for (_, value) in form_urlencoded::parse(query).filter(|(name, _)| name == PURGE) {
            time = match value.as_ref() {
                "true" => ErasureTime::AtOnce,
                "false" => ErasureTime::Later,
                _ => return Err(ServiceError::field(PURGE, "purge must be true or false.").into()),
            };
        }
        Ok(Self(time))
    }
}

/// Deletes a tenant: it is unknown at once on this node, within a second on others. For 30 days it can be restored; then
/// its people, names, addresses, secrets, keys and endpoints are erased. Nothing is changed at the payment provider.
/// Safe to repeat.
#[utoipa::path(
    delete,
    path = "/api/v1/tenants/{tenant}",
    operation_id = "deleteTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(
        ("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded."),
        ("purge" = Option<bool>, Query, description = "`true` erases at once, also a tenant that is deleted already."),
    ),
    responses(
        (status = 204, description = "The tenant is deleted; with `purge`, it is erased."),
        (status = 400, description = "`validation_error`: `purge` is neither true nor false.", body = Error),
        (status = 404, description = "`tenant_not_found`: there is no such tenant. An erased one has no external id.", body = Error),
        (status = 409, description = "`subscription_live`: a subscription is billed or may be. End it at the provider first.", body = Error),
    )
)]
pub async fn delete(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    Purge(erasure): Purge,
) -> Result<StatusCode, ApiError> {
    tenants.delete_tenant(&principal, &named, erasure).await?;
    Ok(StatusCode::NO_CONTENT)
}
