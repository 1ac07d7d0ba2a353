//! What can be ordered: rules between a wish ("Pro, yearly") and a hosted checkout.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Cycle, Plan, Pricing},
    money::Money,
};

/// Why a plan can't be bought at a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OrderError {
    #[error("There is no plan {0:?}. GET /billing/plans lists the plans.")]
    UnknownPlan(String),
    #[error("{0} costs nothing and needs no checkout. To leave a paid plan, cancel it in the billing portal.")]
    FreePlan(String),
    #[error("{0} is priced by agreement. Send an enterprise request at /membership/enterprise.")]
    CustomPrice(String),
    #[error("{plan} is not sold by the {}. Choose another billing cycle.", cycle.unit())]
    NoPrice { plan: String, cycle: Cycle },
}

/// What somebody wants to buy, checked against the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    pub plan: &'a Plan,
    pub cycle: Cycle,
    pub price: Money,
}

/// Checks a wish against the catalog; unlisted plans are not sold.
pub fn order<'a>(catalog: &'a Catalog, plan: &str, cycle: Cycle) -> Result<Order<'a>, OrderError> {
    let plan = catalog
        .plan(plan)
        .filter(|plan| plan.listed)
        .ok_or_else(|| OrderError::UnknownPlan(plan.chars().take(64).collect()))?;
    match plan.pricing {
        Pricing::Free => Err(OrderError::FreePlan(plan.name.clone())),
        Pricing::Custom => Err(OrderError::CustomPrice(plan.name.clone())),
        Pricing::Paid(_) => {
            let price = plan
                .price(cycle, catalog.currency)
                .ok_or_else(|| OrderError::NoPrice { plan: plan.name.clone(), cycle })?;
            Ok(Order { plan, cycle, price })
        }
    }
}
