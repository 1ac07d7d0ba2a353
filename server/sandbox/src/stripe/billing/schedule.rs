//! Schedules: phases of a subscription. Those that begin between two renewals are entered in `phase_change.rs`.

use super::items;
use crate::{
    billing::period::{self, Period},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata,
            portal_configuration::{Condition, UpdateFeature},
            subscription::{Item, ProrationBehavior, Subscription},
            subscription_schedule::{EndBehavior, Phase, PhaseItem, ScheduleStatus, SubscriptionSchedule},
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
    let mut schedule = of_subscription(tx, before, Metadata::new());
    schedule.phases.extend([
        phase(before.period, &before.items),
        phase(Period { start, end: period::end_after(start, start, every) }, items),
    ]);
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

/// Creates a schedule whose only phase is the subscription's current period.
pub(crate) fn create(tx: &mut Transaction<'_>, before: &Subscription, metadata: Metadata) -> SubscriptionSchedule {
    let mut schedule = of_subscription(tx, before, metadata);
    let current = Phase { proration: ProrationBehavior::CreateProrations, ..phase(before.period, &before.items) };
    schedule.phases.push(current);
    let after = Subscription { schedule: Some(schedule.id.clone()), ..before.clone() };
    schedule.save(tx, "subscription_schedule.created");
    after.save(tx);
    schedule
}

/// A schedule of the subscription without phases. Stores nothing.
fn of_subscription(tx: &Transaction<'_>, subscription: &Subscription, metadata: Metadata) -> SubscriptionSchedule {
    SubscriptionSchedule {
        id: ids::new("sub_sched"),
        created: tx.now,
        customer: subscription.customer.clone(),
        subscription: subscription.id.clone(),
        currency: subscription.currency.clone(),
        status: ScheduleStatus::Active,
        over_at: None,
        phases: Vec::new(),
        metadata,
        end_behavior: EndBehavior::Release,
        begun: None,
    }
}

fn phase(period: Period, items: &[Item]) -> Phase {
    let items = items.iter().map(|item| PhaseItem {
        price: item.price.clone(),
        quantity: item.quantity,
        metadata: item.metadata.clone(),
    });
    Phase {
        period,
        items: items.collect(),
        proration: ProrationBehavior::None,
        discounts: None,
        metadata: Metadata::new(),
    }
}

/// The subscription's items in a phase. An item keeps its id if its price stays, else it takes the place of one whose
/// price goes.
pub(super) fn items_in(tx: &Transaction<'_>, before: &[Item], wanted: &[PhaseItem]) -> Vec<Item> {
    let mut left = before.to_vec();
    let kept: Vec<Option<Item>> = wanted
        .iter()
        .map(|wanted| {
            let at = left.iter().position(|item| item.price == wanted.price)?;
            Some(left.remove(at))
        })
        .collect();
    let mut left = left.into_iter();
    let items = kept.into_iter().zip(wanted).map(|(kept, wanted)| {
        let item = kept.or_else(|| left.next());
        let mut item = item.unwrap_or_else(|| Item::new(tx, wanted.price.clone(), wanted.quantity));
        item.price.clone_from(&wanted.price);
        item.quantity = wanted.quantity;
        item
    });
    items.collect()
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
    if let Some(phase) = phase {
        let items = items_in(tx, &subscription.items, &phase.items);
        after.items = items::in_currency(tx, items, &subscription.currency).unwrap_or(after.items);
        if let Some(discounts) = phase.discounts {
            after.discounts = discounts;
        }
    }
    after
}

/// At a renewal, applies the phase that begins. After the last phase the schedule is released.
pub(crate) fn advance_phase(tx: &mut Transaction<'_>, subscription: &mut Subscription) -> Result<(), StripeError> {
    let Some(mut schedule) = current(tx, subscription) else { return Ok(()) };
    let start = subscription.period.end;
    let Some(phase) = schedule.phases.iter().find(|phase| phase.period.start == start).cloned() else {
        // A phase may last for several periods.
        if schedule.phases.last().is_none_or(|last| last.period.end <= start) {
            let mut after = subscription.clone();
            release(tx, schedule, &mut after);
            *subscription = after;
        }
        return Ok(());
    };
    let before = items::billing_interval(tx, &subscription.items)?;
    let items = items_in(tx, &subscription.items, &phase.items);
    let items = items::in_currency(tx, items, &subscription.currency)?;
    if items::billing_interval(tx, &items)? != before {
        subscription.billing_cycle_anchor = start;
    }
    subscription.items = items;
    if let Some(discounts) = phase.discounts {
        subscription.discounts = discounts;
    }
    subscription.metadata.extend(phase.metadata);
    schedule.begun = Some(start);
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
    let Some(schedule) = current(tx, subscription) else { return };
    if schedule.phases.last().is_some_and(|last| last.period.end <= tx.now) {
        close(tx, schedule, ScheduleStatus::Completed, "subscription_schedule.completed");
    } else {
        close(tx, schedule, ScheduleStatus::Canceled, "subscription_schedule.canceled");
    }
}

pub(super) fn close(tx: &mut Transaction<'_>, mut schedule: SubscriptionSchedule, status: ScheduleStatus, kind: &str) {
    schedule.status = status;
    schedule.over_at = Some(tx.now);
    schedule.save(tx, kind);
}
