//! `POST /api/v1/tenants/{tenant}/restore`: restores a deleted tenant.

use axum::Json;
use billing::service::Tenants;

use super::{NamedTenant, TenantBody};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::TenantsKey},
};

/// Restores a deleted tenant with its people, keys and endpoints, within 30 days. Safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v1/tenants/{tenant}/restore",
    operation_id = "restoreTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded.")),
    responses(
        (status = 200, description = "The tenant.", body = TenantBody),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is being erased.", body = Error),
    )
)]
pub async fn restore(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
) -> Result<Json<TenantBody>, ApiError> {
    Ok(Json(tenants.restore_tenant(&principal, &named).await?.into()))
}
