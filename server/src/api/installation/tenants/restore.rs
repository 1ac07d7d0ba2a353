//! `POST /api/v1/tenants/{tenant}/restore`: restores a deleted tenant.

use axum::Json;
use billing::service::Tenants;

use utoipa::ToSchema;

use super::{NamedTenant, TenantBody};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::TenantsKey,
    },
};

/// Who owns the tenant from now on.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "owner": "ada@acme.example" }))]
pub struct RestoreTenantRequest {
    /// The verified e-mail address of an account, which becomes the owner of a tenant without one. Required for a
    /// workspace without an external id whose last owner deleted their account; ignored for a tenant that has an owner.
    #[schema(required = false, nullable = true, max_length = 254)]
    owner: Option<String>,
}

impl ReadFields for RestoreTenantRequest {
    const MAY_BE_MISSING: bool = true;

    fn read(fields: &mut Fields) -> Self {
        Self { owner: fields.optional_text("owner") }
    }
}

/// Restores a deleted tenant with its people, keys and endpoints, within 30 days. Safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v1/tenants/{tenant}/restore",
    operation_id = "restoreTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded.")),
    request_body = Option<RestoreTenantRequest>,
    responses(
        (status = 200, description = "The tenant.", body = TenantBody),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is being erased.", body = Error),
    )
)]
pub async fn restore(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    Body(RestoreTenantRequest { owner }): Body<RestoreTenantRequest>,
) -> Result<Json<TenantBody>, ApiError> {
    Ok(Json(tenants.restore_tenant(&principal, &named, owner.as_deref()).await?.into()))
}
