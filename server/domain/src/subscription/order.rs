//! Orders: their validation before a hosted checkout is created, and the states of a checkout attempt.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Cycle, Plan, Pricing},
    money::{Currency, Money},
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

/// An order that is valid under the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedOrder<'a> {
    pub plan: &'a Plan,
    pub cycle: Cycle,
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
            let price = plan.price(cycle, currency).ok_or_else(|| {
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
