//! `GET /api/v1/billing/preflight?plan=&cycle=&currency=`: the effects of a change of plan.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use billing::service::{Checkouts, FieldErrors, ServiceError, checkout::preflight::Preflight};
use domain::{
    catalog::{Cycle, Limit},
    money::{Currency, Money},
    subscription::{
        Direction,
        preflight::{PreflightLine, PreflightOutcome},
    },
    time::Timestamp,
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, tenant_callers::TenantPlanReader},
};

/// The query.
#[derive(Debug, Default)]
pub struct PreflightQuery {
    plan: String,
    cycle: Cycle,
    currency: Option<Currency>,
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
                // Also accepted: the name that the field has in request bodies.
                "billingCycle" => params.read_cycle("billingCycle", &value, &mut errors),
                "currency" => match value.parse() {
                    Ok(currency) => params.currency = Some(currency),
                    Err(_) => {
                        errors.insert("currency", "currency must be a code of ISO 4217, as USD.".to_owned());
                    }
                },
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
    /// Direction from the current plan: `up`, `same` or `down`.
    #[schema(value_type = String)]
    direction: Direction,
    /// The price of a cycle; `null` where it is negotiated.
    price: Option<Amount>,
    /// What the change would cost now, as the provider computes it, credits deducted; `null` where nothing is paid yet,
    /// the provider can't say, or the plan can't be ordered now.
    due_now: Option<Amount>,
    /// When a change that waits for the end of the paid period would start; `null` for one that starts at once, and for
    /// a plan that can't be ordered now: its price is negotiated, or there is a `conflict`.
    starts_at: Option<String>,
    /// Why a checkout of the plan would answer 409 now, and what to do first; `null` when it would not.
    conflict: Option<&'static str>,
    features: Vec<PreflightFeature>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Amount {
    /// In minor units.
    amount: i64,
    currency: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreflightFeature {
    /// The feature's key in the catalog.
    feature: String,
    /// In the feature's unit; 0 for features that are not counted.
    used: u64,
    /// The current limit; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
    /// The limit on the other plan; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit_then: Limit,
    /// `fits`: usage is within the limit. Usage above the limit is kept: with `no_more`, further usage is refused until
    /// usage is below the limit; with `warned`, it is counted with a warning.
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

/// The workspace's limits on another plan, and the cost of the change. Changes nothing.
///
/// `plan` is a listed plan or the free one; `cycle` is `monthly` by default, or `yearly`. `currency` is refused where a
/// checkout would refuse it.
#[utoipa::path(
    get,
    path = "/api/v1/billing/preflight",
    operation_id = "preflightPlan",
    tag = "billing",
    params(
        ("plan" = String, Query, description = "The id of a plan that is offered."),
        ("cycle" = Option<Cycle>, Query, description = "Default `monthly`."),
        ("billingCycle" = Option<Cycle>, Query, description = "The same as `cycle`; if both are sent, the last one applies."),
        (
            "currency" = Option<String>,
            Query,
            description = "ISO 4217. Before the workspace's first subscription a currency of the plan's prices, by default the catalog's; after it that of the first subscription.",
        ),
    ),
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses(
        (status = 200, description = "Each limit on the other plan, and the cost of the change.", body = PreflightResponse),
        (status = 400, description = "`validation_error`: `fields` says which field is wrong, and how.", body = Error),
        (status = 503, description = "`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn preflight(
    Handle(checkouts): Handle<Checkouts>,
    TenantPlanReader(tenant): TenantPlanReader,
    PreflightQuery { plan, cycle, currency }: PreflightQuery,
) -> Result<Json<PreflightResponse>, ApiError> {
    Ok(Json(checkouts.preflight(&tenant, &plan, cycle, currency).await?.into()))
}
