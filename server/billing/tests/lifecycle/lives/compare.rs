//! Compares what Dues holds and tells after one reconciliation with what the provider reports.

mod current;
mod discounts;
mod hand;
mod payments;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    catalog::Cycle,
    subscription::{ProviderStatus, Subscription},
    time::Timestamp,
};

use self::current::{Managed, current};
use super::{
    life::Life,
    money::Amount,
    offer::{Offer, rank},
    reported::{Reported, Terms, next_payments, waiting, waiting_seats},
};
use crate::test_env::{GRACE_SECS, TestEnv};

/// What Dues did at the provider in a world.
#[derive(Default)]
pub(super) struct DoneByDues {
    /// The subscriptions that it ended.
    pub(super) ended: BTreeSet<String>,
    /// What was refunded: payments at Stripe, subscriptions at Polar.
    pub(super) refunded: BTreeSet<String>,
}

/// Asserts that after one reconciliation Dues holds what the provider reports, and that it has left alone what a person
/// began.
pub(super) async fn assert_reconciled(life: &Life, env: &TestEnv, offer: &Offer, done: &DoneByDues) {
    let reported: Vec<Reported> =
        life.subscriptions.iter().map(|subscription| Reported::read(env, offer, subscription)).collect();
    let next = next_payments(env, life, &reported).await;
    let stored: BTreeMap<String, Subscription> =
        env.subscriptions(&life.owner).await.into_iter().map(|one| (one.external_id.clone(), one)).collect();
    let known: BTreeSet<&str> = reported.iter().map(|one| one.id.as_str()).collect();
    assert!(stored.keys().all(|id| known.contains(id.as_str())), "{life}: {stored:#?} is not at the provider");
    let unmanaged: BTreeSet<String> = env
        .services
        .subscriptions()
        .membership(&life.owner)
        .await
        .unwrap()
        .unmanaged
        .into_iter()
        .map(|one| one.external_id)
        .collect();

    let mut managed = Vec::new();
    for (index, one) in reported.iter().enumerate() {
        let is_by_hand = life.is_by_hand(&life.subscriptions[index]);
        let Some(held) = stored.get(&one.id) else {
            assert_eq!(one.plan, None, "{life}: {} has a plan, and is not stored", one.id);
            let is_shown = !one.terms.status.is_live() || unmanaged.contains(&one.id);
            assert!(is_shown, "{life}: {} is not shown as unmanaged", one.id);
            continue;
        };
        assert_plan(life, one, held);
        assert_eq!(Terms::held(held), one.terms, "{life}: {}", one.id);
        let held_next = held.details.next_payment.map(|next| (Amount::of(next.amount), next.at.as_secs()));
        assert_eq!(held_next, next[index], "{life}: {}, the next payment", one.id);
        if one.terms.status.is_live() {
            let held = held.pending.as_ref().map(|next| (next.plan.to_string(), next.cycle, next.at.as_secs()));
            assert_eq!(held, waiting(env, offer, life, one), "{life}: {}, what waits", one.id);
        }
        discounts::assert_discounts(life, one, held);
        assert_interval(life, one, held);
        assert_seats(life, one, held, waiting_seats(env, offer, life, one));
        hand::assert_begun(life, one, held, is_by_hand);
        managed.push(Managed { reported: one, plan: held.plan.to_string(), is_by_hand });
    }

    assert_no_duplicates(life, &managed);
    let current = current(&managed);
    hand::assert_left_alone(life, &managed, current, &unmanaged, done);
    assert_told(life, env, current.map(|current| (current, &stored[&current.reported.id]))).await;
    payments::assert_payments(life, env, &stored, done).await;
}

/// A subscription that no plan sells any more keeps one of its former plans.
fn assert_plan(life: &Life, one: &Reported, held: &Subscription) {
    let plan: (String, Cycle) = (held.plan.to_string(), held.cycle);
    if let Some(reported) = &one.plan {
        assert_eq!(plan, *reported, "{life}: {}", one.id);
    } else {
        let had = life.had.get(&one.id);
        assert!(had.is_some_and(|had| had.contains(&plan)), "{life}: {} never had {plan:?}", one.id);
    }
}

fn assert_interval(life: &Life, one: &Reported, held: &Subscription) {
    let (unit, count) = &one.every;
    // Twelve months are a year.
    let every = if unit == "month" && count % 12 == 0 { ("year", count / 12) } else { (unit.as_str(), *count) };
    let interval = held.interval();
    assert_eq!((interval.unit.as_str(), i64::from(interval.count)), every, "{life}: {}", one.id);
}

/// `waiting` is the number of seats from the next period on.
fn assert_seats(life: &Life, one: &Reported, held: &Subscription, waiting: Option<(u64, i64)>) {
    assert_eq!(held.details.seats, one.seats, "{life}: {}", one.id);
    if one.terms.status.is_live() {
        let held = held.details.pending_seats.map(|next| (next.seats, next.at.as_secs()));
        assert_eq!(held, waiting, "{life}: {}, seats that wait", one.id);
    }
}

/// Of several subscriptions that Dues sold, one stays. One that no plan sold at some time is left to operators.
fn assert_no_duplicates(life: &Life, managed: &[Managed<'_>]) {
    let sold = managed.iter().filter(|one| {
        one.reported.terms.status.is_live() && !one.is_by_hand && !life.ever_unsold.contains(&one.reported.id)
    });
    assert!(sold.clone().count() <= 1, "{life}: {:#?}", sold.map(|one| one.reported).collect::<Vec<_>>());
}

/// Asserts the plan that applies, and the period, as the API tells them.
async fn assert_told(life: &Life, env: &TestEnv, current: Option<(&Managed<'_>, &Subscription)>) {
    let now = env.services.billing_now();
    let holds = current.filter(|(current, stored)| match current.reported.terms.status {
        ProviderStatus::Active | ProviderStatus::Trialing => true,
        ProviderStatus::PastDue | ProviderStatus::Unpaid => stored.past_due_since.unwrap().plus_secs(GRACE_SECS) > now,
        _ => false,
    });
    // A change that is not paid yet gives the lower of both plans.
    let plans = holds.map(|(current, stored)| (current.plan.as_str(), stored.plan_before_due.as_ref()));
    let plan = plans.map_or("free", |(plan, before)| match before {
        Some(before) if rank(before.as_str()) < rank(plan) => before.as_str(),
        _ => plan,
    });
    let told = env.services.subscriptions().status(&life.owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(told.plan.to_string(), plan, "{life}: the plan that applies");
    let period_end = current.map(|(current, _)| {
        let terms = &current.reported.terms;
        let end = terms.cancel_at.map_or(terms.period_end, |at| at.min(terms.period_end));
        terms.ended_at.unwrap_or(end)
    });
    assert_eq!(told.current_period_end.map(Timestamp::as_secs), period_end, "{life}: the end of the period");
    let ends = current.is_some_and(|(current, _)| current.reported.terms.ends);
    assert_eq!(told.cancel_at_period_end, ends, "{life}: whether it ends");
}
