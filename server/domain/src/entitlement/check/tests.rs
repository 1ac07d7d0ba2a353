use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    catalog::{Period, file::default_catalog},
    ids::PlanId,
    overrides::PlanGrant,
};

const NOW: Timestamp = Timestamp::from_secs(1_768_400_000);
const DAY_SECS: i64 = 86_400;
static CATALOG: LazyLock<Catalog> = LazyLock::new(default_catalog);

fn plan(id: &str) -> PlanId {
    id.parse().unwrap()
}

fn on(id: &str) -> Entitled {
    Entitled {
        plan: plan(id),
        standing: Standing::Active,
        grace_until: None,
        suspended: None,
        granted_until: None,
        grant: None,
        limits: BTreeMap::new(),
    }
}

fn within_grace(id: &str) -> Entitled {
    Entitled { standing: Standing::PastDue, grace_until: Some(NOW.plus_secs(3 * DAY_SECS)), ..on(id) }
}

fn after_grace(paid: &str) -> Entitled {
    let until = Some(NOW.plus_secs(-DAY_SECS));
    Entitled { standing: Standing::PastDue, grace_until: until, suspended: Some(plan(paid)), ..on("free") }
}

fn usage(feature: &Feature, used: u64, limit: Limit) -> FeatureUsage {
    FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None }
}

/// Of the default catalog, with the limit of the plan that holds.
fn ask(entitled: &Entitled, key: &str, used: u64, amount: u64) -> Check {
    let feature = CATALOG.feature(key).unwrap();
    let limit = CATALOG.plan(entitled.plan.as_str()).unwrap().limit(&feature.key);
    check(&CATALOG, feature, entitled, &usage(feature, used, limit), amount, NOW)
}

/// The same for a feature like rooms with a limit of its own.
fn ask_of(kind: FeatureKind, enforcement: Enforcement, used: u64, limit: Limit, amount: u64) -> Check {
    let feature = Feature { kind, enforcement, ..CATALOG.feature("websocket_rooms").unwrap().clone() };
    check(&CATALOG, &feature, &on("free"), &usage(&feature, used, limit), amount, NOW)
}

#[test]
fn the_documented_example_has_room_and_no_warning() {
    let expected = Check { failure: None, warning: None, used: 0, limit: Limit::AtMost(1), permille: 0 };
    assert_eq!(ask(&on("standard"), "auth_providers", 0, 1), expected);
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
fn free_allows_what_it_has_room_for(
    #[case] key: &str,
    #[case] used: u64,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
) {
    assert_eq!(ask(&on("free"), key, used, amount).failure, failure);
}

#[rstest]
#[case("pro", None, 1)]
#[case("free", NOT_INCLUDED, 0)]
fn a_flag_answers_nothing_used_of_0_or_1_whatever_the_amount(
    #[case] held: &str,
    #[case] failure: Option<FailureReason>,
    #[case] limit: u64,
) {
    for amount in [1, 7, u64::MAX] {
        let told = ask(&on(held), "ai_runtime", 5, amount);
        let expected = Check { failure, warning: None, used: 0, limit: Limit::AtMost(limit), permille: 0 };
        assert_eq!(told, expected);
    }
    let unlimited = ask_of(FeatureKind::Flag, Enforcement::Hard, 0, Limit::Unlimited, 1);
    assert_eq!(unlimited.limit, Limit::AtMost(1), "a flag has no other limit");
}

#[test]
fn of_what_is_not_counted_nothing_is_used() {
    let told = ask(&on("free"), "file_size_bytes", 7, 1);
    assert_eq!((told.used, told.permille, told.warning), (0, 0, None));
}

#[test]
fn without_a_limit_any_amount_is_allowed_and_no_percentage_told() {
    let told = ask(&on("enterprise"), "file_storage_bytes", u64::MAX, u64::MAX);
    assert_eq!((told.failure, told.limit, told.permille, told.warning), (None, Limit::Unlimited, 0, None));
}

#[rstest]
#[case(7, None)]
#[case(8, Some("WebSocket connections: 8 of 10 used."))]
#[case(10, Some("WebSocket connections: 10 of 10 used."))]
#[case(45, Some("WebSocket connections: 45 of 10 used."))]
fn a_limit_warns_from_its_threshold_on(#[case] used: u64, #[case] warning: Option<&str>) {
    assert_eq!(ask(&on("free"), "websocket_connections", used, 1).warning.as_deref(), warning);
}

#[rstest]
#[case("file_storage_bytes", 180 << 20, "Storage: 180 MB of 200 MB used.")]
#[case("ai_cost", 4_500_000, "LLM spend a month: $4.50 of $5.00 used.")]
#[case("ai_tokens", 95_000, "LLM tokens a month: 95,000 of 100,000 used.")]
fn a_warning_has_the_features_own_words(#[case] key: &str, #[case] used: u64, #[case] warning: &str) {
    assert_eq!(ask(&on("free"), key, used, 1).warning.as_deref(), Some(warning));
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
fn a_soft_limit_warns_and_refuses_nothing_that_is_included(
    #[case] kind: FeatureKind,
    #[case] used: u64,
    #[case] limit: Limit,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
    #[case] warning: Option<&str>,
) {
    let told = ask_of(kind, Enforcement::Soft, used, limit, amount);
    assert_eq!((told.failure, told.warning.as_deref()), (failure, warning));
}

#[test]
fn within_its_grace_a_payment_that_is_due_is_told_on_every_check() {
    let due = "A payment is due: Pro stays on until 17 Jan 2026.";
    let pro = within_grace("pro");
    let told = ask(&pro, "websocket_connections", 45, 1);
    assert_eq!((told.failure, told.warning.as_deref()), (None, Some(due)));
    let flag = ask(&pro, "ai_runtime", 0, 1);
    assert_eq!((flag.failure, flag.warning.as_deref()), (None, Some(due)));
    let near = ask(&pro, "websocket_connections", 100, 1);
    assert_eq!(near.failure, REACHED, "what Pro does not allow is not the payment's fault");
    assert_eq!(near.warning, Some(format!("{due} WebSocket connections: 100 of 100 used.")));
}

/// While a payment for `paid` is due, or overdue.
fn granted(plan_id: &str, until: Option<Timestamp>, due: Entitled) -> Entitled {
    let grant = PlanGrant { plan: plan(plan_id), until };
    Entitled { plan: plan(plan_id), granted_until: until, grant: Some(grant), ..due }
}

#[test]
fn a_granted_plan_does_not_wait_for_the_payment_that_is_due_beside_it() {
    let until = Some(NOW.plus_secs(200 * DAY_SECS));
    for due in [within_grace("pro"), after_grace("pro")] {
        let told = ask(&granted("team", until, due.clone()), "websocket_connections", 45, 1);
        let words = "A payment is due: the limits of Team hold, which is granted until 2 Aug 2026.";
        assert_eq!((told.failure, told.warning.as_deref()), (None, Some(words)));
        let told = ask(&granted("team", None, due.clone()), "websocket_connections", 45, 1);
        assert_eq!(told.warning.as_deref(), Some("A payment is due: the limits of Team hold, which is granted."));
        let told = ask(&granted("team", until, due), "websocket_connections", 500, 1);
        assert_eq!(told.failure, REACHED, "what Team does not allow is not the payment's fault");
    }
    let higher = granted("starter", until, after_grace("pro"));
    let told = ask(&higher, "ai_runtime", 0, 1);
    let words = "A payment is overdue: Pro is off until it is paid.";
    assert_eq!((told.failure, told.warning.as_deref()), (INACTIVE, Some(words)));
}

#[rstest]
#[case::what_pro_would_allow("websocket_connections", 10, 1, INACTIVE)]
#[case::what_pro_would_not_allow_either("websocket_connections", 100, 1, REACHED)]
#[case::what_free_allows_too("websocket_connections", 9, 1, None)]
#[case::what_only_pro_includes("ai_runtime", 0, 1, INACTIVE)]
#[case::a_value_that_pro_would_allow("file_size_bytes", 0, 50 << 20, INACTIVE)]
#[case::a_value_that_pro_would_not_allow("file_size_bytes", 0, (50 << 20) + 1, REACHED)]
fn after_its_grace_only_free_is_allowed_and_the_reason_is_the_payment(
    #[case] key: &str,
    #[case] used: u64,
    #[case] amount: u64,
    #[case] failure: Option<FailureReason>,
) {
    let told = ask(&after_grace("pro"), key, used, amount);
    assert_eq!(told.failure, failure);
    assert!(told.warning.unwrap().starts_with("A payment is overdue: Pro is off until it is paid."));
}

#[test]
fn a_first_payment_that_has_not_come_is_due_and_grants_nothing() {
    let told = ask(&Entitled { standing: Standing::PastDue, ..on("free") }, "ai_runtime", 0, 1);
    assert_eq!((told.failure, told.warning.as_deref()), (NOT_INCLUDED, Some("A payment is due.")));
}

#[test]
fn after_a_cancellation_nothing_is_due() {
    let canceled = Entitled { standing: Standing::Canceled, ..on("free") };
    assert_eq!(ask(&canceled, "websocket_connections", 1, 1).warning, None);
    assert_eq!(ask(&canceled, "ai_runtime", 0, 1).failure, NOT_INCLUDED);
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

/// Small ones too, so that they meet limits.
fn figures() -> impl Strategy<Value = u64> {
    prop_oneof![0..200_u64, any::<u64>()]
}

proptest! {
    #[test]
    fn a_hard_limit_allows_exactly_what_fits(kind in kinds(), limit in limits(), used in figures(), amount in figures()) {
        let told = ask_of(kind, Enforcement::Hard, used, limit, amount);
        let all = match kind {
            FeatureKind::Flag => 1,
            FeatureKind::Max => u128::from(amount),
            FeatureKind::Gauge | FeatureKind::Counter(_) => u128::from(used) + u128::from(amount),
        };
        let expected = match limit {
            Limit::AtMost(0) => NOT_INCLUDED,
            Limit::AtMost(most) if all > u128::from(most) => REACHED,
            Limit::AtMost(_) | Limit::Unlimited => None,
        };
        prop_assert_eq!(told.failure, expected);
    }

    #[test]
    fn a_soft_limit_never_refuses_and_always_tells(kind in kinds(), limit in limits(), used in figures(), amount in figures()) {
        let (hard, soft) = (
            ask_of(kind, Enforcement::Hard, used, limit, amount),
            ask_of(kind, Enforcement::Soft, used, limit, amount),
        );
        prop_assert_eq!(soft.failure.is_some(), !limit.is_included());
        prop_assert!(hard.failure.is_none() || soft.failure.is_some() || soft.warning.is_some());
    }

    #[test]
    fn less_is_allowed_wherever_more_is(
        kind in kinds(), limit in limits(), higher in limits(), used in figures(), amount in figures(), less in 0..=100_u64,
    ) {
        let allowed = |limit, amount| ask_of(kind, Enforcement::Hard, used, limit, amount).failure.is_none();
        if allowed(limit, amount) {
            prop_assert!(allowed(limit, amount.saturating_sub(less)));
            prop_assert!(allowed(limit.max(higher), amount));
        }
    }

    #[test]
    fn a_meter_and_a_check_tell_the_same(limit in limits(), used in figures(), amount in figures()) {
        let told = ask_of(FeatureKind::Gauge, Enforcement::Hard, used, limit, amount);
        let rooms = CATALOG.feature("websocket_rooms").unwrap();
        let meter = usage(rooms, used, limit);
        prop_assert_eq!((told.used, told.limit, told.permille), (used, limit, meter.permille()));
        prop_assert_eq!(told.warning.is_some(), meter.state(rooms) != MeterState::Ok);
        if limit.is_included() && amount > 0 {
            prop_assert_eq!(told.failure.is_none(), meter.left().is_none_or(|left| amount <= left));
        }
    }

    #[test]
    fn a_payment_that_is_due_is_never_silent(key in proptest::sample::select(CATALOG.features.clone()), used in figures(), amount in figures()) {
        for entitled in [within_grace("pro"), after_grace("pro")] {
            let told = ask(&entitled, key.key.as_str(), used, amount);
            prop_assert!(told.warning.is_some_and(|warning| warning.starts_with("A payment is ")));
        }
        let suspended = ask(&after_grace("pro"), key.key.as_str(), used, amount).failure;
        let paid = ask(&on("pro"), key.key.as_str(), used, amount).failure;
        let free = ask(&on("free"), key.key.as_str(), used, amount).failure;
        prop_assert_eq!(suspended == INACTIVE, free.is_some() && paid.is_none());
        prop_assert_eq!(suspended.is_none(), free.is_none());
    }
}
