//! `GET /api/v1/billing/features/{feature}/check`: whether the workspace may use so much more of a feature.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State, rejection::PathRejection},
    http::request::Parts,
};
use billing::{Services, service::ServiceError};
use domain::{
    catalog::Limit,
    entitlement::check::{Check, FailureReason},
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::api::{ApiError, body::whole_text, openapi::Error, principal::TenantChecker};

/// Asking costs nothing: more than a counter holds may be asked for, too.
const MOST: u64 = i64::MAX.unsigned_abs();

/// How much more is asked for: 1 unless the query says.
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
        let wrong = || ServiceError::field("amount", format!("amount must be one whole number, 1 to {MOST}."));
        let amount = amount.filter(|amount| (1..=MOST).contains(amount)).ok_or_else(wrong)?;
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
    /// Why not; `null` when it may be used.
    #[schema(required = true)]
    failure_reason: Option<FailureReason>,
    /// Whether the limit is near or passed, or a payment is due.
    has_warning: bool,
    #[schema(required = true)]
    warning_message: Option<String>,
    /// Before the amount that is asked for, in the feature's own unit; 0 for what is not counted.
    used: u64,
    /// In the feature's own unit, of a flag 0 or 1; `null` for no limit.
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

/// Whether the workspace may use so much more of a feature.
///
/// Answered from memory: what this server has counted shows at once; what another server has counted, and every change of plan,
/// within a second. Changes nothing and keeps no place. For a feature that limits a single value, as a file's size, the amount is that value;
/// for one that is on or off it says nothing. A key with any scope may ask.
#[utoipa::path(
    get,
    path = "/api/v1/billing/features/{feature}/check",
    operation_id = "checkFeature",
    tag = "billing",
    security(("session" = []), ("firebase" = []), ("api_key" = [])),
    params(
        ("feature" = String, Path, description = "The feature's key in the catalog.", example = "auth_providers"),
        ("amount" = Option<u64>, Query, description = "How much more, 1 when missing.", minimum = 1, maximum = 9_223_372_036_854_775_807_u64),
    ),
    responses(
        (status = 200, description = "It may, or why not.", body = CheckResponse),
        (status = 400, description = "`validation_error`: an amount that is no whole number, or 0.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has none of this key.", body = Error),
    )
)]
pub async fn check(
    State(services): State<Services>,
    TenantChecker(tenant): TenantChecker,
    Amount(amount): Amount,
    feature: Result<Path<String>, PathRejection>,
) -> Result<Json<CheckResponse>, ApiError> {
    // What can't be read as text is the key of nothing either.
    let feature = feature.map(|Path(feature)| feature).unwrap_or_default();
    Ok(Json(services.check(&tenant, &feature, amount).await?.into()))
}
