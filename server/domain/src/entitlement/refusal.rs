//! What is said when a limit is reached, and which plan would have allowed it.

use serde::{Deserialize, Serialize};

use super::check::FailureReason;
use crate::{
    catalog::{Catalog, Cycle, Feature, Limit, Pricing, format},
    ids::PlanId,
    subscription::Entitled,
};

/// A plan that allows more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    pub plan: PlanId,
    /// In the feature's own unit.
    pub limit: Limit,
}

/// Why so much of a feature was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: FailureReason,
    /// "WebSocket connection limit reached (10)".
    pub message: String,
    /// The cheapest listed plan that would have allowed it; `None` when no plan offers more.
    pub upgrade: Option<Upgrade>,
}

impl Refusal {
    /// Of `wanted` in all, where the tenant may have `limit`. The limit is told as pages write it: "Storage limit reached (200 MB)".
    pub fn of(catalog: &Catalog, feature: &Feature, entitled: &Entitled, limit: Limit, wanted: u64) -> Self {
        let message = match limit {
            Limit::AtMost(0) => format!("{} is not included in this plan", feature.label),
            Limit::AtMost(most) => {
                format!("{} limit reached ({})", feature.label, format::plain(&format::amount(feature, most)))
            }
            Limit::Unlimited => format!("{} limit reached", feature.label),
        };
        let reason = if limit.is_included() { FailureReason::LimitReached } else { FailureReason::FeatureNotIncluded };
        Self { reason, message, upgrade: upgrade(catalog, feature, entitled, wanted) }
    }

    /// For the reason that a check found. What a payment would bring back needs no other plan.
    pub fn because(
        reason: FailureReason,
        catalog: &Catalog,
        feature: &Feature,
        entitled: &Entitled,
        limit: Limit,
        wanted: u64,
    ) -> Self {
        let suspended = entitled.suspended.as_ref().filter(|_| reason == FailureReason::SubscriptionInactive);
        let Some(suspended) = suspended else {
            return Self { reason, ..Self::of(catalog, feature, entitled, limit, wanted) };
        };
        let name = catalog.plan(suspended.as_str()).map_or(suspended.as_str(), |plan| &plan.name);
        let message = format!("{}: a payment is overdue, and {name} is off until it is paid", feature.label);
        Self { reason, message, upgrade: None }
    }
}

/// By price; what is priced by agreement comes last, and the smaller plan first among equals.
fn upgrade(catalog: &Catalog, feature: &Feature, entitled: &Entitled, wanted: u64) -> Option<Upgrade> {
    let allows = |limit: Limit| limit.is_included() && limit.admits(wanted);
    let price = |pricing: &Pricing, monthly: Option<i64>| match pricing {
        Pricing::Free => (0, 0),
        Pricing::Paid(_) => (1, monthly.unwrap_or(i64::MAX)),
        Pricing::Custom => (2, 0),
    };
    let plan =
        catalog.listed_plans().filter(|plan| allows(entitled.limit_on(plan, &feature.key))).min_by_key(|plan| {
            let monthly = plan.price(Cycle::Monthly, catalog.currency).map(|price| price.minor);
            (price(&plan.pricing, monthly), plan.rank)
        })?;
    Some(Upgrade { plan: plan.id.clone(), limit: entitled.limit_on(plan, &feature.key) })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::file::default_catalog,
        overrides::{LimitOverride, Overrides, OwnLimit},
        subscription::entitled,
        time::Timestamp,
    };

    fn nothing_own(catalog: &Catalog) -> Entitled {
        entitled(None, &Overrides::default(), catalog, 0, Timestamp::from_secs(0))
    }

    #[test]
    fn a_plan_that_gives_this_tenant_no_more_is_not_offered() {
        let catalog = default_catalog();
        let projects = catalog.feature("projects").unwrap();
        let mut overrides = Overrides::default();
        let own = OwnLimit { at_most: true, ..OwnLimit::at_least(Limit::AtMost(2)) };
        overrides.set_limit(LimitOverride { feature: projects.key.clone(), own, until: None });
        let capped = entitled(None, &overrides, &catalog, 0, Timestamp::from_secs(0));
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
    fn a_refusal_names_the_cheapest_plan_that_would_have_allowed_it(
        #[case] feature: &str,
        #[case] limit: u64,
        #[case] wanted: u64,
        #[case] message: &str,
        #[case] upgrade: Option<(&str, u64)>,
    ) {
        let catalog = default_catalog();
        let told = Refusal::of(
            &catalog,
            catalog.feature(feature).unwrap(),
            &nothing_own(&catalog),
            Limit::AtMost(limit),
            wanted,
        );
        let upgrade = upgrade.map(|(plan, limit)| Upgrade { plan: plan.parse().unwrap(), limit: Limit::AtMost(limit) });
        assert_eq!((told.message.as_str(), told.upgrade), (message, upgrade));
    }

    #[test]
    fn a_plan_without_a_limit_allows_any_amount() {
        let catalog = default_catalog();
        let told =
            Refusal::of(&catalog, catalog.feature("projects").unwrap(), &nothing_own(&catalog), Limit::AtMost(50), 51);
        let enterprise = Upgrade { plan: "enterprise".parse().unwrap(), limit: Limit::Unlimited };
        assert_eq!(told.upgrade, Some(enterprise));
    }

    #[test]
    fn a_plan_that_is_not_listed_is_not_offered() {
        let mut catalog = default_catalog();
        for plan in &mut catalog.plans {
            plan.listed = plan.id.as_str() != "pro";
        }
        let connections = catalog.feature("websocket_connections").unwrap();
        let told = Refusal::of(&catalog, connections, &nothing_own(&catalog), Limit::AtMost(10), 11);
        assert_eq!(told.upgrade.map(|upgrade| upgrade.plan.to_string()), Some("team".to_owned()));
    }
}
