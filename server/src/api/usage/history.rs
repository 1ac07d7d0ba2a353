//! `GET /api/v1/usage/history`: usage of a feature over time.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use billing::service::{FieldErrors, ServiceError, Usage, usage::history::History};
use domain::{catalog::Unit, entitlement::history::Step, time::Timestamp};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::api::{ApiError, operations::openapi::Error, principal::TenantReader, request::handle::Handle};

/// The query. `feature` is empty if it is missing.
#[derive(Debug, Default)]
pub struct HistoryQuery {
    pub(crate) feature: String,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) step: Step,
}

impl HistoryQuery {
    /// Parses a query. Invalid values add an error for their field.
    pub(crate) fn parse(query: &str, errors: &mut FieldErrors) -> Self {
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "feature" => params.feature = value.into_owned(),
                "step" => match value.parse() {
                    Ok(step) => params.step = step,
                    Err(_) => drop(errors.insert("step", "step must be hour, day or month.".to_owned())),
                },
                "from" => params.from = instant("from", &value, errors),
                "to" => params.to = instant("to", &value, errors),
                _ => {}
            }
        }
        params
    }
}

impl<S: Sync> FromRequestParts<S> for HistoryQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut errors = FieldErrors::new();
        let params = Self::parse(parts.uri.query().unwrap_or_default(), &mut errors);
        if params.feature.is_empty() {
            errors.insert("feature", "feature is required: a feature's key in the catalog.".to_owned());
        }
        if errors.is_empty() { Ok(params) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

/// Parses a time, or a day, which means its first instant in UTC. Other text adds an error for the field `name`.
pub(in crate::api) fn instant(name: &'static str, text: &str, errors: &mut FieldErrors) -> Option<Timestamp> {
    let at = Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_iso_day(text));
    if at.is_none() {
        errors.insert(name, format!("{name} must be a time, as 2026-01-14T21:40:00Z, or a day, as 2026-01-14."));
    }
    at
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "feature": "websocket_connections",
    "unit": "count",
    "step": "hour",
    "from": "2026-01-14T20:00:00Z",
    "to": "2026-01-14T22:00:00Z",
    "points": [
        { "start": "2026-01-14T20:00:00Z", "amount": 3, "used": 8, "peak": 9 },
        { "start": "2026-01-14T21:00:00Z", "amount": 0, "used": 8, "peak": 8 }
    ]
}))]
pub struct HistoryResponse {
    feature: String,
    #[schema(value_type = String, example = "count")]
    unit: Unit,
    step: Step,
    from: String,
    to: String,
    /// One for each step, also without usage.
    points: Vec<Point>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Point {
    start: String,
    /// The change of the counter, in the feature's unit; below 0 where more of a gauge was released.
    amount: i64,
    /// The counter at the end of the step; after its last use of the month if it resets within the month.
    used: u64,
    /// The highest value of the counter.
    peak: u64,
}

/// Usage of a feature over time, by hour, day or month (UTC).
#[utoipa::path(
    get,
    path = "/api/v1/usage/history",
    operation_id = "getUsageHistory",
    tag = "usage",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    params(
        ("feature" = String, Query, description = "The feature's key in the catalog.", example = "websocket_connections"),
        ("from" = Option<String>, Query, description = "A time or a day, cut to the step; 30 days, 48 hours or 12 months before `to` when missing."),
        ("to" = Option<String>, Query, description = "A time or a day; now when missing. At most 800 steps after `from`, 36 with `month`."),
        ("step" = Option<Step>, Query, description = "`day` when missing."),
    ),
    responses(
        (status = 200, description = "The series, without gaps.", body = HistoryResponse),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.\n`counted_by_dues`: no history is kept of members and secrets.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
    )
)]
pub async fn history(
    Handle(usage): Handle<Usage>,
    TenantReader(tenant): TenantReader,
    HistoryQuery { feature, from, to, step }: HistoryQuery,
) -> Result<Json<HistoryResponse>, ApiError> {
    let History { feature, step, from, to, points, reset_times: _ } =
        usage.history(&tenant, &feature, step, from, to).await?;
    let points = points.into_iter().map(|span| Point {
        start: span.starts_at.rfc3339_secs(),
        amount: span.amount,
        used: span.closing,
        peak: span.peak,
    });
    Ok(Json(HistoryResponse {
        feature: feature.key.to_string(),
        unit: feature.unit,
        step,
        from: from.rfc3339_secs(),
        to: to.rfc3339_secs(),
        points: points.collect(),
    }))
}
