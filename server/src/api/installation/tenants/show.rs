//! `GET /api/v1/tenants/{tenant}`: a tenant with its subscription and entitlements.

use axum::response::Response;
use billing::service::Tenants;

use super::{NamedTenant, TenantBody};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{etag::IfNoneMatch, handle::Handle, installation::TenantsKey},
};

/// A tenant, by Dues' id or by `external:` and the product's own. `ETag` changes with anything in the answer, usage too:
/// send it back as `If-None-Match`, and an answer that has not changed is 304 without a body.
#[utoipa::path(
    get,
    path = "/api/v1/tenants/{tenant}",
    operation_id = "getTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(
        ("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer that the client has."),
    ),
    responses(
        (status = 200, description = "The tenant.", body = TenantBody, headers(("ETag" = String))),
        (status = 304, description = "Nothing has changed.", headers(("ETag" = String))),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is deleted.", body = Error),
    )
)]
pub async fn show(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    known.answer(&TenantBody::from(tenants.profile(&principal, &named).await?))
}
