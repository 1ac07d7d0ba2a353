//! Changes that take effect at the period's end: a schedule with the current phase and the next phase.

use super::items;
use crate::{
    billing::period::{self, Period},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata,
            portal_configuration::{Condition, UpdateFeature},
            subscription::{Item, Subscription},
            subscription_schedule::{Phase, PhaseItem, ScheduleStatus, SubscriptionSchedule},
        },
    },
};

/// Whether the portal defers the change from `before` to `after` (Stripe: `schedule_at_period_end`).
pub(crate) fn is_deferred(tx: &Transaction<'_>, feature: &UpdateFeature, before: &[Item], after: &[Item]) -> bool {
    let amount =
        |items: &[Item]| -> i64 { items.iter().filter_map(|item| Some(item.price(tx)?.amount(item.quantity))).sum() };
    let lasts = |items: &[Item]| items::billing_interval(tx, items).map(period::longest_secs).unwrap_or_default();
    feature.waits_if.iter().any(|condition| match condition {
        Condition::DecreasingItemAmount => amount(after) < amount(before),
        Condition::ShorteningInterval => lasts(after) < lasts(before),
    })
}

/// Schedules a change to `items` at the period's end.
pub(crate) fn begin(tx: &mut Transaction<'_>, before: &Subscription, items: &[Item]) -> Result<(), StripeError> {
    let every = items::billing_interval(tx, items)?;
    let start = before.period.end;
    let phase = |period, items: &[Item]| Phase {
        period,
        items: items.iter().map(|item| PhaseItem { price: item.price.clone(), quantity: item.quantity }).collect(),
    };
    let schedule = SubscriptionSchedule {
        id: ids::new("sub_sched"),
        created: tx.now,
        customer: before.customer.clone(),
        subscription: before.id.clone(),
        currency: before.currency.clone(),
        status: ScheduleStatus::Active,
        over_at: None,
        phases: vec![
            phase(before.period, &before.items),
            phase(Period { start, end: period::end_after(start, start, every) }, items),
        ],
        metadata: Metadata::new(),
    };
    let mut after = before.clone();
    // The old schedule is in its last phase, since the portal refuses a change while a phase is pending.
    if let Some(former) = current(tx, before) {
        release(tx, former, &mut after);
    }
    after.schedule = Some(schedule.id.clone());
    schedule.save(tx, "subscription_schedule.created");
    after.save(tx);
    Ok(())
}

/// The subscription's current schedule.
pub(crate) fn current(tx: &Transaction<'_>, subscription: &Subscription) -> Option<SubscriptionSchedule> {
    let id = subscription.schedule.as_deref()?;
    tx.get::<SubscriptionSchedule>(id).map(|schedule| SubscriptionSchedule::clone(&schedule))
}

/// The phase that is yet to begin.
pub(crate) fn pending_phase(tx: &Transaction<'_>, subscription: &Subscription) -> Option<Phase> {
    current(tx, subscription)?.next_phase(subscription.period.start).cloned()
}

/// The subscription with the items of its next period, for a preview of the invoice.
pub(crate) fn with_next_phase(tx: &Transaction<'_>, subscription: &Subscription) -> Subscription {
    let mut after = subscription.clone();
    let phase = pending_phase(tx, subscription).filter(|phase| phase.period.start == subscription.period.end);
    for (item, wanted) in after.items.iter_mut().zip(phase.iter().flat_map(|phase| &phase.items)) {
        item.price.clone_from(&wanted.price);
        item.quantity = wanted.quantity;
    }
    after
}

/// At a renewal, applies the phase that begins. After the last phase the schedule is released.
pub(crate) fn advance_phase(tx: &mut Transaction<'_>, subscription: &mut Subscription) -> Result<(), StripeError> {
    let Some(schedule) = current(tx, subscription) else { return Ok(()) };
    let start = subscription.period.end;
    let Some(phase) = schedule.phases.iter().find(|phase| phase.period.start == start) else {
        let mut after = subscription.clone();
        release(tx, schedule, &mut after);
        *subscription = after;
        return Ok(());
    };
    let before = items::billing_interval(tx, &subscription.items)?;
    let mut items = subscription.items.clone();
    for (item, wanted) in items.iter_mut().zip(&phase.items) {
        item.price.clone_from(&wanted.price);
        item.quantity = wanted.quantity;
    }
    if items::billing_interval(tx, &items)? != before {
        subscription.billing_cycle_anchor = start;
    }
    subscription.items = items;
    schedule.save(tx, "subscription_schedule.updated");
    Ok(())
}

/// Releases the schedule. The subscription continues as it is, and the caller stores it.
pub(crate) fn release(tx: &mut Transaction<'_>, schedule: SubscriptionSchedule, subscription: &mut Subscription) {
    close(tx, schedule, ScheduleStatus::Released, "subscription_schedule.released");
    subscription.schedule = None;
}

/// Cancels the schedule of a subscription that ends.
pub(crate) fn cancel(tx: &mut Transaction<'_>, subscription: &Subscription) {
    if let Some(schedule) = current(tx, subscription) {
        close(tx, schedule, ScheduleStatus::Canceled, "subscription_schedule.canceled");
    }
}

fn close(tx: &mut Transaction<'_>, mut schedule: SubscriptionSchedule, status: ScheduleStatus, kind: &str) {
    schedule.status = status;
    schedule.over_at = Some(tx.now);
    schedule.save(tx, kind);
}
