//! `PATCH /api/v1/tenants/{tenant}`: changes name, address, metadata or external id.

use std::collections::BTreeMap;

use axum::Json;
use billing::service::{
    Tenants,
    tenant::profile::{FieldChange, MetadataChange, ProfileChange},
};
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

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "Acme Robotics", "metadata": { "region": "us", "trial": null } }))]
pub struct ChangeTenantRequest {
    /// 1 to 80 characters without addresses. A missing field keeps its value.
    #[schema(required = false, nullable = true, min_length = 1, max_length = 80)]
    name: Option<String>,
    /// `null` removes it.
    #[schema(value_type = Option<String>, required = false, nullable = true, max_length = 254)]
    email: FieldChange<String>,
    /// Merged into what is stored; `null` takes a key out.
    #[schema(required = false, nullable = true)]
    metadata: Option<BTreeMap<String, Option<String>>>,
    /// The product's own id from now on; `null` for none.
    #[schema(rename = "externalId", value_type = Option<String>, required = false, nullable = true, max_length = 128)]
    external_id: FieldChange<String>,
}

impl ReadFields for ChangeTenantRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.optional_text("name"),
            email: fields.text_change("email"),
            metadata: fields.nullable_texts("metadata"),
            external_id: fields.text_change("externalId"),
        }
    }
}

/// Changes a tenant. A new external id holds at once; the former one ends within a second on every node.
#[utoipa::path(
    patch,
    path = "/api/v1/tenants/{tenant}",
    operation_id = "changeTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded.")),
    request_body = ChangeTenantRequest,
    responses(
        (status = 200, description = "The tenant as it is now.", body = TenantBody),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is deleted.", body = Error),
        (status = 409, description = "`external_id_taken`: another tenant, perhaps a deleted one, has the external id.\n`conflict`: other requests change the tenant. Try again.", body = Error),
    )
)]
pub async fn change(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    Body(ChangeTenantRequest { name, email, metadata, external_id }): Body<ChangeTenantRequest>,
) -> Result<Json<TenantBody>, ApiError> {
    let change = ProfileChange { name, email, metadata: metadata.map(MetadataChange::Merge), external_id };
    Ok(Json(tenants.change_tenant(&principal, &named, change).await?.into()))
}
