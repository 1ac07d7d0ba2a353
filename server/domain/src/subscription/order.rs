//! Orders: their validation before a hosted checkout is created, and the states of a checkout attempt.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Cycle, Plan, Pricing},
    money::{Currency, Money},
    subscription::Subscription,
};

/// Why a plan can't be ordered at a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OrderError {
    #[error("There is no plan {plan:?}. Choose one of {sold}.")]
    UnknownPlan { plan: String, sold: String },
    #[error("{0} costs nothing and needs no checkout. To leave a paid plan, cancel it in the billing portal.")]
    FreePlan(String),
    #[error(
        "{0} is priced by agreement. Send an enterprise request: POST /api/v1/enterprise/enterprise-signup, or the page /membership/enterprise."
    )]
    CustomPrice(String),
    #[error("{plan} is not sold by the {}. Choose another billing cycle.", cycle.unit())]
    NoPrice { plan: String, cycle: Cycle },
    #[error("{plan} is not sold in {currency}. Choose another plan or currency.")]
    OtherCurrency { plan: String, currency: Currency },
}

/// Why a number of seats can't be ordered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatsError {
    #[error("{0} is sold without seats. Leave seats out.")]
    WithoutSeats(String),
    #[error("seats must be from {min} to {most}: that is how {plan} is sold.")]
    NotSold { plan: String, min: u64, most: u64 },
    #[error("seats must be at least {in_use}: so many are in use.")]
    BelowUse { in_use: u64 },
    /// The seats that the workspace has or uses are more than the plan is sold with.
    #[error("{plan} is sold with at most {most} seats, and this workspace needs {needed}.")]
    TooMany { plan: String, most: u64, needed: u64 },
}

/// The seats that an order of `plan` buys in all: `wanted`, or else those that the live subscription `current` pays for,
/// or else enough for those in use. `None` for a plan without seats.
pub fn order_seats(
    plan: &Plan,
    wanted: Option<u64>,
    current: Option<&Subscription>,
    in_use: u64,
) -> Result<Option<u64>, SeatsError> {
    let Some(sold) = &plan.seats else {
        return if wanted.is_some() { Err(SeatsError::WithoutSeats(plan.name.clone())) } else { Ok(None) };
    };
    let (min, most) = (sold.min, sold.most());
    let bought = current.and_then(|current| current.details.seats);
    let Some(seats) = wanted else {
        // Seats that were bought elsewhere may be more than the plan is sold with.
        if current.is_some_and(|current| current.plan == plan.id) && bought.is_some() {
            return Ok(bought);
        }
        let needed = bought.map_or_else(|| sold.default_order(in_use), |bought| sold.kept(bought));
        let too_many = || SeatsError::TooMany { plan: plan.name.clone(), most, needed };
        return if needed <= most { Ok(Some(needed)) } else { Err(too_many()) };
    };
    if !sold.sells(seats) {
        return Err(SeatsError::NotSold { plan: plan.name.clone(), min, most });
    }
    if seats < in_use {
        return Err(SeatsError::BelowUse { in_use });
    }
    Ok(Some(seats))
}

/// An order that is valid under the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedOrder<'a> {
    pub plan: &'a Plan,
    pub cycle: Cycle,
    /// For a plan with seats, that of the fewest.
    pub price: Money,
}

/// The ids of the listed paid plans, for error messages.
fn orderable_plans(catalog: &Catalog) -> String {
    let plans: Vec<_> = catalog.listed_plans().filter(|plan| plan.is_paid()).map(|plan| plan.id.as_str()).collect();
    plans.join(", ")
}

/// Validates a plan, a billing cycle and a currency against the catalog. Only listed plans with prices can be ordered.
pub fn validate_order<'a>(
    catalog: &'a Catalog,
    plan: &str,
    cycle: Cycle,
    currency: Currency,
) -> Result<ValidatedOrder<'a>, OrderError> {
    let plan = catalog.plan(plan).filter(|plan| plan.listed).ok_or_else(|| OrderError::UnknownPlan {
        plan: plan.chars().take(64).collect(),
        sold: orderable_plans(catalog),
    })?;
    match plan.pricing {
        Pricing::Free => Err(OrderError::FreePlan(plan.name.clone())),
        Pricing::Custom => Err(OrderError::CustomPrice(plan.name.clone())),
        Pricing::Paid(_) => {
            let price = plan.lowest_price(cycle, currency).ok_or_else(|| {
                let name = plan.name.clone();
                if plan.currencies().contains(&currency) {
                    OrderError::NoPrice { plan: name, cycle }
                } else {
                    OrderError::OtherCurrency { plan: name, currency }
                }
            })?;
            Ok(ValidatedOrder { plan, cycle, price })
        }
    }
}

/// The state of a checkout attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// The user can still pay on the hosted page.
    Open,
    Paid,
    /// Closed without payment: by the provider after its time limit, or by Dues.
    Expired,
    /// Replaced by a later attempt. Dues closes its hosted page at the provider.
    Superseded,
}

crate::all_variants!(AttemptState { Open, Paid, Expired, Superseded });

impl AttemptState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }
}

/// The text is not the name of an attempt's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attempt is open, paid, expired or superseded")]
pub struct UnknownAttemptState;

impl std::str::FromStr for AttemptState {
    type Err = UnknownAttemptState;

    fn from_str(text: &str) -> Result<Self, UnknownAttemptState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownAttemptState)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::catalog::file::default_catalog;

    #[rstest]
    #[case("starter", Cycle::Monthly, 900)]
    #[case("pro", Cycle::Monthly, 2900)]
    #[case("pro", Cycle::Yearly, 29_000)]
    fn a_listed_plan_is_ordered_at_its_price(#[case] plan: &str, #[case] cycle: Cycle, #[case] minor: i64) {
        let catalog = default_catalog();
        let order = validate_order(&catalog, plan, cycle, Currency::USD).unwrap();
        assert_eq!((order.plan.id.as_str(), order.cycle), (plan, cycle));
        assert_eq!(order.price, Money::new(minor, Currency::USD));
    }

    #[rstest]
    #[case::unknown("gold", "There is no plan \"gold\". Choose one of starter, pro, team, business, scale.")]
    #[case::other_case("Pro", "There is no plan \"Pro\". Choose one of starter, pro, team, business, scale.")]
    #[case::empty("", "There is no plan \"\". Choose one of starter, pro, team, business, scale.")]
    #[case::unlisted("standard", "There is no plan \"standard\". Choose one of starter, pro, team, business, scale.")]
    #[case::free(
        "free",
        "Free costs nothing and needs no checkout. To leave a paid plan, cancel it in the billing portal."
    )]
    #[case::custom(
        "enterprise",
        "Enterprise is priced by agreement. Send an enterprise request: POST /api/v1/enterprise/enterprise-signup, or the page /membership/enterprise."
    )]
    #[case::no_price("team", "Team is not sold by the year. Choose another billing cycle.")]
    fn an_invalid_order_says_what_to_do(#[case] plan: &str, #[case] expected: &str) {
        let mut catalog = default_catalog();
        for plan in &mut catalog.plans {
            plan.listed = plan.id.as_str() != "standard";
            if let Pricing::Paid(cycles) = &mut plan.pricing
                && plan.id.as_str() == "team"
            {
                cycles.remove(&Cycle::Yearly);
            }
        }
        let refused = validate_order(&catalog, plan, Cycle::Yearly, Currency::USD).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn a_plan_is_ordered_only_in_a_currency_of_its_prices() {
        let catalog = default_catalog();
        let refused = validate_order(&catalog, "pro", Cycle::Monthly, "EUR".parse().unwrap()).unwrap_err();
        assert_eq!(refused.to_string(), "Pro is not sold in EUR. Choose another plan or currency.");
    }

    #[test]
    fn a_long_plan_name_is_truncated_in_the_error() {
        let plan = "é".repeat(100_000);
        let error = validate_order(&default_catalog(), &plan, Cycle::Monthly, Currency::USD).unwrap_err();
        assert!(matches!(error, OrderError::UnknownPlan { plan, .. } if plan == "é".repeat(64)));
    }
}
