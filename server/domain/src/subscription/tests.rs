use std::sync::Arc;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    catalog::{Catalog, Feature, Limit, file::default_catalog},
    entitlement::{
        FeatureUsage,
        overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
    },
    ids::{FeatureKey, PlanId},
    subscription::preflight::preflight,
    time::Timestamp,
};

const DUE_SINCE: Timestamp = Timestamp::from_secs(1_000_000);
const GRACE_SECS: i64 = 7 * 86_400;

fn on(plan: &str, status: ProviderStatus) -> Subscription {
    Subscription {
        started_at: Timestamp::from_secs(0),
        period_start: DUE_SINCE.plus_secs(-86_400),
        period_end: DUE_SINCE.plus_secs(29 * 86_400),
        past_due_since: Some(DUE_SINCE),
        ..Subscription::sample("sub_1", plan, status, DUE_SINCE)
    }
}

fn plan(id: &str) -> PlanId {
    id.parse().unwrap()
}

fn granted_plan(plan: Option<PlanId>) -> Overrides {
    Overrides { plan: plan.map(PlanGrant::permanent), ..Overrides::default() }
}

/// The entitlements of a tenant without a subscription and overrides.
fn without_subscription() -> Entitlements {
    entitlements(None, &Overrides::default(), &default_catalog(), GRACE_SECS, DUE_SINCE)
}

/// Each case: the plans that apply within and after grace, first without and then with a granted plan.
#[rstest]
#[case(ProviderStatus::Active, ["pro", "pro"], ["team", "team"], SubscriptionStatus::Active)]
#[case(ProviderStatus::Trialing, ["pro", "pro"], ["team", "team"], SubscriptionStatus::Active)]
#[case(ProviderStatus::PastDue, ["pro", "free"], ["team", "team"], SubscriptionStatus::PastDue)]
#[case(ProviderStatus::Unpaid, ["pro", "free"], ["team", "team"], SubscriptionStatus::PastDue)]
#[case(ProviderStatus::Incomplete, ["free", "free"], ["team", "team"], SubscriptionStatus::PastDue)]
#[case(ProviderStatus::IncompleteExpired, ["free", "free"], ["team", "team"], SubscriptionStatus::Canceled)]
#[case(ProviderStatus::Canceled, ["free", "free"], ["team", "team"], SubscriptionStatus::Canceled)]
#[case(ProviderStatus::Paused, ["free", "free"], ["team", "team"], SubscriptionStatus::Canceled)]
fn the_status_determines_the_plan(
    #[case] status: ProviderStatus,
    #[case] alone: [&str; 2],
    #[case] granted: [&str; 2],
    #[case] expected_status: SubscriptionStatus,
) {
    let catalog = default_catalog();
    let subscription = on("pro", status);
    let due = matches!(status, ProviderStatus::PastDue | ProviderStatus::Unpaid);
    let end = DUE_SINCE.plus_secs(GRACE_SECS);
    for (after, now) in [(false, Timestamp::from_micros(end.as_micros() - 1)), (true, end)] {
        for (given, plans) in [(None, alone), (Some(plan("team")), granted)] {
            let found = entitlements(Some(&subscription), &granted_plan(given.clone()), &catalog, GRACE_SECS, now);
            let active_again = given.is_some() && expected_status == SubscriptionStatus::Canceled;
            let expected = Entitlements {
                plan: plan(plans[usize::from(after)]),
                status: if active_again { SubscriptionStatus::Active } else { expected_status },
                grace_until: due.then_some(end),
                suspended: (due && after).then(|| plan("pro")),
                grant: given.clone().map(PlanGrant::permanent),
                ..without_subscription()
            };
            assert_eq!(found, expected, "after grace: {after}, granted: {given:?}");
        }
    }
}

/// Each case, within grace: the last paid plan, the new plan whose payment failed, and the plan that applies.
#[rstest]
#[case(Some("pro"), "business", "pro")]
#[case(Some("pro"), "starter", "starter")]
#[case(Some("pro"), "pro", "pro")]
#[case(Some("gone"), "business", "business")]
#[case(None, "business", "business")]
fn a_plan_that_was_never_paid_is_not_granted(#[case] before: Option<&str>, #[case] now: &str, #[case] expected: &str) {
    let due = Subscription { plan_before_due: before.map(plan), ..on(now, ProviderStatus::PastDue) };
    let found = entitlements(Some(&due), &Overrides::default(), &default_catalog(), GRACE_SECS, DUE_SINCE);
    assert_eq!(found.plan.as_str(), expected);
    let suspended = entitlements(Some(&due), &Overrides::default(), &default_catalog(), 0, DUE_SINCE);
    assert_eq!((suspended.plan.as_str(), suspended.suspended), ("free", Some(plan(now))));
}

#[test]
fn without_a_subscription_the_free_or_the_granted_plan_applies() {
    let catalog = default_catalog();
    let found = entitlements(None, &Overrides::default(), &catalog, GRACE_SECS, DUE_SINCE);
    assert_eq!((found.plan, found.status, found.grace_until), (plan("free"), SubscriptionStatus::Active, None));
    let found = entitlements(None, &granted_plan(Some(plan("team"))), &catalog, GRACE_SECS, DUE_SINCE);
    assert_eq!((found.plan, found.status), (plan("team"), SubscriptionStatus::Active));
}

#[test]
fn the_paid_plan_applies_if_it_ranks_above_the_granted_one() {
    let catalog = default_catalog();
    let active = on("pro", ProviderStatus::Active);
    let until = DUE_SINCE.plus_secs(60);
    for (granted, holds) in [("free", "pro"), ("pro", "pro"), ("team", "team")] {
        let overrides =
            Overrides { plan: Some(PlanGrant { plan: plan(granted), until: Some(until) }), ..Overrides::default() };
        let found = entitlements(Some(&active), &overrides, &catalog, GRACE_SECS, DUE_SINCE);
        assert_eq!(found.plan.as_str(), holds);
        assert_eq!(found.granted_until, (holds == "team").then_some(until));
        let after = entitlements(Some(&active), &overrides, &catalog, GRACE_SECS, until);
        assert_eq!((after.plan.as_str(), after.granted_until), ("pro", None));
    }
}

#[test]
fn a_custom_limit_above_the_plans_applies_on_every_plan() {
    let catalog = default_catalog();
    let rooms: FeatureKey = "websocket_rooms".parse().unwrap();
    let mut overrides = Overrides::default();
    overrides.set_limit(LimitOverride {
        feature: rooms.clone(),
        custom: CustomLimit::at_least(Limit::AtMost(77)),
        until: None,
    });
    for subscription in [None, Some(on("pro", ProviderStatus::Active)), Some(on("pro", ProviderStatus::Canceled))] {
        let found = entitlements(subscription.as_ref(), &overrides, &catalog, GRACE_SECS, DUE_SINCE);
        assert_eq!(found.limit(&catalog, &rooms), Limit::AtMost(77));
        let other: FeatureKey = "websocket_connections".parse().unwrap();
        let plan = catalog.plan(found.plan.as_str()).unwrap();
        assert_eq!(found.limit(&catalog, &other), plan.limit(&other));
    }
}

fn custom_limit() -> impl Strategy<Value = CustomLimit> {
    let limit = prop_oneof![Just(Limit::Unlimited), (0..300_000_000_u64).prop_map(Limit::AtMost)];
    let set_on_plan = prop::option::of(prop::sample::select(plans()));
    (limit, set_on_plan, any::<bool>()).prop_map(|(limit, set_on_plan, at_most)| CustomLimit {
        limit,
        set_on_plan,
        at_most,
    })
}

/// The plans of the default catalog.
fn plans() -> Vec<PlanId> {
    default_catalog().plans.into_iter().map(|plan| plan.id).collect()
}

proptest! {
    /// Preflight, order review and plan table show the limits that apply after the change, and which of them are
    /// custom.
    #[test]
    fn previews_of_a_plan_match_the_limits_after_the_change(
        custom in custom_limit(),
        before in prop::sample::select(plans()),
        after in prop::sample::select(plans()),
        number in 0..default_catalog().features.len(),
        used in 0..100_000_000_u64,
    ) {
        let catalog = Arc::new(default_catalog());
        let feature = catalog.features[number].key.clone();
        let mut overrides = Overrides::default();
        overrides.set_limit(LimitOverride { feature: feature.clone(), custom: custom.clone(), until: None });
        let held = |plan: &PlanId| {
            entitlements(Some(&on(plan.as_str(), ProviderStatus::Active)), &overrides, &catalog, GRACE_SECS, DUE_SINCE)
        };
        let (now, then) = (held(&before), held(&after));
        let expected = then.limit(&catalog, &feature);
        let planned = catalog.plan(after.as_str()).unwrap();
        prop_assert_eq!(now.effective_limit(planned, &feature), expected);
        let effective = now.effective_catalog(&catalog);
        let shown = effective.plan(after.as_str()).unwrap();
        prop_assert_eq!(shown.limit(&feature), expected, "review and table");
        prop_assert_eq!(now.is_custom(shown, &feature), expected == custom.limit);
        let usage = FeatureUsage { feature: feature.clone(), used, limit: now.limit(&catalog, &feature), since: None, resets_at: None };
        let lines = preflight(&catalog, &now, &[usage], planned);
        prop_assert_eq!(lines.first().map(|line| line.new_limit), Some(expected), "preflight");
        let untouched = catalog.features.iter().filter(|other| other.key != feature);
        for other in untouched {
            prop_assert_eq!(limit_of(&then, &catalog, other), planned.limit(&other.key));
        }
    }
}

fn limit_of(entitlements: &Entitlements, catalog: &Catalog, feature: &Feature) -> Limit {
    entitlements.limit(catalog, &feature.key)
}

/// 200 K tokens set for a tenant on Free are custom on Free and on no plan that includes more.
#[test]
fn a_custom_limit_set_on_free_does_not_lower_the_limit_of_pro() {
    let catalog = Arc::new(default_catalog());
    let tokens: FeatureKey = "ai_tokens".parse().unwrap();
    let custom = CustomLimit { set_on_plan: Some(plan("free")), ..CustomLimit::at_least(Limit::AtMost(200_000)) };
    let mut overrides = Overrides::default();
    overrides.set_limit(LimitOverride { feature: tokens.clone(), custom, until: None });
    let found = entitlements(None, &overrides, &catalog, GRACE_SECS, DUE_SINCE);
    let shown = found.effective_catalog(&catalog);
    let limits: Vec<_> = shown.plans.iter().map(|plan| plan.limit(&tokens)).collect();
    let most = |figures: &[u64]| figures.iter().map(|figure| Limit::AtMost(*figure)).collect::<Vec<_>>();
    let given = most(&[200_000, 500_000, 1_000_000, 10_000_000, 50_000_000, 60_000_000, 75_000_000]);
    assert_eq!(limits, [given, vec![Limit::Unlimited]].concat());
    let custom: Vec<_> = shown.plans.iter().map(|plan| found.is_custom(plan, &tokens)).collect();
    assert_eq!(custom, [true, false, false, false, false, false, false, false]);
}

#[test]
fn without_a_due_date_grace_starts_with_the_unpaid_period() {
    let catalog = default_catalog();
    let subscription = Subscription { past_due_since: None, ..on("pro", ProviderStatus::PastDue) };
    let found = entitlements(Some(&subscription), &Overrides::default(), &catalog, GRACE_SECS, DUE_SINCE);
    assert_eq!(found.grace_until, Some(subscription.period_start.plus_secs(GRACE_SECS)));
}

#[test]
fn without_grace_an_overdue_plan_is_suspended_at_once() {
    let catalog = default_catalog();
    let found = entitlements(Some(&on("pro", ProviderStatus::PastDue)), &Overrides::default(), &catalog, 0, DUE_SINCE);
    assert_eq!((found.plan, found.suspended), (plan("free"), Some(plan("pro"))));
}

#[rstest]
#[case("team", "free", Direction::Down)]
#[case("free", "team", Direction::Up)]
#[case("pro", "pro", Direction::Same)]
fn plans_are_compared_by_rank(#[case] from: &str, #[case] to: &str, #[case] expected: Direction) {
    let catalog = default_catalog();
    assert_eq!(direction(catalog.plan(from).unwrap(), catalog.plan(to).unwrap()), expected);
}

#[test]
fn status_names_match_the_provider() {
    for status in ProviderStatus::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    assert_eq!("ended".parse::<ProviderStatus>(), Err(UnknownStatus));
}

#[test]
fn the_current_subscription_does_not_depend_on_the_order() {
    let old = Subscription { external_id: "sub_0".to_owned(), ..on("team", ProviderStatus::Canceled) };
    let waiting = on("scale", ProviderStatus::Incomplete);
    let due = on("pro", ProviderStatus::PastDue);
    let live = on("starter", ProviderStatus::Trialing);
    let later = Subscription { started_at: Timestamp::from_secs(5), ..on("standard", ProviderStatus::Active) };
    let catalog = default_catalog();
    let mut all = vec![old, waiting, due, live, later];
    while let Some(best) = all.iter().map(|subscription| subscription.plan.to_string()).reduce(|_, last| last) {
        assert_eq!(current_subscription(&catalog, &all).unwrap().plan.as_str(), best);
        let mut reversed = all.clone();
        reversed.reverse();
        assert_eq!(current_subscription(&catalog, &reversed), current_subscription(&catalog, &all));
        all.pop();
    }
    assert_eq!(current_subscription(&catalog, &[]), None);
}

proptest! {
    #[test]
    fn the_plan_is_always_in_the_catalog(
        status in proptest::sample::select(ProviderStatus::ALL.to_vec()),
        paid in proptest::sample::select(vec!["pro", "enterprise", "free", "gone"]),
        granted in proptest::option::of(proptest::sample::select(vec!["team", "vanished"])),
        grace_secs: i64,
        now: i64,
    ) {
        let catalog = default_catalog();
        let granted = granted.map(plan);
        let subscription = on(paid, status);
        let found = entitlements(Some(&subscription), &granted_plan(granted), &catalog, grace_secs, Timestamp::from_micros(now));
        prop_assert!(catalog.plan(found.plan.as_str()).is_some());
        prop_assert!(found.suspended.is_none() || found.grace_until.is_some());
        if status == ProviderStatus::Incomplete {
            prop_assert!(found.plan.as_str() == "free" || found.plan.as_str() == "team");
        }
    }
}

#[rstest]
#[case(ProviderStatus::Active, true)]
#[case(ProviderStatus::Trialing, true)]
#[case(ProviderStatus::PastDue, true)]
#[case(ProviderStatus::Unpaid, true)]
#[case(ProviderStatus::Incomplete, false)]
#[case(ProviderStatus::IncompleteExpired, false)]
#[case(ProviderStatus::Canceled, false)]
#[case(ProviderStatus::Paused, false)]
fn a_continuing_subscription_renews_at_the_end_of_its_period(#[case] status: ProviderStatus, #[case] renews: bool) {
    let subscription = on("pro", status);
    assert_eq!(subscription.renews_at(), renews.then_some(subscription.period_end));
    assert_eq!(Subscription { cancel_at_period_end: true, ..subscription }.renews_at(), None);
}

#[test]
fn the_period_of_a_subscription_that_ended_early_ends_with_it() {
    let canceled = on("pro", ProviderStatus::Canceled);
    assert_eq!(canceled.current_period_end(), canceled.period_end);
    let early = Subscription { ended_at: Some(DUE_SINCE), ..canceled };
    assert_eq!(early.current_period_end(), DUE_SINCE);
}
