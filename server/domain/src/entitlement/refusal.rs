//! Refusals of usage: the message, and the plan that would have allowed it.

use serde::{Deserialize, Serialize};

use super::check::FailureReason;
use crate::{
    catalog::{Catalog, Cycle, Feature, Limit, Plan, Pricing, format},
    ids::PlanId,
    money::{Currency, Money},
    subscription::Entitlements,
};

/// A plan that would have allowed the refused usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    pub plan: PlanId,
    /// The plan's effective limit, in the feature's unit.
    pub limit: Limit,
}

/// Why usage of a feature was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: FailureReason,
    /// "WebSocket connection limit reached (10)".
    pub message: String,
    /// The cheapest listed plan that would have allowed it; `None` if there is none.
    pub upgrade: Option<Upgrade>,
}

impl Refusal {
    /// The refusal of a total usage of `wanted` under the limit `limit`.
    ///
    /// The message has the limit as pages format it: "Storage limit reached (200 MB)".
    pub fn of(catalog: &Catalog, feature: &Feature, entitlements: &Entitlements, limit: Limit, wanted: u64) -> Self {
        let message = match limit {
            Limit::AtMost(0) => format!("{} is not included in this plan", feature.label),
            Limit::AtMost(most) => {
                format!("{} limit reached ({})", feature.label, format::plain(&format::amount(feature, most)))
            }
            Limit::Unlimited => format!("{} limit reached", feature.label),
        };
        let reason = if limit.is_included() { FailureReason::LimitReached } else { FailureReason::FeatureNotIncluded };
        // No plan raises the cap that the tenant's admins set.
        let is_capped = entitlements.cap(catalog, &feature.key).is_some();
        let upgrade = if is_capped { None } else { upgrade(catalog, feature, entitlements, wanted) };
        Self { reason, message, upgrade }
    }

    /// The refusal for the reason of a check. For a suspended plan it names the overdue payment and offers no upgrade.
    pub fn because(
        reason: FailureReason,
        catalog: &Catalog,
        feature: &Feature,
        entitlements: &Entitlements,
        limit: Limit,
        wanted: u64,
    ) -> Self {
        let suspended = entitlements.suspended.as_ref().filter(|_| reason == FailureReason::SubscriptionInactive);
        let Some(suspended) = suspended else {
            return Self { reason, ..Self::of(catalog, feature, entitlements, limit, wanted) };
        };
        let name = catalog.plan(suspended.as_str()).map_or(suspended.as_str(), |plan| &plan.name);
        let message = format!("{}: a payment is overdue, and {name} is off until it is paid", feature.label);
        Self { reason, message, upgrade: None }
    }
}

/// The cheapest listed plan that allows a total usage of `wanted`, by the prices in the tenant's currency. Plans that are
/// not sold in it are left out. Plans with custom pricing come last. Of plans with the same price, the plan with the
/// lowest rank comes first.
fn upgrade(catalog: &Catalog, feature: &Feature, entitlements: &Entitlements, wanted: u64) -> Option<Upgrade> {
    let allows = |limit: Limit| limit.is_included() && limit.allows(wanted);
    let price = |pricing: &Pricing, monthly: Option<i64>| match pricing {
        Pricing::Free => (0, 0),
        Pricing::Paid(_) => (1, monthly.unwrap_or(i64::MAX)),
        Pricing::Custom => (2, 0),
    };
    let currency = entitlements.currency.unwrap_or(catalog.currency);
    let plan = catalog
        .listed_plans()
        .filter(|plan| !plan.is_paid() || plan.currencies().contains(&currency))
        .filter(|plan| allows(entitlements.limit_for(plan, &feature.key, wanted)))
        .min_by_key(|plan| {
            let monthly = monthly_price(plan, currency, feature, entitlements, wanted).map(|price| price.minor);
            (price(&plan.pricing, monthly), plan.rank)
        })?;
    Some(Upgrade { plan: plan.id.clone(), limit: entitlements.limit_for(plan, &feature.key, wanted) })
}

/// The price of a month with the seats that the tenant would have on the plan, or with as many as `wanted` needs.
fn monthly_price(
    plan: &Plan,
    currency: Currency,
    feature: &Feature,
    entitlements: &Entitlements,
    wanted: u64,
) -> Option<Money> {
    let seats = plan.seats.as_ref().map_or(0, |sold| {
        let kept = entitlements.seats_on(plan).unwrap_or(sold.min);
        if sold.feature == feature.key { kept.max(wanted) } else { kept }
    });
    plan.price_with_seats(Cycle::Monthly, currency, seats)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::file::default_catalog,
        entitlement::overrides::{CustomLimit, LimitOverride, Overrides},
        subscription::{ProviderStatus, Subscription, entitlements},
        time::Timestamp,
    };

    fn without_overrides(catalog: &Catalog) -> Entitlements {
        entitlements(None, &Overrides::default(), catalog, 0, Timestamp::from_secs(0))
    }

    #[test]
    fn a_plan_that_a_custom_limit_caps_is_not_offered() {
        let catalog = default_catalog();
        let projects = catalog.feature("projects").unwrap();
        let mut overrides = Overrides::default();
        let cap = CustomLimit { at_most: true, ..CustomLimit::at_least(Limit::AtMost(2)) };
        overrides.set_limit(LimitOverride { feature: projects.key.clone(), custom: cap, until: None });
        let capped = entitlements(None, &overrides, &catalog, 0, Timestamp::from_secs(0));
        let offered = |wanted| Refusal::of(&catalog, projects, &capped, Limit::AtMost(1), wanted).upgrade;
        let pro = Upgrade { plan: "pro".parse().unwrap(), limit: Limit::AtMost(2) };
        assert_eq!((offered(2), offered(3)), (Some(pro), None));
    }

    #[rstest]
    #[case::as_documented("websocket_connections", 10, 11, "WebSocket connection limit reached (10)", Some(("pro", 100)))]
    #[case::cheapest_that_is_enough("team_members", 2, 3, "Team member limit reached (2)", Some(("starter", 3)))]
    #[case::not_the_next_one("team_members", 3, 6, "Team member limit reached (3)", Some(("team", 20)))]
    #[case::not_included("game_projects", 0, 1, "Game project is not included in this plan", Some(("standard", 1)))]
    #[case::in_the_features_words("file_storage_bytes", 209_715_200, 209_715_201, "Storage limit reached (200 MB)", Some(("starter", 1 << 30)))]
    #[case::no_plan_has_that_much(
        "websocket_connections",
        10_000,
        10_001,
        "WebSocket connection limit reached (10,000)",
        None
    )]
    fn a_refusal_offers_the_cheapest_plan_that_allows_the_usage(
        #[case] feature: &str,
        #[case] limit: u64,
        #[case] wanted: u64,
        #[case] message: &str,
        #[case] upgrade: Option<(&str, u64)>,
    ) {
        let catalog = default_catalog();
        let refusal = Refusal::of(
            &catalog,
            catalog.feature(feature).unwrap(),
            &without_overrides(&catalog),
            Limit::AtMost(limit),
            wanted,
        );
        let upgrade = upgrade.map(|(plan, limit)| Upgrade { plan: plan.parse().unwrap(), limit: Limit::AtMost(limit) });
        assert_eq!((refusal.message.as_str(), refusal.upgrade), (message, upgrade));
    }

    #[test]
    fn a_plan_without_a_limit_allows_any_amount() {
        let catalog = default_catalog();
        let refusal = Refusal::of(
            &catalog,
            catalog.feature("projects").unwrap(),
            &without_overrides(&catalog),
            Limit::AtMost(50),
            51,
        );
        let enterprise = Upgrade { plan: "enterprise".parse().unwrap(), limit: Limit::Unlimited };
        assert_eq!(refusal.upgrade, Some(enterprise));
    }

    #[test]
    fn the_offer_is_the_cheapest_in_the_currency_that_the_tenant_pays_in() {
        let mut catalog = default_catalog();
        let euro: Currency = "EUR".parse().unwrap();
        // In euros Team is cheaper than Pro, and Starter is not sold.
        for (id, minor) in [("pro", 20_000), ("team", 9000)] {
            let plan = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == id).unwrap();
            let Pricing::Paid(cycles) = &mut plan.pricing else { panic!("{id} has no price") };
            for prices in cycles.values_mut() {
                prices.insert(euro, minor);
            }
        }
        let offered = |currency: &str, feature: &str| {
            let now = Timestamp::from_secs(1_768_000_000);
            let price = Some(Money::new(2900, currency.parse().unwrap()));
            let ended = Subscription { price, ..Subscription::sample("sub_1", "pro", ProviderStatus::Canceled, now) };
            let held = entitlements(Some(&ended), &Overrides::default(), &catalog, 0, now);
            let feature = catalog.feature(feature).unwrap();
            let refusal = Refusal::of(&catalog, feature, &held, Limit::AtMost(2), 3);
            refusal.upgrade.map(|upgrade| upgrade.plan.to_string()).unwrap_or_default()
        };
        assert_eq!([offered("USD", "websocket_rooms"), offered("EUR", "websocket_rooms")], ["pro", "team"]);
        assert_eq!([offered("USD", "team_members"), offered("EUR", "team_members")], ["starter", "team"]);
        assert_eq!(offered("JPY", "websocket_rooms"), "pro", "nothing is sold in yen");
    }

    #[test]
    fn a_plan_that_is_not_listed_is_not_offered() {
        let mut catalog = default_catalog();
        for plan in &mut catalog.plans {
            plan.listed = plan.id.as_str() != "pro";
        }
        let connections = catalog.feature("websocket_connections").unwrap();
        let refusal = Refusal::of(&catalog, connections, &without_overrides(&catalog), Limit::AtMost(10), 11);
        assert_eq!(refusal.upgrade.map(|upgrade| upgrade.plan.to_string()), Some("team".to_owned()));
    }
}
