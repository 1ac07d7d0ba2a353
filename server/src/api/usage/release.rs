//! `POST /api/v1/billing/features/{feature}/release`: releases an amount of a gauge.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
};
use billing::service::{Usage, base::permission::KeyPrincipal};

use super::{
    check::CheckResponse,
    consume::{AmountRequest, KeyInHeader},
};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::TenantUsageKey,
    request::{body::Body, handle::Handle},
};

/// Releases an amount of a gauge; it never falls below zero.
#[utoipa::path(
    post,
    path = "/api/v1/billing/features/{feature}/release",
    operation_id = "releaseFeature",
    tag = "billing",
    security(("api_key" = ["usage"])),
    params(
        ("feature" = String, Path, description = "The feature's key in the catalog.", example = "websocket_connections"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `idempotencyKey` in the body, which takes precedence."),
    ),
    request_body = Option<AmountRequest>,
    responses(
        (status = 200, description = "The amount was released: usage and limit of the feature.", body = CheckResponse),
        (status = 400, description = "`tenant_required`: an ID token came without `X-Tenant-ID`; ID tokens can't count usage.\n`not_a_gauge`: only gauges can be released.\n`counted_by_dues`: Dues counts members itself.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
        (status = 422, description = "`idempotency_key_reused`: this key was sent with another amount.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: it may have been counted; only a retry with the same key is safe.", body = Error),
    )
)]
pub async fn release(
    Handle(usage): Handle<Usage>,
    TenantUsageKey(KeyPrincipal { tenant, .. }): TenantUsageKey,
    feature: Result<Path<String>, PathRejection>,
    in_header: KeyInHeader,
    Body(AmountRequest { amount, idempotency_key }): Body<AmountRequest>,
) -> Result<Json<CheckResponse>, ApiError> {
    let feature = feature.map(|Path(feature)| feature).unwrap_or_default();
    let key = in_header.fallback_for(idempotency_key);
    Ok(Json(usage.release(&tenant, &feature, amount, key.as_deref()).await?.into()))
}
