//! `GET /billing/plans`: all listed plans, with prices and limits.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use billing::Services;
use domain::{
    catalog::{
        Catalog, Cycle, Plan, Seats,
        api_names::{platform_limits, platform_price},
    },
    money::Currency,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantReader};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "plans": [
        {
            "tier": "free",
            "name": "Free",
            "description": "For individual developers",
            "price": { "monthly": 0, "yearly": 0, "currency": "USD" },
            "limits": {
                "websocket": { "maxConnections": 10, "maxEntitiesWatched": 2, "maxRooms": 2 },
                "fileStorage": { "maxStorageMB": 200, "maxFileSizeMB": 5 },
                "api": { "requestsPerMinute": 100 },
                "ai": { "llmTokensPerMonth": 100_000, "maxCostPerMonth": 5 },
                "tenantConfig": { "maxSecrets": 5 }
            }
        },
        {
            "tier": "pro",
            "name": "Pro",
            "description": "For small teams",
            "price": { "monthly": 29, "yearly": 290, "currency": "USD" },
            "limits": {
                "websocket": { "maxConnections": 100, "maxEntitiesWatched": 10, "maxRooms": 10 },
                "fileStorage": { "maxStorageMB": 5120, "maxFileSizeMB": 50 },
                "api": { "requestsPerMinute": 1000 },
                "ai": { "llmTokensPerMonth": 10_000_000, "maxCostPerMonth": 50 },
                "tenantConfig": { "maxSecrets": 50 }
            }
        }
    ]
}))]
pub struct PlansResponse {
    /// In ascending order.
    plans: Vec<OfferedPlan>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferedPlan {
    /// The plan's id.
    tier: String,
    name: String,
    description: String,
    /// In the installation's currency. With the fewest seats, for a plan that is sold with seats.
    price: PlanPrice,
    /// By currency (ISO 4217, upper case), where the plan is sold in several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, CyclePrices>>)]
    prices: Option<BTreeMap<&'static str, CyclePrices>>,
    /// Trial days of a workspace's first order; left out without a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<u16>,
    /// The seats that the plan is sold with; left out for a plan without seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<OfferedSeats>,
    /// By group and the platform API's names, in its units; `null` for no limit, 0 for what is not included.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Option<f64>>>)]
    limits: Map<String, Value>,
}

/// In major units; `null` where it is negotiated, or where the plan is not sold for the cycle.
#[derive(Debug, Serialize, ToSchema)]
struct PlanPrice {
    #[schema(value_type = Option<f64>, required = true)]
    monthly: Value,
    #[schema(value_type = Option<f64>, required = true)]
    yearly: Value,
    /// ISO 4217, upper case.
    currency: &'static str,
}

/// Numbers count all seats, those included in the plan's price too.
#[derive(Debug, Serialize, ToSchema)]
struct OfferedSeats {
    /// The key of the feature whose limit is the number of bought seats.
    feature: String,
    included: u64,
    min: u64,
    /// `null` where there is no such number.
    #[schema(required = true)]
    max: Option<u64>,
    /// Of each seat beyond those included, in the installation's currency.
    price: PlanPrice,
    /// By currency (ISO 4217, upper case), where the plan is sold in several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, CyclePrices>>)]
    prices: Option<BTreeMap<&'static str, CyclePrices>>,
}

impl OfferedSeats {
    fn of(catalog: &Catalog, plan: &Plan, seats: &Seats) -> Self {
        let Seats { feature, included, min, max, price: _ } = seats;
        let price_in = |cycle, currency| platform_price(seats.price(cycle, currency));
        let price = |cycle| price_in(cycle, catalog.currency);
        Self {
            feature: feature.to_string(),
            included: *included,
            min: *min,
            max: *max,
            price: PlanPrice {
                monthly: price(Cycle::Monthly),
                yearly: price(Cycle::Yearly),
                currency: catalog.currency.code(),
            },
            prices: cycle_prices(plan, price_in),
        }
    }
}

/// In major units; `null` where the plan is not sold for the cycle.
#[derive(Debug, Serialize, ToSchema)]
struct CyclePrices {
    #[schema(value_type = Option<f64>, required = true)]
    monthly: Value,
    #[schema(value_type = Option<f64>, required = true)]
    yearly: Value,
}

/// Returns prices in each of the plan's currencies; `None` where it is sold in one.
fn cycle_prices(
    plan: &Plan,
    price_in: impl Fn(Cycle, Currency) -> Value,
) -> Option<BTreeMap<&'static str, CyclePrices>> {
    let currencies = plan.currencies();
    (currencies.len() > 1).then(|| {
        let prices = currencies.into_iter().map(|currency| {
            let (monthly, yearly) = (price_in(Cycle::Monthly, currency), price_in(Cycle::Yearly, currency));
            (currency.code(), CyclePrices { monthly, yearly })
        });
        prices.collect()
    })
}

impl OfferedPlan {
    fn of(catalog: &Catalog, plan: &Plan) -> Self {
        let price_in = |cycle, currency| platform_price(plan.lowest_price(cycle, currency));
        let price = |cycle| price_in(cycle, catalog.currency);
        let prices = cycle_prices(plan, price_in);
        let seats = plan.seats.as_ref().map(|seats| OfferedSeats::of(catalog, plan, seats));
        Self {
            tier: plan.id.to_string(),
            name: plan.name.clone(),
            description: plan.description.clone(),
            price: PlanPrice {
                monthly: price(Cycle::Monthly),
                yearly: price(Cycle::Yearly),
                currency: catalog.currency.code(),
            },
            prices,
            trial_days: Some(plan.trial_days).filter(|days| *days > 0),
            seats,
            limits: platform_limits(catalog, plan),
        }
    }
}

/// A caller who may see the plans: one who may read the workspace, or anyone where `PUBLIC_PLANS` is on.
#[derive(Clone, Copy, Debug)]
pub struct PlansReader;

impl FromRequestParts<Services> for PlansReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        if !services.settings().browser_access.public_plans {
            TenantReader::from_request_parts(parts, services).await?;
        }
        Ok(Self)
    }
}

/// All listed plans, with prices and limits. Needs no caller where `PUBLIC_PLANS` is on.
#[utoipa::path(
    get,
    path = "/billing/plans",
    operation_id = "listPlans",
    tag = "platform",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses((status = 200, description = "The plans, in ascending order.", body = PlansResponse))
)]
pub async fn plans(State(services): State<Services>, _: PlansReader) -> Result<Json<PlansResponse>, ApiError> {
    let catalog = services.catalog();
    Ok(Json(PlansResponse { plans: catalog.listed_plans().map(|plan| OfferedPlan::of(catalog, plan)).collect() }))
}
