//! `PUT /api/v1/tenants/external:{id}`: makes a tenant, or updates it.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode};
use billing::service::{
    Tenants,
    tenant::profile::{FieldChange, MetadataChange, ProfileChange, PutTenant},
};
use utoipa::ToSchema;

use super::{NamedExternalId, TenantBody};
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
#[schema(example = json!({ "name": "Acme Robotics", "email": "ops@acme.example", "metadata": { "region": "eu" } }))]
pub struct PutTenantRequest {
    /// 1 to 80 characters without addresses. Required for a new tenant; a missing field keeps its value.
    #[schema(required = false, nullable = true, min_length = 1, max_length = 80)]
    name: Option<String>,
    /// `null` removes it.
    #[schema(value_type = Option<String>, required = false, nullable = true, max_length = 254)]
    email: FieldChange<String>,
    /// Replaces the whole metadata: up to 50 keys of at most 40 characters, with values of at most 500 characters.
    #[schema(required = false, nullable = true)]
    metadata: Option<BTreeMap<String, String>>,
}

impl ReadFields for PutTenantRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.optional_text("name"),
            email: fields.text_change("email"),
            metadata: fields.optional_texts("metadata"),
        }
    }
}

/// Creates the tenant with the product's own id, or updates it. Safe to repeat and to call concurrently: only one call
/// creates it. Needs no person and no password.
#[utoipa::path(
    put,
    path = "/api/v1/tenants/{tenant}",
    operation_id = "putTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "`external:` and the product's own id, percent-encoded: 1 to 128 bytes of UTF-8 without control characters.")),
    request_body = PutTenantRequest,
    responses(
        (status = 200, description = "The tenant, which existed.", body = TenantBody),
        (status = 201, description = "The new tenant.", body = TenantBody),
        (status = 409, description = "`tenant_deleted`: a deleted tenant has this external id. Restore it, or purge it first.\n`conflict`: other requests change the tenant. Try again.", body = Error),
    )
)]
pub async fn put(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedExternalId(external): NamedExternalId,
    Body(PutTenantRequest { name, email, metadata }): Body<PutTenantRequest>,
) -> Result<(StatusCode, Json<TenantBody>), ApiError> {
    let metadata = metadata.map(MetadataChange::Replace);
    let change = ProfileChange { name, email, metadata, external_id: FieldChange::Keep };
    let PutTenant { profile, entitlements, created } = tenants.put_tenant(&principal, &external, change).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json((profile, entitlements).into())))
}
