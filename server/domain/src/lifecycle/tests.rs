use rstest::rstest;

use super::*;
use crate::{
    catalog::file::default_catalog,
    overrides::Overrides,
    subscription::{BillingDetails, current, entitled},
};

const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
const DAY: i64 = 86_400;
const GRACE: i64 = 7 * DAY;

fn own(id: &str, plan: &str, status: ProviderStatus, started_secs: i64) -> Subscription {
    Subscription {
        provider: Provider::Stripe,
        external_id: id.to_owned(),
        plan: plan.parse().unwrap(),
        cycle: Cycle::Monthly,
        status,
        started_at: NOW.plus_secs(started_secs),
        period_start: NOW,
        period_end: NOW.plus_secs(30 * DAY),
        cancel_at_period_end: false,
        ended_at: None,
        past_due_since: None,
        payment_method: None,
        trial_end: None,
        pending: None,
        plan_before_due: None,
        price: None,
        due: None,
        details: BillingDetails::default(),
        fetched_at: NOW,
    }
}

fn due(since: Timestamp) -> Subscription {
    Subscription { past_due_since: Some(since), ..own("sub_1", "pro", ProviderStatus::PastDue, 0) }
}

fn holds(own: &Subscription, now: Timestamp) -> Entitled {
    entitled(Some(own), &Overrides::default(), &default_catalog(), GRACE, now)
}

#[test]
fn what_decides_is_drift_and_when_it_was_asked_for_is_not() {
    let before = [own("sub_1", "pro", ProviderStatus::Active, 0)];
    let later =
        Subscription { fetched_at: NOW.plus_secs(9), payment_method: Some("card".to_owned()), ..before[0].clone() };
    assert_eq!(drift(&before, &[later], FoundBy::Walk, NOW), []);

    let canceled = Subscription { status: ProviderStatus::Canceled, ..before[0].clone() };
    let new = own("sub_2", "team", ProviderStatus::Active, 5);
    let found = drift(&before, &[canceled, new], FoundBy::Walk, NOW);
    let found: Vec<_> = found.iter().map(|drift| (drift.external_id.as_str(), drift.was.is_some())).collect();
    assert_eq!(found, [("sub_1", true), ("sub_2", false)]);
}

#[test]
fn of_two_that_are_paid_the_one_stays_that_speaks_for_the_tenant() {
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
        let all: Vec<_> = given.iter().map(|(id, status, at)| own(id, "pro", *status, *at)).collect();
        let found = doubled(&all).map(|(kept, beside)| {
            assert_eq!(Some(kept), current(&all));
            (kept.external_id.as_str(), beside.iter().map(|own| own.external_id.as_str()).collect::<Vec<_>>())
        });
        assert_eq!(found, expected, "{given:?}");
    }
}

fn trial(id: &str, status: ProviderStatus, started_secs: i64) -> Subscription {
    let end = NOW.plus_secs(started_secs + 14 * DAY);
    Subscription { trial_end: Some(end), period_end: end, ..own(id, "pro", status, started_secs) }
}

#[test]
fn a_tenant_has_one_trial_and_what_is_paid_goes_before_it() {
    use ProviderStatus::{Active, Canceled, Trialing};
    let kept = |all: &[Subscription]| {
        doubled(all).map(|(kept, beside)| {
            (kept.external_id.clone(), beside.iter().map(|own| own.external_id.clone()).collect::<Vec<_>>())
        })
    };
    let said = |kept: &str, beside: &str| Some((kept.to_owned(), vec![beside.to_owned()]));
    let (first, second) = (trial("a", Trialing, 0), trial("b", Trialing, 60));
    assert_eq!(kept(&[first.clone(), second.clone()]), said("a", "b"));
    assert_eq!(kept(std::slice::from_ref(&first)), None);
    assert_eq!(kept(&[first.clone(), own("c", "team", Active, 60)]), said("c", "a"));
    // The first was ended at once, and the page of the second was still open.
    let ended = trial("a", Canceled, 0);
    assert_eq!(kept(&[ended.clone(), second]), said("a", "b"));
    // Somebody at the provider was generous.
    assert_eq!(kept(&[ended, trial("b", Trialing, 40 * DAY)]), None);
}

#[test]
fn a_trials_end_is_told_three_days_before_unless_it_is_the_last_of_it() {
    let own = trial("sub_1", ProviderStatus::Trialing, 0);
    let told = |own: &Subscription, days: i64| {
        let now = NOW.plus_secs(days * DAY);
        dunning(Some(own), own, &holds(own, now), GRACE, now)
    };
    let end = NOW.plus_secs(14 * DAY);
    assert_eq!((told(&own, 10), told(&own, 11)), (None, Some((end, DunningKind::TrialEnds))));
    assert_eq!(told(&own, 14), None, "it is too late to cancel");
    let leaving = Subscription { cancel_at_period_end: true, ..own.clone() };
    assert_eq!(told(&leaving, 12), None);
    let turns = |own: &Subscription| next_turn(own, &holds(own, NOW), NOW).map(|at| at.secs_since(NOW) / DAY);
    assert_eq!((turns(&own), turns(&leaving)), (Some(11), Some(14)));
}

#[rstest]
#[case(0, DunningKind::PaymentFailed)]
#[case(4, DunningKind::PaymentFailed)]
#[case(5, DunningKind::GraceEnds)]
#[case(6, DunningKind::GraceEnds)]
#[case(7, DunningKind::Fallen)]
#[case(40, DunningKind::Fallen)]
fn a_payment_that_stays_due_is_told_of_step_by_step(#[case] days: i64, #[case] kind: DunningKind) {
    let (own, now) = (due(NOW), NOW.plus_secs(days * DAY));
    assert_eq!(dunning(Some(&own), &own, &holds(&own, now), GRACE, now), Some((NOW, kind)));
}

#[test]
fn what_was_due_and_is_paid_has_recovered_and_what_ended_has_not() {
    let (before, paid) = (due(NOW), own("sub_1", "pro", ProviderStatus::Active, 0));
    let told = |own: &Subscription| dunning(Some(&before), own, &holds(own, NOW), GRACE, NOW);
    assert_eq!(told(&paid), Some((NOW, DunningKind::Recovered)));
    assert_eq!(told(&own("sub_1", "pro", ProviderStatus::Canceled, 0)), None);
    assert_eq!(dunning(None, &paid, &holds(&paid, NOW), GRACE, NOW), None);
}

#[test]
fn a_short_grace_is_told_of_once_before_it_ends() {
    let own = due(NOW);
    let grace = 2 * DAY;
    let now = NOW.plus_secs(DAY);
    let holds = entitled(Some(&own), &Overrides::default(), &default_catalog(), grace, now);
    assert_eq!(dunning(Some(&own), &own, &holds, grace, now), Some((NOW, DunningKind::PaymentFailed)));
}

#[test]
fn turns_come_one_after_the_other_and_end_with_the_subscription() {
    let due = due(NOW);
    let mut turns = Vec::new();
    let mut now = NOW;
    while let Some(next) = next_turn(&due, &holds(&due, now), now) {
        turns.push(next.secs_since(NOW) / DAY);
        now = next;
    }
    assert_eq!(turns, [5, 7, 30]);
    let over = own("sub_1", "pro", ProviderStatus::Canceled, 0);
    assert_eq!(next_turn(&over, &holds(&over, NOW), NOW), None);
}
