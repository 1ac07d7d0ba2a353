//! Changes that wait for the period's end: a schedule of two phases, what is and what comes.

use super::{change::Change, lifecycle, period};
use crate::{
    ids,
    stripe::{
        error::StripeError,
        objects::{
            Metadata,
            portal_configuration::{Condition, UpdateFeature},
            subscription::{Item, Period, Subscription},
            subscription_schedule::{Phase, PhaseItem, ScheduleStatus, SubscriptionSchedule},
        },
    },
    world::Unit,
};

/// Whether the configuration has a change wait (Stripe: `schedule_at_period_end`).
pub(crate) fn waits(unit: &Unit<'_>, feature: &UpdateFeature, before: &[Item], after: &[Item]) -> bool {
    let amount =
        |items: &[Item]| -> i64 { items.iter().filter_map(|item| Some(item.price(unit)?.amount(item.quantity))).sum() };
    let lasts = |items: &[Item]| lifecycle::rhythm(unit, items).map(period::longest_secs).unwrap_or_default();
    feature.waits_if.iter().any(|condition| match condition {
        Condition::DecreasingItemAmount => amount(after) < amount(before),
        Condition::ShorteningInterval => lasts(after) < lasts(before),
    })
}

/// Has a subscription put on `items` when its period ends.
pub(crate) fn begin(unit: &mut Unit<'_>, before: &Subscription, items: &[Item]) -> Result<(), StripeError> {
    let every = lifecycle::rhythm(unit, items)?;
    let start = before.period.end;
    let phase = |period, items: &[Item]| Phase {
        period,
        items: items.iter().map(|item| PhaseItem { price: item.price.clone(), quantity: item.quantity }).collect(),
    };
    let schedule = SubscriptionSchedule {
        id: ids::new("sub_sched"),
        created: unit.now,
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
    // One whose last phase runs has nothing more to bring.
    if let Some(former) = of(unit, before) {
        release(unit, former, &mut after);
    }
    after.schedule = Some(schedule.id.clone());
    schedule.save(unit, "subscription_schedule.created");
    after.save(unit);
    Ok(())
}

/// What leads a subscription now.
pub(crate) fn of(unit: &Unit<'_>, subscription: &Subscription) -> Option<SubscriptionSchedule> {
    let id = subscription.schedule.as_deref()?;
    unit.get::<SubscriptionSchedule>(id).map(|it| SubscriptionSchedule::clone(&it))
}

/// Whether something else comes by itself.
pub(crate) fn waiting(unit: &Unit<'_>, subscription: &Subscription) -> Option<Phase> {
    of(unit, subscription)?.next_phase(subscription.period.start).cloned()
}

/// A subscription with the items of the phase that begins with its next period, for a preview of its invoice.
pub(crate) fn as_it_comes(unit: &Unit<'_>, subscription: &Subscription) -> Subscription {
    let mut after = subscription.clone();
    let phase = waiting(unit, subscription).filter(|phase| phase.period.start == subscription.period.end);
    for (item, wanted) in after.items.iter_mut().zip(phase.iter().flat_map(|phase| &phase.items)) {
        item.price.clone_from(&wanted.price);
        item.quantity = wanted.quantity;
    }
    after
}

/// At a renewal: the phase that begins, if one does; after the last the subscription goes on by itself.
pub(crate) fn turn(unit: &mut Unit<'_>, subscription: &mut Subscription) -> Result<(), StripeError> {
    let Some(schedule) = of(unit, subscription) else { return Ok(()) };
    let start = subscription.period.end;
    let Some(phase) = schedule.phases.iter().find(|phase| phase.period.start == start) else {
        let mut after = subscription.clone();
        release(unit, schedule, &mut after);
        *subscription = after;
        return Ok(());
    };
    let before = lifecycle::rhythm(unit, &subscription.items)?;
    let mut items = subscription.items.clone();
    for (item, wanted) in items.iter_mut().zip(&phase.items) {
        item.price.clone_from(&wanted.price);
        item.quantity = wanted.quantity;
    }
    if lifecycle::rhythm(unit, &items)? != before {
        subscription.billing_cycle_anchor = start;
    }
    subscription.items = items;
    schedule.save(unit, "subscription_schedule.updated");
    Ok(())
}

/// Lets the subscription go on as it is. The caller keeps it.
pub(crate) fn release(unit: &mut Unit<'_>, schedule: SubscriptionSchedule, subscription: &mut Subscription) {
    over(unit, schedule, ScheduleStatus::Released, "subscription_schedule.released");
    subscription.schedule = None;
}

/// With the subscription's end.
pub(crate) fn cancel(unit: &mut Unit<'_>, subscription: &Subscription) {
    if let Some(schedule) = of(unit, subscription) {
        over(unit, schedule, ScheduleStatus::Canceled, "subscription_schedule.canceled");
    }
}

fn over(unit: &mut Unit<'_>, mut schedule: SubscriptionSchedule, status: ScheduleStatus, kind: &str) {
    schedule.status = status;
    schedule.over_at = Some(unit.now);
    schedule.save(unit, kind);
}

/// The change that a schedule brings, worked out as if it were made at the period's end: for the page that asks.
pub(crate) fn preview(unit: &Unit<'_>, before: &Subscription, items: Vec<Item>) -> Result<Change, StripeError> {
    let mut after = before.clone();
    after.items = items;
    lifecycle::rhythm(unit, &after.items)?;
    Ok(Change { after, now: Vec::new() })
}
