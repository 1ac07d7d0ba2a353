//! `POST /api/v1/billing/features/{feature}/consume`: consumes an amount of a feature, if the limit allows it.

use axum::{
    Json,
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::{HeaderName, request::Parts},
};
use billing::service::{ServiceError, Usage, usage::IDEMPOTENCY_KEY_MAX_CHARS};
use utoipa::ToSchema;

use super::check::CheckResponse;
use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::TenantUsageKey,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The amount, and the key that makes the call safe to repeat.
#[derive(Debug, ToSchema)]
#[schema(as = AmountRequest, rename_all = "camelCase", example = json!({ "amount": 1, "idempotencyKey": "req_8f2c" }))]
pub struct AmountRequest {
    /// In the feature's unit; 1 when missing.
    #[schema(required = false, default = 1, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    pub(super) amount: u64,
    /// The same key gets the same response and counts once while the ledger is kept: 30 days at least. It is scoped to
    /// one feature and kind of call.
    #[schema(required = false, min_length = 1, max_length = 255)]
    pub(super) idempotency_key: Option<String>,
}

impl ReadFields for AmountRequest {
    const MAY_BE_MISSING: bool = true;

    fn read(fields: &mut Fields) -> Self {
        Self { amount: fields.optional_amount("amount", 1).unwrap_or(1), idempotency_key: fields.idempotency_key() }
    }
}

/// The header `Idempotency-Key`, equivalent to the body's `idempotencyKey`, which takes precedence.
#[derive(Debug)]
pub struct KeyInHeader(Option<String>);

impl<S: Sync> FromRequestParts<S> for KeyInHeader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.len()));
        let wrong = || {
            let message =
                format!("Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII characters.");
            ServiceError::field("Idempotency-Key", message)
        };
        Ok(Self(Some(key.ok_or_else(wrong)?.to_owned())))
    }
}

impl KeyInHeader {
    pub(super) fn fallback_for(self, in_body: Option<String>) -> Option<String> {
        in_body.or(self.0)
    }
}

/// Consumes an amount of a feature, atomically with the check. Requires an API key with the scope `usage`.
///
/// Exact under concurrent calls on any node, and durable once answered. The figures include the amount. A feature that
/// is on or off, or that limits a single value, is only checked.
#[utoipa::path(
    post,
    path = "/api/v1/billing/features/{feature}/consume",
    operation_id = "consumeFeature",
    tag = "billing",
    security(("api_key" = ["usage"])),
    params(
        ("feature" = String, Path, description = "The feature's key in the catalog.", example = "websocket_connections"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `idempotencyKey` in the body, which takes precedence."),
    ),
    request_body = Option<AmountRequest>,
    responses(
        (status = 200, description = "The amount was consumed.", body = CheckResponse),
        (status = 402, description = "`limit_reached`: the limit would be exceeded.\n`feature_not_included`: the plan does not include it.\n`subscription_inactive`: a payment is overdue.", body = UsageLimitError),
        (status = 400, description = "`tenant_required`: an ID token came without `X-Tenant-ID`; ID tokens can't count usage.\n`counted_by_dues`: Dues counts members itself.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
        (status = 422, description = "`idempotency_key_reused`: this key was sent with another amount.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: it may have been counted; only a retry with the same key is safe.", body = Error),
    )
)]
pub async fn consume(
    Handle(usage): Handle<Usage>,
    TenantUsageKey(caller): TenantUsageKey,
    feature: Result<Path<String>, PathRejection>,
    in_header: KeyInHeader,
    Body(AmountRequest { amount, idempotency_key }): Body<AmountRequest>,
) -> Result<Json<CheckResponse>, ApiError> {
    // A path that is not UTF-8 becomes the empty key, which no feature has.
    let feature = feature.map(|Path(feature)| feature).unwrap_or_default();
    let key = in_header.fallback_for(idempotency_key);
    Ok(Json(usage.consume(&caller, &feature, amount, key.as_deref()).await?.into()))
}
