//! `GET /api/v1/billing/features/{feature}/check`: whether the workspace may use more of a feature.

use axum::{
    Json,
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::request::Parts,
};
use billing::service::{ServiceError, Usage};
use domain::{
    catalog::Limit,
    entitlement::check::{Check, FailureReason},
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::TenantChecker,
    request::{body::whole_text, handle::Handle},
};

/// The largest amount that a request may check. Larger than the maximum of a counter.
pub(in crate::api) const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

/// The amount to check; 1 by default.
#[derive(Debug)]
pub struct Amount(u64);

impl<S: Sync> FromRequestParts<S> for Amount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut given = form_urlencoded::parse(query).filter(|(name, _)| name == "amount").map(|(_, value)| value);
        let amount = match (given.next(), given.next()) {
            (None, _) => Some(1),
            (Some(text), None) => whole_text(&text),
            (Some(_), Some(_)) => None,
        };
        let wrong = || ServiceError::field("amount", format!("amount must be one whole number, 1 to {MAX_AMOUNT}."));
        let amount = amount.filter(|amount| (1..=MAX_AMOUNT).contains(amount)).ok_or_else(wrong)?;
        Ok(Self(amount))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "isValid": true,
    "failureReason": null,
    "hasWarning": false,
    "warningMessage": null,
    "used": 0,
    "limit": 1,
    "percentUsed": 0.0
}))]
pub struct CheckResponse {
    is_valid: bool,
    /// The reason of a refusal; `null` when allowed.
    #[schema(required = true)]
    failure_reason: Option<FailureReason>,
    /// Whether the limit is near or exceeded, or a payment is due.
    has_warning: bool,
    #[schema(required = true)]
    warning_message: Option<String>,
    /// Usage before the amount, in the feature's unit; 0 for features that are not counted.
    used: u64,
    /// In the feature's unit, 0 or 1 for a flag; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
    /// To one decimal, above 100 after a downgrade; 0.0 without a limit.
    percent_used: f64,
}

impl From<Check> for CheckResponse {
    #[expect(clippy::cast_precision_loss, reason = "a percentage is shown, never counted with")]
    fn from(check: Check) -> Self {
        let Check { failure, warning, used, limit, permille } = check;
        Self {
            is_valid: failure.is_none(),
            failure_reason: failure,
            has_warning: warning.is_some(),
            warning_message: warning,
            used,
            limit,
            percent_used: permille as f64 / 10.0,
        }
    }
}

/// Whether the workspace may use an amount more of a feature.
///
/// Answered from memory: usage counted on this node shows at once, usage of other nodes and changes of plan within a
/// second. Reserves nothing. For a feature that limits a single value, such as a file's size, the amount is that value;
/// for one that is on or off it has no meaning. Any scope is enough.
#[utoipa::path(
    get,
    path = "/api/v1/billing/features/{feature}/check",
    operation_id = "checkFeature",
    tag = "billing",
    security(("session" = []), ("firebase" = []), ("api_key" = [])),
    params(
        ("feature" = String, Path, description = "The feature's key in the catalog.", example = "auth_providers"),
        ("amount" = Option<u64>, Query, description = "The amount to check; 1 when missing.", minimum = 1, maximum = 9_223_372_036_854_775_807_u64),
    ),
    responses(
        (status = 200, description = "The decision, with the reason of a refusal.", body = CheckResponse),
        (status = 400, description = "`validation_error`: the amount is 0 or not a whole number.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
    )
)]
pub async fn check(
    Handle(usage): Handle<Usage>,
    TenantChecker(tenant): TenantChecker,
    Amount(amount): Amount,
    feature: Result<Path<String>, PathRejection>,
) -> Result<Json<CheckResponse>, ApiError> {
    // A path that is not UTF-8 becomes the empty key, which no feature has.
    let feature = feature.map(|Path(feature)| feature).unwrap_or_default();
    Ok(Json(usage.check(&tenant, &feature, amount).await?.into()))
}
