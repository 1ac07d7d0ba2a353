//! What is stored of a fetched subscription.

use domain::{
    subscription::{BillingDetails, BillingInterval, Provider, Subscription, lifecycle::ReportedPayments},
    time::Timestamp,
};

use crate::payment::FetchedSubscription;

/// Converts a fetched subscription to the one to store. If no plan sells its price, it keeps the plan of `before`, its
/// stored state. `None` if nothing is stored either: the subscription is unmanaged and grants nothing. `is_begun` is
/// whether a checkout of Dues created it.
pub(super) fn subscription_to_store(
    provider: Provider,
    fetched: FetchedSubscription,
    (before, is_begun): (Option<&Subscription>, bool),
    now: Timestamp,
) -> Option<Subscription> {
    let FetchedSubscription {
        id,
        customer: _,
        status,
        bought,
        started_at,
        period_start,
        period_end,
        cancel_at_period_end,
        ended_at,
        payment_method,
        trial_end,
        pending,
        price,
        details,
        unsold: _,
        debt,
        ended_unpaid,
        attempt: _,
        checkout: _,
    } = fetched;
    let (plan, cycle) =
        bought.or_else(|| before.map(|subscription| (subscription.plan.clone(), subscription.cycle)))?;
    let due_since = debt.as_ref().and_then(|debt| debt.since);
    let payments = ReportedPayments { status, period_start, due_since, ended_unpaid };
    let past_due_since = payments.past_due_since(before, now);
    let plan_before_due = debt.as_ref().and_then(|debt| {
        let paid = debt.paid.as_ref().or_else(|| before.and_then(Subscription::last_paid_plan));
        paid.filter(|paid| **paid != plan).cloned()
    });
    let due = debt.and_then(|debt| debt.amount);
    let interval = details.interval.filter(|interval| *interval != BillingInterval::of(cycle));
    let details = BillingDetails { interval, begun_by_dues: is_begun, ..details };
    let payment_method = payment_method.or_stored(before.and_then(|before| before.payment_method.as_deref()));
    Some(Subscription {
        provider,
        external_id: id,
        plan,
        cycle,
        status,
        started_at,
        period_start,
        period_end,
        cancel_at_period_end,
        ended_at,
        past_due_since,
        plan_before_due,
        price,
        due,
        payment_method,
        trial_end,
        pending,
        details,
        fetched_at: now,
    })
}
