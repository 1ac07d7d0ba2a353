use rstest::rstest;

use super::*;
use crate::{catalog::file::default_catalog, entitlement::overrides::Overrides, subscription::entitlements};

const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
const DAY: i64 = 86_400;
const GRACE: i64 = 7 * DAY;

/// A subscription that a checkout of Dues created.
fn subscription(id: &str, plan: &str, status: ProviderStatus, started_secs: i64) -> Subscription {
    let mut begun = begun_elsewhere(id, plan, status, started_secs);
    begun.details.begun_by_dues = true;
    begun
}

fn begun_elsewhere(id: &str, plan: &str, status: ProviderStatus, started_secs: i64) -> Subscription {
    Subscription { started_at: NOW.plus_secs(started_secs), ..Subscription::sample(id, plan, status, NOW) }
}

fn due(since: Timestamp) -> Subscription {
    Subscription { past_due_since: Some(since), ..subscription("sub_1", "pro", ProviderStatus::PastDue, 0) }
}

fn entitled_with(subscription: &Subscription, now: Timestamp) -> Entitlements {
    entitlements(Some(subscription), &Overrides::default(), &default_catalog(), GRACE, now)
}

#[rstest]
#[case::not_due(ProviderStatus::Active, None, None, Some(-9), None)]
#[case::by_the_provider(ProviderStatus::PastDue, Some(-3), None, Some(-9), Some(-3))]
#[case::by_a_clock_that_is_ahead(ProviderStatus::PastDue, Some(3), None, Some(-9), Some(-9))]
#[case::as_before(ProviderStatus::Unpaid, None, None, Some(-9), Some(-9))]
#[case::from_now_on(ProviderStatus::PastDue, None, None, None, Some(0))]
#[case::ended_paid(ProviderStatus::Canceled, Some(-3), Some(false), Some(-9), None)]
#[case::ended_unpaid(ProviderStatus::Canceled, None, Some(true), Some(-9), Some(-9))]
#[case::ended_unpaid_unseen(ProviderStatus::Canceled, None, Some(true), None, Some(-20))]
#[case::ended_in_the_period_that_was_due(ProviderStatus::Canceled, None, None, Some(-9), Some(-9))]
#[case::ended_for_another_reason(ProviderStatus::Canceled, None, None, None, None)]
fn a_payment_is_due_since_the_provider_says_or_since_it_was_seen(
    #[case] status: ProviderStatus,
    #[case] due_since: Option<i64>,
    #[case] ended_unpaid: Option<bool>,
    #[case] was_due_since: Option<i64>,
    #[case] expected: Option<i64>,
) {
    let at = |secs: Option<i64>| secs.map(|secs| NOW.plus_secs(secs));
    let period_start = NOW.plus_secs(-20);
    let before = Subscription { past_due_since: at(was_due_since), period_start, ..due(NOW) };
    let payments = ReportedPayments { status, period_start, due_since: at(due_since), ended_unpaid };
    assert_eq!(payments.past_due_since(Some(&before), NOW), at(expected));
}

#[test]
fn an_end_in_a_later_period_than_the_due_one_is_not_marked_as_due() {
    let payments = ReportedPayments {
        status: ProviderStatus::Canceled,
        period_start: NOW.plus_secs(DAY),
        due_since: None,
        ended_unpaid: None,
    };
    assert_eq!(payments.past_due_since(Some(&due(NOW)), NOW), None);
    assert_eq!(payments.past_due_since(None, NOW), None);
}

#[test]
fn changed_terms_are_drift_and_a_later_fetch_is_not() {
    let before = [subscription("sub_1", "pro", ProviderStatus::Active, 0)];
    let later =
        Subscription { fetched_at: NOW.plus_secs(9), payment_method: Some("card".to_owned()), ..before[0].clone() };
    assert_eq!(drift(&before, &[later], DriftSource::Reconciliation, NOW), []);

    let canceled = Subscription { status: ProviderStatus::Canceled, ..before[0].clone() };
    let new = subscription("sub_2", "team", ProviderStatus::Active, 5);
    let found = drift(&before, &[canceled, new], DriftSource::Reconciliation, NOW);
    let found: Vec<_> = found.iter().map(|drift| (drift.external_id.as_str(), drift.was.is_some())).collect();
    assert_eq!(found, [("sub_1", true), ("sub_2", false)]);
}

#[test]
fn of_duplicates_the_current_subscription_stays() {
    use ProviderStatus::{Active, Canceled, Incomplete, PastDue};
    let cases = [
        (vec![("a", Active, 0)], None),
        (vec![("a", Active, 0), ("b", Canceled, 5)], None),
        (vec![("a", Active, 0), ("b", Incomplete, 5)], None),
        (vec![("a", Active, 0), ("b", Active, 5)], Some(("b", vec!["a"]))),
        (vec![("b", Active, 5), ("a", Active, 0)], Some(("b", vec!["a"]))),
        (vec![("a", Active, 0), ("b", PastDue, 5)], Some(("a", vec!["b"]))),
        (vec![("a", Active, 0), ("b", Active, 5), ("c", Active, 9)], Some(("c", vec!["a", "b"]))),
    ];
    for (given, expected) in cases {
        let all: Vec<_> = given.iter().map(|(id, status, at)| subscription(id, "pro", *status, *at)).collect();
        let catalog = default_catalog();
        let found = find_duplicates(&catalog, &all).map(|(kept, duplicates)| {
            assert_eq!(Some(kept), current_subscription(&catalog, &all));
            (kept.external_id.as_str(), duplicates.iter().map(|one| one.external_id.as_str()).collect::<Vec<_>>())
        });
        assert_eq!(found, expected, "{given:?}");
    }
}

/// Each case: subscriptions with whether a checkout of Dues created each, the current one, the duplicates, and the others.
#[rstest]
#[case::neither(&[("a", "team", false, 0), ("b", "pro", false, 5)], "a", &[], &["b"])]
#[case::only_the_better(&[("a", "team", true, 0), ("b", "pro", false, 5)], "a", &[], &["b"])]
#[case::only_the_lesser(&[("a", "team", false, 0), ("b", "pro", true, 5)], "a", &["b"], &[])]
#[case::both(&[("a", "team", true, 0), ("b", "pro", true, 5)], "b", &["a"], &[])]
#[case::two_orders_and_a_better_one(
    &[("a", "pro", true, 0), ("b", "starter", true, 5), ("c", "team", false, 3)], "c", &["a", "b"], &[]
)]
#[case::two_orders_and_a_lesser_one(
    &[("a", "team", true, 0), ("b", "pro", true, 5), ("c", "starter", false, 9)], "b", &["a"], &["c"]
)]
#[case::equals_elsewhere(&[("a", "pro", false, 0), ("b", "pro", false, 5)], "b", &[], &["a"])]
#[case::a_plan_that_the_catalog_lacks(&[("a", "gone", false, 9), ("b", "starter", false, 0)], "b", &[], &["a"])]
fn only_what_a_checkout_of_dues_created_is_a_duplicate(
    #[case] given: &[(&str, &str, bool, i64)],
    #[case] current: &str,
    #[case] duplicates: &[&str],
    #[case] others: &[&str],
) {
    let catalog = default_catalog();
    let mut all: Vec<_> = given
        .iter()
        .map(|(id, plan, is_begun_by_dues, at)| {
            let begin = if *is_begun_by_dues { subscription } else { begun_elsewhere };
            begin(id, plan, ProviderStatus::Active, *at)
        })
        .collect();
    for _ in 0..2 {
        let ids = |found: Vec<&Subscription>| {
            let mut ids: Vec<_> = found.iter().map(|one| one.external_id.clone()).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(current_subscription(&catalog, &all).unwrap().external_id, current);
        let found = find_duplicates(&catalog, &all).map(|(kept, duplicates)| {
            assert_eq!(kept.external_id, current);
            ids(duplicates)
        });
        assert_eq!(found.unwrap_or_default(), duplicates);
        assert_eq!(ids(find_others(&catalog, &all)), others);
        all.reverse();
    }
}

#[test]
fn a_live_order_at_another_provider_is_found() {
    let order = subscription("order", "pro", ProviderStatus::PastDue, 0);
    let ended = subscription("ended", "pro", ProviderStatus::Canceled, 0);
    let adopted = begun_elsewhere("adopted", "team", ProviderStatus::Active, 0);
    assert_eq!(order_beside(Provider::Polar, &[ended.clone(), order.clone()]), Some(Provider::Stripe));
    assert_eq!(order_beside(Provider::Stripe, &[order]), None, "it is at this provider");
    assert_eq!(order_beside(Provider::Polar, &[ended, adopted]), None);
}

#[test]
fn a_trial_that_no_checkout_created_is_never_a_duplicate() {
    use ProviderStatus::Trialing;
    let (first, second) = (trial("a", Trialing, 0), trial("b", Trialing, 60));
    let mut granted = second.clone();
    granted.details.begun_by_dues = false;
    assert_eq!(find_duplicates(&default_catalog(), &[first.clone(), granted]), None);
    let mut granted = first;
    granted.details.begun_by_dues = false;
    let all = [granted, second];
    let (kept, duplicates) = find_duplicates(&default_catalog(), &all).unwrap();
    assert_eq!((kept, duplicates), (&all[0], vec![&all[1]]));
}

#[test]
fn a_live_subscription_comes_before_a_better_one_that_is_overdue() {
    let live = begun_elsewhere("a", "starter", ProviderStatus::Active, 0);
    let overdue = begun_elsewhere("b", "team", ProviderStatus::PastDue, 5);
    let all = [overdue, live];
    assert_eq!(current_subscription(&default_catalog(), &all), Some(&all[1]));
}

fn trial(id: &str, status: ProviderStatus, started_secs: i64) -> Subscription {
    let end = NOW.plus_secs(started_secs + 14 * DAY);
    Subscription { trial_end: Some(end), period_end: end, ..subscription(id, "pro", status, started_secs) }
}

#[test]
fn a_repeated_trial_is_the_duplicate_and_a_paid_subscription_stays() {
    use ProviderStatus::{Active, Canceled, Trialing};
    let kept = |all: &[Subscription]| {
        find_duplicates(&default_catalog(), all).map(|(kept, duplicates)| {
            (kept.external_id.clone(), duplicates.iter().map(|one| one.external_id.clone()).collect::<Vec<_>>())
        })
    };
    let expected = |kept: &str, duplicate: &str| Some((kept.to_owned(), vec![duplicate.to_owned()]));
    let (first, second) = (trial("a", Trialing, 0), trial("b", Trialing, 60));
    assert_eq!(kept(&[first.clone(), second.clone()]), expected("a", "b"));
    assert_eq!(kept(std::slice::from_ref(&first)), None);
    assert_eq!(kept(&[first.clone(), subscription("c", "team", Active, 60)]), expected("c", "a"));
    // The first trial was canceled at once, while the checkout page of the second was still open.
    let ended = trial("a", Canceled, 0);
    assert_eq!(kept(&[ended.clone(), second]), expected("a", "b"));
    // A later trial was granted at the provider.
    assert_eq!(kept(&[ended, trial("b", Trialing, 40 * DAY)]), None);
}

#[test]
fn the_end_of_a_trial_is_announced_three_days_before_unless_it_is_canceled() {
    let subscription = trial("sub_1", ProviderStatus::Trialing, 0);
    let notice = |of: &Subscription, days: i64| {
        let now = NOW.plus_secs(days * DAY);
        dunning(Some(of), of, &entitled_with(of, now), GRACE, now)
    };
    let end = NOW.plus_secs(14 * DAY);
    assert_eq!((notice(&subscription, 10), notice(&subscription, 11)), (None, Some((end, DunningKind::TrialEnds))));
    assert_eq!(notice(&subscription, 14), None, "it is too late to cancel");
    let canceled = Subscription { cancel_at_period_end: true, ..subscription.clone() };
    assert_eq!(notice(&canceled, 12), None);
    let next =
        |of: &Subscription| next_transition_at(of, &entitled_with(of, NOW), NOW).map(|at| at.secs_since(NOW) / DAY);
    assert_eq!((next(&subscription), next(&canceled)), (Some(11), Some(14)));
}

#[rstest]
#[case(0, DunningKind::PaymentFailed)]
#[case(4, DunningKind::PaymentFailed)]
#[case(5, DunningKind::GraceEnds)]
#[case(6, DunningKind::GraceEnds)]
#[case(7, DunningKind::PlanSuspended)]
#[case(40, DunningKind::PlanSuspended)]
fn notices_of_an_overdue_payment_escalate(#[case] days: i64, #[case] kind: DunningKind) {
    let (overdue, now) = (due(NOW), NOW.plus_secs(days * DAY));
    assert_eq!(dunning(Some(&overdue), &overdue, &entitled_with(&overdue, now), GRACE, now), Some((NOW, kind)));
}

#[test]
fn an_overdue_subscription_recovers_by_payment_and_not_by_its_end() {
    let (before, paid) = (due(NOW), subscription("sub_1", "pro", ProviderStatus::Active, 0));
    let notice = |of: &Subscription| dunning(Some(&before), of, &entitled_with(of, NOW), GRACE, NOW);
    assert_eq!(notice(&paid), Some((NOW, DunningKind::Recovered)));
    assert_eq!(notice(&subscription("sub_1", "pro", ProviderStatus::Canceled, 0)), None);
    assert_eq!(dunning(None, &paid, &entitled_with(&paid, NOW), GRACE, NOW), None);
}

#[test]
fn a_short_grace_has_no_second_notice() {
    let overdue = due(NOW);
    let grace = 2 * DAY;
    let now = NOW.plus_secs(DAY);
    let entitlements = entitlements(Some(&overdue), &Overrides::default(), &default_catalog(), grace, now);
    assert_eq!(dunning(Some(&overdue), &overdue, &entitlements, grace, now), Some((NOW, DunningKind::PaymentFailed)));
}

#[test]
fn scheduled_transitions_are_in_order_and_end_with_the_subscription() {
    let due = due(NOW);
    let mut days = Vec::new();
    let mut now = NOW;
    while let Some(next) = next_transition_at(&due, &entitled_with(&due, now), now) {
        days.push(next.secs_since(NOW) / DAY);
        now = next;
    }
    assert_eq!(days, [5, 7, 30]);
    let ended = subscription("sub_1", "pro", ProviderStatus::Canceled, 0);
    assert_eq!(next_transition_at(&ended, &entitled_with(&ended, NOW), NOW), None);
}
