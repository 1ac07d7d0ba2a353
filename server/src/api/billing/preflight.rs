//! `GET /api/v1/billing/preflight?plan=&cycle=`: what a change of plan would bring.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use billing::{
    Services,
    service::{FieldErrors, ServiceError, preflight::Preflight},
};
use domain::{
    catalog::{Cycle, Limit},
    money::Money,
    preflight::{PreflightLine, PreflightOutcome},
    subscription::Direction,
    time::Timestamp,
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::api::{ApiError, openapi::Error, principal::TenantReader};

/// What is asked about.
#[derive(Debug, Default)]
pub struct PreflightQuery {
    plan: String,
    cycle: Cycle,
}

impl PreflightQuery {
    fn read_cycle(&mut self, name: &'static str, value: &str, errors: &mut FieldErrors) {
        match value.parse() {
            Ok(cycle) => self.cycle = cycle,
            Err(_) => drop(errors.insert(name, format!("{name} must be monthly or yearly."))),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for PreflightQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut errors = FieldErrors::new();
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(query) {
            match name.as_ref() {
                "plan" => params.plan = value.into_owned(),
                "cycle" => params.read_cycle("cycle", &value, &mut errors),
                // As every body calls it.
                "billingCycle" => params.read_cycle("billingCycle", &value, &mut errors),
                _ => {}
            }
        }
        if params.plan.is_empty() {
            errors.insert("plan", "plan is required: the id of a plan that is offered.".to_owned());
        }
        if errors.is_empty() { Ok(params) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "plan": "free", "cycle": "monthly", "direction": "down",
    "price": { "amount": 0, "currency": "USD" }, "dueNow": null, "startsAt": "2026-02-01T00:00:00Z",
    "conflict": null,
    "features": [
        { "feature": "websocket_connections", "used": 45, "limit": 100, "limitThen": 10, "outcome": "no_more" }
    ]
}))]
pub struct PreflightResponse {
    plan: String,
    cycle: Cycle,
    /// How the plan stands to the one that holds: `up`, `same` or `down`.
    #[schema(value_type = String)]
    direction: Direction,
    /// A cycle's price; `null` where it is agreed on by talking.
    price: Option<Amount>,
    /// What the change would cost at once, as the provider reckons it, credits deducted; `null` where nothing is paid yet, the
    /// provider can't say, or the plan can't be ordered now.
    due_now: Option<Amount>,
    /// When a change would take place that waits for the end of what is paid; `null` for one that begins at once, and for a plan
    /// that can't be ordered now: one that is agreed on by talking, or where there is a `conflict`.
    starts_at: Option<String>,
    /// Why a checkout of the plan would be answered 409 now, and what to do first; `null` where nothing is in its way.
    conflict: Option<&'static str>,
    features: Vec<PreflightFeature>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Amount {
    /// In minor units.
    amount: i64,
    currency: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreflightFeature {
    /// The feature's key in the catalog.
    feature: String,
    /// In the feature's own unit; 0 for what is not counted.
    used: u64,
    /// What holds now; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
    /// What would hold.
    #[schema(value_type = Option<u64>, required = true)]
    limit_then: Limit,
    /// `fits`; or what is above the limit stays, and `no_more` is admitted until it is below, or more is counted and `warned` of.
    outcome: PreflightOutcome,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        let Money { minor, currency } = money;
        Self { amount: minor, currency: currency.code().to_owned() }
    }
}

impl From<PreflightLine> for PreflightFeature {
    fn from(line: PreflightLine) -> Self {
        let PreflightLine { feature, used, limit, new_limit, outcome } = line;
        Self { feature: feature.to_string(), used, limit, limit_then: new_limit, outcome }
    }
}

impl From<Preflight> for PreflightResponse {
    fn from(preflight: Preflight) -> Self {
        let Preflight { plan, cycle, direction, price, due_now, starts_at, conflict, features } = preflight;
        Self {
            plan: plan.into(),
            cycle,
            direction,
            price: price.map(Amount::from),
            due_now: due_now.map(Amount::from),
            starts_at: starts_at.map(Timestamp::rfc3339_secs),
            conflict,
            features: features.into_iter().map(PreflightFeature::from).collect(),
        }
    }
}

/// What would become of the workspace's limits on another plan, and what the change would cost. It changes nothing.
///
/// `plan` is one that is offered, the free one too; `cycle` is `monthly` unless it says `yearly`.
#[utoipa::path(
    get,
    path = "/api/v1/billing/preflight",
    operation_id = "preflightPlan",
    tag = "billing",
    params(
        ("plan" = String, Query, description = "The id of a plan that is offered."),
        ("cycle" = Option<Cycle>, Query, description = "Default `monthly`."),
        ("billingCycle" = Option<Cycle>, Query, description = "The same as `cycle`; the last of the two holds."),
    ),
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses(
        (status = 200, description = "What would become of the limits.", body = PreflightResponse),
        (status = 400, description = "`validation_error`, with the field that is wrong.", body = Error),
        (status = 503, description = "`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn preflight(
    State(services): State<Services>,
    TenantReader(tenant): TenantReader,
    PreflightQuery { plan, cycle }: PreflightQuery,
) -> Result<Json<PreflightResponse>, ApiError> {
    Ok(Json(services.preflight(&tenant, &plan, cycle).await?.into()))
}
