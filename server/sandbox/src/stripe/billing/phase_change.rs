//! Changes of a subscription by its schedule between two renewals: a phase that begins, or one that was edited.

use super::{change, schedule};
use crate::{
    storage::Transaction,
    stripe::{
        error::StripeError,
        objects::{
            find,
            subscription::{ProrationBehavior, Subscription},
            subscription_schedule::{EndBehavior, Phase, ScheduleStatus, SubscriptionSchedule},
        },
    },
};

/// Stores a changed schedule. If its current phase has other items than the subscription, the change is made at once and
/// billed as `behavior` says.
pub(crate) fn update(
    tx: &mut Transaction<'_>,
    schedule: &SubscriptionSchedule,
    behavior: ProrationBehavior,
) -> Result<(), StripeError> {
    let before = find::<Subscription>(tx, &schedule.subscription)?;
    let ends_at = schedule.phases.last().map(|phase| phase.period.end);
    let mut after = before.clone();
    after.cancel_at = ends_at.filter(|_| schedule.end_behavior == EndBehavior::Cancel);
    after.canceled_at = after.cancel_at.map(|_| before.canceled_at.unwrap_or(tx.now));
    schedule.save(tx, "subscription_schedule.updated");
    if let Some(phase) = schedule.current_phase(tx.now) {
        return enter(tx, after, phase, behavior);
    }
    after.save(tx);
    Ok(())
}

/// Gives the subscription the items and the discounts of the phase.
fn enter(
    tx: &mut Transaction<'_>,
    mut subscription: Subscription,
    phase: &Phase,
    behavior: ProrationBehavior,
) -> Result<(), StripeError> {
    if let Some(discounts) = &phase.discounts {
        subscription.discounts.clone_from(discounts);
    }
    subscription.metadata.extend(phase.metadata.clone());
    let items = schedule::items_in(tx, &subscription.items, &phase.items);
    let change = change::plan(tx, &subscription, items, None, behavior, tx.now)?;
    change::apply(tx, change).map(drop)
}

/// Begins the phase that is due, or ends the schedule after its last one.
pub(super) fn step(tx: &mut Transaction<'_>, id: &str) {
    let Some(schedule) = tx.get::<SubscriptionSchedule>(id) else { return };
    let mut schedule = SubscriptionSchedule::clone(&schedule);
    let Some(subscription) = tx.get::<Subscription>(&schedule.subscription) else {
        return schedule::close(tx, schedule, ScheduleStatus::Canceled, "subscription_schedule.canceled");
    };
    let mut subscription = Subscription::clone(&subscription);
    let next = schedule.last_begun().and_then(|begun| schedule.next_phase(begun)).cloned();
    let Some(phase) = next else {
        schedule::release(tx, schedule, &mut subscription);
        subscription.save(tx);
        return;
    };
    schedule.begun = Some(phase.period.start);
    schedule.save(tx, "subscription_schedule.updated");
    if let Err(error) = enter(tx, subscription, &phase, phase.proration) {
        tracing::warn!(schedule = id, reason = error.message, "failed to begin a phase");
    }
}
