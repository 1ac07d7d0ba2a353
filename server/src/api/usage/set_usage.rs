//! `PUT /api/v1/billing/features/{feature}/usage`: sets a gauge.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
};
use billing::service::{Usage, base::permission::KeyPrincipal};
use utoipa::ToSchema;

use super::{check::CheckResponse, consume::KeyInHeader};
use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::TenantUsageKey,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "value": 7 }))]
pub struct SetUsageRequest {
    /// The amount in use now, in the feature's unit.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    value: u64,
    /// The same key gets the same response and counts once while the ledger is kept: 30 days at least.
    #[schema(required = false, min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

impl ReadFields for SetUsageRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { value: fields.amount("value", 0), idempotency_key: fields.idempotency_key() }
    }
}

/// Sets a gauge to the amount in use now. An amount above a hard limit is refused and writes nothing.
#[utoipa::path(
    put,
    path = "/api/v1/billing/features/{feature}/usage",
    operation_id = "setUsage",
    tag = "billing",
    security(("api_key" = ["usage"])),
    params(
        ("feature" = String, Path, description = "The feature's key in the catalog.", example = "websocket_connections"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `idempotencyKey` in the body, which takes precedence."),
    ),
    request_body = SetUsageRequest,
    responses(
        (status = 200, description = "The usage was set: usage and limit of the feature.", body = CheckResponse),
        (status = 402, description = "`limit_reached`: the limit is lower.\n`feature_not_included`: the plan does not include it.", body = UsageLimitError),
        (status = 400, description = "`tenant_required`: an ID token came without `X-Tenant-ID`; ID tokens can't count usage.\n`not_a_gauge`: only gauges can be set.\n`counted_by_dues`: Dues counts members itself.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
        (status = 422, description = "`idempotency_key_reused`: this key was sent with another value.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: it may have been counted; only a retry with the same key is safe.", body = Error),
    )
)]
pub async fn set_usage(
    Handle(usage): Handle<Usage>,
    TenantUsageKey(KeyPrincipal { tenant, .. }): TenantUsageKey,
    feature: Result<Path<String>, PathRejection>,
    in_header: KeyInHeader,
    Body(SetUsageRequest { value, idempotency_key }): Body<SetUsageRequest>,
) -> Result<Json<CheckResponse>, ApiError> {
    let feature = feature.map(|Path(feature)| feature).unwrap_or_default();
    let key = in_header.fallback_for(idempotency_key);
    Ok(Json(usage.set_usage(&tenant, &feature, value, key.as_deref()).await?.into()))
}
