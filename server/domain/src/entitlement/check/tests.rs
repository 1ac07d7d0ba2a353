use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    catalog::{Period, file::default_catalog},
    entitlement::{
        overrides::PlanGrant,
        own_limits::{OwnLimit, OwnLimits},
    },
    ids::PlanId,
};

const NOW: Timestamp = Timestamp::from_secs(1_768_400_000);
const DAY_SECS: i64 = 86_400;
static CATALOG: LazyLock<Catalog> = LazyLock::new(default_catalog);

fn plan(id: &str) -> PlanId {
    id.parse().unwrap()
}

fn on(id: &str) -> Entitlements {
    Entitlements {
        plan: plan(id),
        status: SubscriptionStatus::Active,
        grace_until: None,
        suspended: None,
        granted_until: None,
        grant: None,
        seats: None,
        currency: None,
        limits: BTreeMap::new(),
        own: OwnLimits::default(),
    }
}

fn within_grace(id: &str) -> Entitlements {
    Entitlements { status: SubscriptionStatus::PastDue, grace_until: Some(NOW.plus_secs(3 * DAY_SECS)), ..on(id) }
}

fn after_grace(paid: &str) -> Entitlements {
    let until = Some(NOW.plus_secs(-DAY_SECS));
    Entitlements { status: SubscriptionStatus::PastDue, grace_until: until, suspended: Some(plan(paid)), ..on("free") }
}

fn usage(feature: &Feature, used: u64, limit: Limit) -> FeatureUsage {
    FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None }
}

/// Checks a feature of the built-in catalog with the limit of the tenant's plan.
fn check_plan(entitlements: &Entitlements, key: &str, used: u64, amount: u64) -> Check {
    let feature = CATALOG.feature(key).unwrap();
    let limit = CATALOG.plan(entitlements.plan.as_str()).unwrap().limit(&feature.key);
    check(&CATALOG, feature, entitlements, &usage(feature, used, limit), amount, NOW)
}

/// Checks a feature of the given kind with the given limit.
fn check_limit(kind: FeatureKind, enforcement: Enforcement, used: u64, limit: Limit, amount: u64) -> Check {
    let feature = Feature { kind, enforcement, ..CATALOG.feature("websocket_rooms").unwrap().clone() };
    check(&CATALOG, &feature, &on("free"), &usage(&feature, used, limit), amount, NOW)
}

#[test]
fn the_documented_example_is_allowed_without_a_warning() {
    let expected = Check { failure: None, warning: None, used: 0, limit: Limit::AtMost(1), permille: 0 };
    assert_eq!(check_plan(&on("standard"), "auth_providers", 0, 1), expected);
}

const NOT_INCLUDED: Option<FailureReason> = Some(FailureReason::FeatureNotIncluded);
const REACHED: Option<FailureReason> = Some(FailureReason::LimitReached);
const INACTIVE: Option<FailureReason> = Some(FailureReason::SubscriptionInactive);

#[rstest]
#[case::the_last_one("websocket_connections", 9, 1, None)]
#[case::one_too_many("websocket_connections", 10, 1, REACHED)]
#[case::many_at_once("websocket_connections", 0, 10, None)]
#[case::too_many_at_once("websocket_connections", 0, 11, REACHED)]
#[case::over_after_a_downgrade("websocket_connections", 45, 1, REACHED)]
#[case::a_counter("ai_tokens", 99_999, 1, None)]
#[case::a_counter_that_is_used_up("ai_tokens", 100_000, 1, REACHED)]
#[case::more_than_can_be_added("ai_tokens", 1, u64::MAX, REACHED)]
#[case::a_value_at_its_ceiling("file_size_bytes", 0, 5 << 20, None)]
#[case::a_value_above_it("file_size_bytes", 0, (5 << 20) + 1, REACHED)]
#[case::a_flag_that_is_off("ai_runtime", 0, 1, NOT_INCLUDED)]
#[case::a_gauge_that_is_not_included("game_projects", 0, 1, NOT_INCLUDED)]
fn free_allows_usage_within_its_limits(
    #[case] key: &str,
    #[case] used: u64,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
) {
    assert_eq!(check_plan(&on("free"), key, used, amount).failure, failure);
}

#[rstest]
#[case("pro", None, 1)]
#[case("free", NOT_INCLUDED, 0)]
fn a_flag_reports_0_used_of_0_or_1_for_any_amount(
    #[case] plan: &str,
    #[case] failure: Option<FailureReason>,
    #[case] limit: u64,
) {
    for amount in [1, 7, u64::MAX] {
        let found = check_plan(&on(plan), "ai_runtime", 5, amount);
        let expected = Check { failure, warning: None, used: 0, limit: Limit::AtMost(limit), permille: 0 };
        assert_eq!(found, expected);
    }
    let unlimited = check_limit(FeatureKind::Flag, Enforcement::Hard, 0, Limit::Unlimited, 1);
    assert_eq!(unlimited.limit, Limit::AtMost(1), "a flag has no other limit");
}

#[test]
fn a_feature_that_is_not_counted_has_no_usage() {
    let found = check_plan(&on("free"), "file_size_bytes", 7, 1);
    assert_eq!((found.used, found.permille, found.warning), (0, 0, None));
}

#[test]
fn without_a_limit_any_amount_is_allowed_and_the_percentage_is_0() {
    let found = check_plan(&on("enterprise"), "file_storage_bytes", u64::MAX, u64::MAX);
    assert_eq!((found.failure, found.limit, found.permille, found.warning), (None, Limit::Unlimited, 0, None));
}

#[rstest]
#[case(7, None)]
#[case(8, Some("WebSocket connections: 8 of 10 used."))]
#[case(10, Some("WebSocket connections: 10 of 10 used."))]
#[case(45, Some("WebSocket connections: 45 of 10 used."))]
fn a_limit_warns_from_its_threshold_on(#[case] used: u64, #[case] warning: Option<&str>) {
    assert_eq!(check_plan(&on("free"), "websocket_connections", used, 1).warning.as_deref(), warning);
}

#[rstest]
#[case("file_storage_bytes", 180 << 20, "Storage: 180 MB of 200 MB used.")]
#[case("ai_cost", 4_500_000, "LLM spend a month: $4.50 of $5.00 used.")]
#[case("ai_tokens", 95_000, "LLM tokens a month: 95,000 of 100,000 used.")]
fn a_warning_has_the_unit_of_its_feature(#[case] key: &str, #[case] used: u64, #[case] warning: &str) {
    assert_eq!(check_plan(&on("free"), key, used, 1).warning.as_deref(), Some(warning));
}

#[rstest]
#[case::with_room(FeatureKind::Gauge, 3, Limit::AtMost(10), 7, None, None)]
#[case::over(
    FeatureKind::Gauge,
    3,
    Limit::AtMost(10),
    8,
    None,
    Some("Rooms: this goes over the limit of 10 and is let through.")
)]
#[case::a_counter(
    FeatureKind::Counter(Period::Day),
    10,
    Limit::AtMost(10),
    1,
    None,
    Some("Rooms: this goes over the limit of 10 and is let through.")
)]
#[case::a_value(
    FeatureKind::Max,
    0,
    Limit::AtMost(10),
    11,
    None,
    Some("Rooms: this goes over the limit of 10 and is let through.")
)]
#[case::not_included(FeatureKind::Gauge, 0, Limit::AtMost(0), 1, NOT_INCLUDED, None)]
fn a_soft_limit_warns_and_refuses_only_features_that_are_not_included(
    #[case] kind: FeatureKind,
    #[case] used: u64,
    #[case] limit: Limit,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
    #[case] warning: Option<&str>,
) {
    let found = check_limit(kind, Enforcement::Soft, used, limit, amount);
    assert_eq!((found.failure, found.warning.as_deref()), (failure, warning));
}

#[test]
fn within_grace_every_check_warns_of_the_overdue_payment() {
    let due = "A payment is due: Pro stays on until 17 Jan 2026.";
    let pro = within_grace("pro");
    let allowed = check_plan(&pro, "websocket_connections", 45, 1);
    assert_eq!((allowed.failure, allowed.warning.as_deref()), (None, Some(due)));
    let flag = check_plan(&pro, "ai_runtime", 0, 1);
    assert_eq!((flag.failure, flag.warning.as_deref()), (None, Some(due)));
    let near = check_plan(&pro, "websocket_connections", 100, 1);
    assert_eq!(near.failure, REACHED, "Pro does not allow it either");
    assert_eq!(near.warning, Some(format!("{due} WebSocket connections: 100 of 100 used.")));
}

/// Adds a granted plan to `due`, the entitlements of a tenant with an overdue payment.
fn granted(plan_id: &str, until: Option<Timestamp>, due: Entitlements) -> Entitlements {
    let grant = PlanGrant { plan: plan(plan_id), until };
    Entitlements { plan: plan(plan_id), granted_until: until, grant: Some(grant), ..due }
}

#[test]
fn a_granted_plan_applies_regardless_of_an_overdue_payment() {
    let until = Some(NOW.plus_secs(200 * DAY_SECS));
    for due in [within_grace("pro"), after_grace("pro")] {
        let found = check_plan(&granted("team", until, due.clone()), "websocket_connections", 45, 1);
        let words = "A payment is due: the limits of Team hold, which is granted until 2 Aug 2026.";
        assert_eq!((found.failure, found.warning.as_deref()), (None, Some(words)));
        let found = check_plan(&granted("team", None, due.clone()), "websocket_connections", 45, 1);
        assert_eq!(found.warning.as_deref(), Some("A payment is due: the limits of Team hold, which is granted."));
        let found = check_plan(&granted("team", until, due), "websocket_connections", 500, 1);
        assert_eq!(found.failure, REACHED, "Team does not allow it either");
    }
    let higher = granted("starter", until, after_grace("pro"));
    let found = check_plan(&higher, "ai_runtime", 0, 1);
    let words = "A payment is overdue: Pro is off until it is paid.";
    assert_eq!((found.failure, found.warning.as_deref()), (INACTIVE, Some(words)));
}

#[rstest]
#[case::what_pro_would_allow("websocket_connections", 10, 1, INACTIVE)]
#[case::what_pro_would_not_allow_either("websocket_connections", 100, 1, REACHED)]
#[case::what_free_allows_too("websocket_connections", 9, 1, None)]
#[case::what_only_pro_includes("ai_runtime", 0, 1, INACTIVE)]
#[case::a_value_that_pro_would_allow("file_size_bytes", 0, 50 << 20, INACTIVE)]
#[case::a_value_that_pro_would_not_allow("file_size_bytes", 0, (50 << 20) + 1, REACHED)]
fn after_grace_only_free_is_allowed_and_refusals_name_the_payment(
    #[case] key: &str,
    #[case] used: u64,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
) {
    let found = check_plan(&after_grace("pro"), key, used, amount);
    assert_eq!(found.failure, failure);
    assert!(found.warning.unwrap().starts_with("A payment is overdue: Pro is off until it is paid."));
}

#[test]
fn an_incomplete_subscription_warns_and_grants_nothing() {
    let found = check_plan(&Entitlements { status: SubscriptionStatus::PastDue, ..on("free") }, "ai_runtime", 0, 1);
    assert_eq!((found.failure, found.warning.as_deref()), (NOT_INCLUDED, Some("A payment is due.")));
}

#[test]
fn after_a_cancellation_there_is_no_payment_warning() {
    let canceled = Entitlements { status: SubscriptionStatus::Canceled, ..on("free") };
    assert_eq!(check_plan(&canceled, "websocket_connections", 1, 1).warning, None);
    assert_eq!(check_plan(&canceled, "ai_runtime", 0, 1).failure, NOT_INCLUDED);
}

fn kinds() -> impl Strategy<Value = FeatureKind> {
    let all = [FeatureKind::Flag, FeatureKind::Gauge, FeatureKind::Counter(Period::Month), FeatureKind::Max];
    proptest::sample::select(all.to_vec())
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        Just(Limit::Unlimited),
        Just(Limit::AtMost(0)),
        (0..200_u64).prop_map(Limit::AtMost),
        any::<u64>().prop_map(Limit::AtMost)
    ]
}

/// Amounts, often small ones, so that they are near limits.
fn amounts() -> impl Strategy<Value = u64> {
    prop_oneof![0..200_u64, any::<u64>()]
}

#[test]
fn a_cap_refuses_also_where_the_limit_is_soft() {
    let feature = Feature { enforcement: Enforcement::Soft, ..CATALOG.feature("websocket_rooms").unwrap().clone() };
    let mut capped = on("pro");
    let key = feature.key.clone();
    capped.own.set(OwnLimit { feature: key.clone(), warn_at: Vec::new(), cap: Some(4), set_by: None, set_at: NOW });
    let limit = capped.limit(&CATALOG, &key);
    assert_eq!(limit, Limit::AtMost(4));
    let usage = |used| FeatureUsage { feature: key.clone(), used, limit, since: None, resets_at: None };
    let failure = |used| check(&CATALOG, &feature, &capped, &usage(used), 1, NOW).failure;
    assert_eq!((failure(3), failure(4)), (None, Some(FailureReason::LimitReached)));
    capped.own.set(OwnLimit { feature: key.clone(), warn_at: Vec::new(), cap: Some(40), set_by: None, set_at: NOW });
    assert_eq!(capped.limit(&CATALOG, &key), Limit::AtMost(10), "a cap above the limit of the plan does not apply");
}

proptest! {
    #[test]
    fn a_hard_limit_allows_exactly_the_usage_within_it(kind in kinds(), limit in limits(), used in amounts(), amount in amounts()) {
        let found = check_limit(kind, Enforcement::Hard, used, limit, amount);
        let total = match kind {
            FeatureKind::Flag => 1,
            FeatureKind::Max => u128::from(amount),
            FeatureKind::Gauge | FeatureKind::Counter(_) => u128::from(used) + u128::from(amount),
        };
        let expected = match limit {
            Limit::AtMost(0) => NOT_INCLUDED,
            Limit::AtMost(most) if total > u128::from(most) => REACHED,
            Limit::AtMost(_) | Limit::Unlimited => None,
        };
        prop_assert_eq!(found.failure, expected);
    }

    #[test]
    fn a_soft_limit_warns_where_a_hard_one_refuses(kind in kinds(), limit in limits(), used in amounts(), amount in amounts()) {
        let (hard, soft) = (
            check_limit(kind, Enforcement::Hard, used, limit, amount),
            check_limit(kind, Enforcement::Soft, used, limit, amount),
        );
        prop_assert_eq!(soft.failure.is_some(), !limit.is_included());
        prop_assert!(hard.failure.is_none() || soft.failure.is_some() || soft.warning.is_some());
    }

    #[test]
    fn a_smaller_amount_or_a_higher_limit_is_allowed_too(
        kind in kinds(), limit in limits(), higher in limits(), used in amounts(), amount in amounts(), less in 0..=100_u64,
    ) {
        let allowed = |limit, amount| check_limit(kind, Enforcement::Hard, used, limit, amount).failure.is_none();
        if allowed(limit, amount) {
            prop_assert!(allowed(limit, amount.saturating_sub(less)));
            prop_assert!(allowed(limit.max(higher), amount));
        }
    }

    #[test]
    fn a_meter_and_a_check_agree(limit in limits(), used in amounts(), amount in amounts()) {
        let found = check_limit(FeatureKind::Gauge, Enforcement::Hard, used, limit, amount);
        let rooms = CATALOG.feature("websocket_rooms").unwrap();
        let meter = usage(rooms, used, limit);
        prop_assert_eq!((found.used, found.limit, found.permille), (used, limit, meter.permille()));
        prop_assert_eq!(found.warning.is_some(), meter.state(rooms) != MeterState::Ok);
        if limit.is_included() && amount > 0 {
            prop_assert_eq!(found.failure.is_none(), meter.left().is_none_or(|left| amount <= left));
        }
    }

    #[test]
    fn an_overdue_payment_always_warns(feature in proptest::sample::select(CATALOG.features.clone()), used in amounts(), amount in amounts()) {
        for entitlements in [within_grace("pro"), after_grace("pro")] {
            let found = check_plan(&entitlements, feature.key.as_str(), used, amount);
            prop_assert!(found.warning.is_some_and(|warning| warning.starts_with("A payment is ")));
        }
        let suspended = check_plan(&after_grace("pro"), feature.key.as_str(), used, amount).failure;
        let paid = check_plan(&on("pro"), feature.key.as_str(), used, amount).failure;
        let free = check_plan(&on("free"), feature.key.as_str(), used, amount).failure;
        prop_assert_eq!(suspended == INACTIVE, free.is_some() && paid.is_none());
        prop_assert_eq!(suspended.is_none(), free.is_none());
    }
}
