use std::collections::BTreeMap;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    catalog::{Limit, file::default_catalog},
    entitlement::own_limits::OwnLimits,
    subscription::SubscriptionStatus,
};

const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

fn entitled_to(plan: &str) -> Entitlements {
    Entitlements {
        plan: plan.parse().unwrap(),
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

fn change_of(feature: &str, plan: &str, used: u64, requested: Change, enforcement: Enforcement) -> ChangeOutcome {
    let catalog = default_catalog();
    let feature = Feature { enforcement, ..catalog.feature(feature).unwrap().clone() };
    let limit = catalog.plan(plan).unwrap().limit(&feature.key);
    let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None };
    decide_change(&catalog, &feature, &entitled_to(plan), &usage, requested, NOW)
}

/// The new value of the counter, or why the change was refused.
fn outcome(changed: &ChangeOutcome) -> String {
    match changed {
        ChangeOutcome::To(used) => used.to_string(),
        ChangeOutcome::Refused(refusal) => refusal.reason.as_str().to_owned(),
        ChangeOutcome::TooLarge => "too large".to_owned(),
        ChangeOutcome::BelowZero => "below zero".to_owned(),
    }
}

#[rstest]
#[case::there_is_room("websocket_connections", "free", 9, Change::Consume(1), "10")]
#[case::there_is_none("websocket_connections", "free", 10, Change::Consume(1), "limit_reached")]
#[case::not_enough_of_it("websocket_connections", "free", 8, Change::Consume(3), "limit_reached")]
#[case::above_after_a_downgrade("websocket_connections", "free", 40, Change::Consume(1), "limit_reached")]
#[case::not_included("game_projects", "free", 0, Change::Consume(1), "feature_not_included")]
#[case::without_a_limit("projects", "enterprise", 1000, Change::Consume(1), "1001")]
#[case::more_than_a_counter_holds("projects", "enterprise", COUNTER_MAX, Change::Consume(1), "too large")]
#[case::given_back("websocket_connections", "free", 9, Change::Release(4), "5")]
#[case::never_below_zero("websocket_connections", "free", 3, Change::Release(4), "0")]
#[case::set("websocket_connections", "free", 3, Change::Set(10), "10")]
#[case::set_above("websocket_connections", "free", 3, Change::Set(11), "limit_reached")]
#[case::set_to_less_that_is_still_too_much("websocket_connections", "free", 40, Change::Set(30), "limit_reached")]
#[case::set_what_is_not_included("game_projects", "free", 0, Change::Set(1), "feature_not_included")]
#[case::set_to_nothing("game_projects", "free", 0, Change::Set(0), "0")]
#[case::happened_already("websocket_connections", "free", 10, Change::Record(5), "15")]
#[case::corrected_up_whatever_the_limit("websocket_connections", "free", 10, Change::CorrectUp(5), "15")]
#[case::corrected_up_too_far("projects", "enterprise", COUNTER_MAX, Change::CorrectUp(1), "too large")]
#[case::corrected_down_also_a_counter("ai_tokens", "free", 9, Change::CorrectDown(9), "0")]
#[case::corrected_down_too_far("ai_tokens", "free", 9, Change::CorrectDown(10), "below zero")]
#[case::a_flag_that_is_on("ai_runtime", "pro", 0, Change::Consume(7), "0")]
#[case::a_flag_that_is_off("ai_runtime", "free", 0, Change::Consume(1), "feature_not_included")]
#[case::a_file_that_is_small_enough("file_size_bytes", "free", 0, Change::Consume(5 << 20), "0")]
#[case::a_file_that_is_too_large("file_size_bytes", "free", 0, Change::Consume((5 << 20) + 1), "limit_reached")]
fn a_counter_changes_within_its_limit(
    #[case] feature: &str,
    #[case] plan: &str,
    #[case] used: u64,
    #[case] requested: Change,
    #[case] expected: &str,
) {
    assert_eq!(outcome(&change_of(feature, plan, used, requested, Enforcement::Hard)), expected);
}

#[test]
fn a_soft_limit_refuses_only_features_that_are_not_included() {
    let soft =
        |plan, used, requested| outcome(&change_of("websocket_connections", plan, used, requested, Enforcement::Soft));
    assert_eq!(soft("free", 10, Change::Consume(5)), "15");
    assert_eq!(soft("free", 10, Change::Set(15)), "15");
    let not_included = change_of("game_projects", "free", 0, Change::Consume(1), Enforcement::Soft);
    assert_eq!(outcome(&not_included), "feature_not_included");
}

#[test]
fn a_refusal_for_an_overdue_payment_names_it_and_offers_no_upgrade() {
    let catalog = default_catalog();
    let feature = catalog.feature("websocket_connections").unwrap();
    let suspended = Entitlements {
        status: SubscriptionStatus::PastDue,
        suspended: Some("pro".parse().unwrap()),
        ..entitled_to("free")
    };
    let usage =
        FeatureUsage { feature: feature.key.clone(), used: 10, limit: Limit::AtMost(10), since: None, resets_at: None };
    let ChangeOutcome::Refused(refusal) = decide_change(&catalog, feature, &suspended, &usage, Change::Consume(1), NOW)
    else {
        panic!("the limit is reached")
    };
    assert_eq!(refusal.reason, FailureReason::SubscriptionInactive);
    assert_eq!(refusal.message, "WebSocket connection: a payment is overdue, and Pro is off until it is paid");
    assert_eq!(refusal.upgrade, None);
}

proptest! {
    #[test]
    fn consume_and_set_never_exceed_a_hard_limit(
        used in 0..200_u64,
        limit in 0..150_u64,
        amount in 1..200_u64,
        is_set: bool,
    ) {
        let catalog = default_catalog();
        let feature = catalog.feature("websocket_connections").unwrap();
        let limit = Limit::AtMost(limit);
        let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None };
        let requested = if is_set { Change::Set(amount) } else { Change::Consume(amount) };
        if let ChangeOutcome::To(now_used) = decide_change(&catalog, feature, &entitled_to("free"), &usage, requested, NOW) {
            prop_assert!(limit.allows(now_used));
            prop_assert_eq!(now_used, if is_set { amount } else { used + amount });
        }
    }
}
