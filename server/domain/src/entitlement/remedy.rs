//! What raises a limit that a workspace has reached: the plan that pages and mails name, or a payment.

use serde::{Deserialize, Serialize};

use super::FeatureUsage;
use crate::{
    catalog::{Catalog, Cycle, Limit, Plan, Pricing},
    ids::PlanId,
    money::Money,
    subscription::{Entitlements, Provider, Subscription},
};

/// What raises a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LimitRemedy {
    /// The cheapest plan that allows more.
    Plan(PlanOffer),
    /// The cap that the workspace's admins set is lifted: the plan allows more.
    Cap,
    /// The overdue payment, which restores the suspended plan.
    Payment,
    /// No plan on sale allows more.
    NoPlan,
}

/// A plan that allows more than the present limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOffer {
    pub plan: PlanId,
    /// The cycle to order it in.
    pub cycle: Cycle,
    /// The plan's effective limit for the tenant; if seats are this limit, with as many as are needed.
    pub limit: Limit,
    /// The price of a cycle, with the seats that the tenant has and as many as are needed; `None` if the plan is priced
    /// by agreement.
    pub price: Option<Money>,
}

/// Returns the cycle in which the tenant would order another plan: that of its live subscription, else monthly.
///
/// `None` if it cannot pay: it has no live subscription, and no provider is configured for new ones.
pub fn order_cycle(subscription: Option<&Subscription>, provider: Option<Provider>) -> Option<Cycle> {
    let live = subscription.filter(|subscription| subscription.status.is_live());
    live.map(|subscription| subscription.cycle).or_else(|| provider.map(|_| Cycle::Monthly))
}

/// Returns what raises the limit of a feature. `cycle` is that of [`order_cycle`].
pub fn remedy(
    catalog: &Catalog,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    cycle: Option<Cycle>,
) -> LimitRemedy {
    if entitlements.suspended.is_some() && entitlements.unconditional_grant(catalog).is_none() {
        return LimitRemedy::Payment;
    }
    if entitlements.cap(catalog, &usage.feature).is_some() {
        return LimitRemedy::Cap;
    }
    let Some((plan, cycle, price)) = cheapest(catalog, entitlements, &[usage], cycle) else {
        return LimitRemedy::NoPlan;
    };
    let limit = entitlements.limit_for(plan, &usage.feature, needed(usage));
    LimitRemedy::Plan(PlanOffer { plan: plan.id.clone(), cycle, limit, price })
}

/// Returns the cheapest plan that raises all limits of `reached`, or as many as possible of the first ones. `None` if no
/// plan raises the first, or a payment is overdue. Limits that the tenant's admins have capped are left out.
pub fn plan_for_all<'a>(
    catalog: &'a Catalog,
    entitlements: &Entitlements,
    reached: &[&FeatureUsage],
    cycle: Option<Cycle>,
) -> Option<&'a Plan> {
    if entitlements.suspended.is_some() && entitlements.unconditional_grant(catalog).is_none() {
        return None;
    }
    let is_planned = |usage: &&&FeatureUsage| entitlements.cap(catalog, &usage.feature).is_none();
    let reached: Vec<_> = reached.iter().filter(is_planned).copied().collect();
    let mut firsts = (1..=reached.len()).rev().filter_map(|most| reached.get(..most));
    firsts.find_map(|firsts| cheapest(catalog, entitlements, firsts, cycle)).map(|(plan, ..)| plan)
}

/// Returns the cheapest listed plan that raises each of the limits and allows what is in use. Plans that are priced by
/// agreement come last; of plans with the same price, the plan with the lowest rank comes first.
///
/// The current plan and free plans are left out, and plans that would not apply beside a granted plan of higher rank.
fn cheapest<'a>(
    catalog: &'a Catalog,
    entitlements: &Entitlements,
    usages: &[&FeatureUsage],
    cycle: Option<Cycle>,
) -> Option<(&'a Plan, Cycle, Option<Money>)> {
    let granted = entitlements.grant.as_ref().and_then(|grant| catalog.plan(grant.plan.as_str()));
    let raises = |plan: &Plan| {
        usages.iter().all(|usage| {
            let limit = entitlements.limit_for(plan, &usage.feature, needed(usage));
            limit > usage.limit && limit.allows(usage.used)
        })
    };
    catalog
        .listed_plans()
        .filter(|plan| plan.id != entitlements.plan && granted.is_none_or(|granted| plan.rank > granted.rank))
        .filter_map(|plan| match plan.pricing {
            Pricing::Free => None,
            Pricing::Paid(_) => {
                let cycle = cycle?;
                Some((plan, cycle, Some(price(catalog, entitlements, plan, usages, cycle)?)))
            }
            Pricing::Custom => Some((plan, cycle.unwrap_or_default(), None)),
        })
        .filter(|(plan, ..)| raises(plan))
        .min_by_key(|(plan, _, price)| (price.is_none(), price.map(|price| price.minor), plan.rank))
}

/// What a plan has to allow: more than the present limit, and what is in use.
fn needed(usage: &FeatureUsage) -> u64 {
    match usage.limit {
        Limit::AtMost(most) => usage.used.max(most.saturating_add(1)),
        Limit::Unlimited => usage.used,
    }
}

/// The price of a cycle with the seats that the tenant would have on the plan, and as many as the usages need.
fn price(
    catalog: &Catalog,
    entitlements: &Entitlements,
    plan: &Plan,
    usages: &[&FeatureUsage],
    cycle: Cycle,
) -> Option<Money> {
    let seats = plan.seats.as_ref().map_or(0, |sold| {
        let of_seats = usages.iter().filter(|usage| usage.feature == sold.feature).map(|usage| needed(usage));
        of_seats.fold(entitlements.seats_on(plan).unwrap_or(sold.min), u64::max)
    });
    plan.price_with_seats(cycle, catalog.currency, seats)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::file::default_catalog,
        entitlement::{
            overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
            own_limits::OwnLimit,
        },
        subscription::{ProviderStatus, entitlements},
        time::Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

    fn pro(status: ProviderStatus) -> Subscription {
        Subscription::sample("sub_1", "pro", status, NOW)
    }

    fn on(subscription: Option<&Subscription>, overrides: &Overrides) -> Entitlements {
        entitlements(subscription, overrides, &default_catalog(), 0, NOW)
    }

    fn usage(feature: &str, used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: feature.parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    fn offered(entitlements: &Entitlements, usage: &FeatureUsage, cycle: Option<Cycle>) -> Option<(String, Limit)> {
        match remedy(&default_catalog(), entitlements, usage, cycle) {
            LimitRemedy::Plan(offer) => Some((offer.plan.to_string(), offer.limit)),
            LimitRemedy::Cap | LimitRemedy::Payment | LimitRemedy::NoPlan => None,
        }
    }

    #[rstest]
    #[case::the_cheapest_and_not_the_next("websocket_rooms", 2, 2, Some(("pro", 10)))]
    #[case::enough_for_what_is_in_use("websocket_rooms", 12, 2, Some(("team", 50)))]
    #[case::exactly_what_is_in_use("websocket_rooms", 10, 2, Some(("pro", 10)))]
    #[case::the_next_one("environments", 1, 1, Some(("starter", 2)))]
    #[case::not_included("game_projects", 0, 0, Some(("standard", 1)))]
    #[case::by_agreement_comes_last("websocket_connections", 2000, 2000, Some(("enterprise", 10_000)))]
    #[case::no_plan_allows_as_much("websocket_connections", 20_000, 10, None)]
    fn the_cheapest_plan_that_raises_the_limit_is_offered(
        #[case] feature: &str,
        #[case] used: u64,
        #[case] limit: u64,
        #[case] plan: Option<(&str, u64)>,
    ) {
        let free = on(None, &Overrides::default());
        let expected = plan.map(|(plan, limit)| (plan.to_owned(), Limit::AtMost(limit)));
        assert_eq!(offered(&free, &usage(feature, used, Limit::AtMost(limit)), Some(Cycle::Monthly)), expected);
    }

    #[test]
    fn the_current_plan_and_an_unlimited_feature_have_no_offer() {
        let paid = on(Some(&pro(ProviderStatus::Active)), &Overrides::default());
        let custom = usage("websocket_rooms", 4, Limit::AtMost(4));
        assert_eq!(offered(&paid, &custom, Some(Cycle::Yearly)), Some(("team".to_owned(), Limit::AtMost(50))));
        assert_eq!(offered(&paid, &usage("websocket_rooms", 4, Limit::Unlimited), Some(Cycle::Monthly)), None);
    }

    #[test]
    fn an_offer_has_the_price_of_its_cycle() {
        let catalog = default_catalog();
        let reached = usage("websocket_rooms", 2, Limit::AtMost(2));
        for cycle in [Cycle::Monthly, Cycle::Yearly] {
            let price = catalog.plan("pro").unwrap().price(cycle, catalog.currency);
            let LimitRemedy::Plan(offer) = remedy(&catalog, &on(None, &Overrides::default()), &reached, Some(cycle))
            else {
                panic!("no offer");
            };
            assert_eq!((offer.cycle, offer.price), (cycle, price));
        }
    }

    #[test]
    fn a_plan_by_the_seat_is_offered_with_as_many_seats_as_are_needed() {
        let catalog = default_catalog().with_seats("starter", (0, 1, None), 500).all_seats("starter");
        let reached = |used| usage("team_members", used, Limit::AtMost(used));
        let offer =
            |held: &Entitlements, usage: &FeatureUsage| match remedy(&catalog, held, usage, Some(Cycle::Monthly)) {
                LimitRemedy::Plan(offer) => (offer.plan.to_string(), offer.limit, offer.price.map(|price| price.minor)),
                other => panic!("{other:?}"),
            };
        let free = entitlements(None, &Overrides::default(), &catalog, 0, NOW);
        assert_eq!(offer(&free, &reached(1)), ("starter".to_owned(), Limit::AtMost(2), Some(1000)));
        // Of another limit, the seats that are bought stay.
        let mut subscription = pro(ProviderStatus::Active);
        subscription.plan = "starter".parse().unwrap();
        subscription.details.seats = Some(4);
        let catalog = catalog.with_seats("pro", (1, 1, None), 700);
        let held = entitlements(Some(&subscription), &Overrides::default(), &catalog, 0, NOW);
        let rooms = usage("websocket_rooms", 3, Limit::AtMost(3));
        let LimitRemedy::Plan(offer) = remedy(&catalog, &held, &rooms, Some(Cycle::Monthly)) else {
            panic!("no offer");
        };
        let pro = catalog.plan("pro").unwrap().price_with_seats(Cycle::Monthly, catalog.currency, 4);
        assert_eq!((offer.plan.as_str(), offer.price), ("pro", pro));
    }

    #[test]
    fn without_payments_only_plans_by_agreement_are_offered() {
        let free = on(None, &Overrides::default());
        let reached = usage("websocket_rooms", 2, Limit::AtMost(2));
        assert_eq!(offered(&free, &reached, None), Some(("enterprise".to_owned(), Limit::Unlimited)));
        assert_eq!(order_cycle(None, None), None);
        assert_eq!(order_cycle(None, Some(Provider::Stripe)), Some(Cycle::Monthly));
        assert_eq!(order_cycle(Some(&pro(ProviderStatus::Canceled)), None), None);
        assert!(order_cycle(Some(&pro(ProviderStatus::Active)), None).is_some());
    }

    #[test]
    fn an_overdue_payment_is_the_remedy_of_a_suspended_plan() {
        let subscription = Subscription { past_due_since: Some(NOW), ..pro(ProviderStatus::PastDue) };
        let suspended = on(Some(&subscription), &Overrides::default());
        assert!(suspended.suspended.is_some());
        let reached = usage("websocket_rooms", 2, Limit::AtMost(2));
        let catalog = default_catalog();
        assert_eq!(remedy(&catalog, &suspended, &reached, Some(Cycle::Monthly)), LimitRemedy::Payment);
        assert_eq!(plan_for_all(&catalog, &suspended, &[&reached], Some(Cycle::Monthly)), None);
    }

    #[test]
    fn a_plan_below_a_granted_plan_is_not_offered() {
        let grant = Overrides { plan: Some(PlanGrant::permanent("team".parse().unwrap())), ..Overrides::default() };
        let reached = usage("websocket_rooms", 1, Limit::AtMost(1));
        let found = offered(&on(None, &grant), &reached, Some(Cycle::Monthly));
        assert_eq!(found, Some(("business".to_owned(), Limit::AtMost(50))));
    }

    #[test]
    fn custom_limits_count() {
        let custom = |custom| {
            let limits = vec![LimitOverride { feature: "websocket_rooms".parse().unwrap(), custom, until: None }];
            on(None, &Overrides { limits, ..Overrides::default() })
        };
        let raised = custom(CustomLimit::at_least(Limit::AtMost(20)));
        let reached = usage("websocket_rooms", 20, Limit::AtMost(20));
        let found = offered(&raised, &reached, Some(Cycle::Monthly));
        assert_eq!(found, Some(("team".to_owned(), Limit::AtMost(50))), "not Pro, which would change nothing");
        let capped = custom(CustomLimit { at_most: true, ..CustomLimit::at_least(Limit::AtMost(1)) });
        let reached = usage("websocket_rooms", 1, Limit::AtMost(1));
        assert_eq!(remedy(&default_catalog(), &capped, &reached, Some(Cycle::Monthly)), LimitRemedy::NoPlan);
    }

    #[test]
    fn a_cap_of_the_workspace_is_lifted_and_not_outbid() {
        let catalog = default_catalog();
        let mut capped = on(Some(&pro(ProviderStatus::Active)), &Overrides::default());
        let feature: crate::ids::FeatureKey = "websocket_rooms".parse().unwrap();
        let cap = OwnLimit { feature: feature.clone(), warn_at: Vec::new(), cap: Some(4), set_by: None, set_at: NOW };
        capped.own.set(cap);
        assert_eq!(capped.limit(&catalog, &feature), Limit::AtMost(4));
        let reached = usage("websocket_rooms", 4, Limit::AtMost(4));
        assert_eq!(remedy(&catalog, &capped, &reached, Some(Cycle::Monthly)), LimitRemedy::Cap);
        assert_eq!(plan_for_all(&catalog, &capped, &[&reached], Some(Cycle::Monthly)), None);
    }

    #[test]
    fn one_plan_raises_all_limits_if_there_is_such_a_plan() {
        let catalog = default_catalog();
        let free = on(None, &Overrides::default());
        let plan = |reached: &[&FeatureUsage]| {
            plan_for_all(&catalog, &free, reached, Some(Cycle::Monthly)).map(|plan| plan.id.to_string())
        };
        let environments = usage("environments", 1, Limit::AtMost(1));
        let rooms = usage("websocket_rooms", 2, Limit::AtMost(2));
        let beyond = usage("websocket_connections", 20_000, Limit::AtMost(10));
        assert_eq!(plan(&[&environments]).as_deref(), Some("starter"));
        assert_eq!(plan(&[&environments, &rooms]).as_deref(), Some("pro"));
        assert_eq!(plan(&[&environments, &rooms, &beyond]).as_deref(), Some("pro"), "as many as possible");
        assert_eq!(plan(&[&beyond]), None);
        assert_eq!(plan(&[]), None);
    }
}
