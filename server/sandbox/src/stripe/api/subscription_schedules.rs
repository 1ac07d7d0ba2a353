//! `/v1/subscription_schedules`. As in most uses of Stripe's, a schedule is created from a subscription.

use domain::time::Timestamp;

use super::{
    discounts::{self, Target},
    subscriptions,
};
use crate::{
    billing::{
        interval::{Interval, Recurring},
        period::{self, Period},
    },
    storage::Transaction,
    stripe::{
        billing::{cancellation, change, items, phase_change, schedule},
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            customer::Customer,
            find, must_exist, referenced,
            subscription::{ProrationBehavior, Subscription},
            subscription_schedule::{EndBehavior, Phase, PhaseItem, ScheduleStatus, SubscriptionSchedule},
        },
        params::Params,
    },
};

const MAX_PHASES: usize = 10;
const MAX_ITERATIONS: u32 = 120;
/// Stripe's parameters of a phase that are accepted and ignored. A trial of the subscription goes on without `trial`.
const WITHOUT_EFFECT: [&str; 9] = [
    "automatic_tax",
    "billing_cycle_anchor",
    "collection_method",
    "currency",
    "default_payment_method",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "trial",
];

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = call.params.text("customer")?;
    must_exist::<Customer>(tx, customer.as_deref(), "customer")?;
    let keep =
        |schedule: &SubscriptionSchedule| customer.as_ref().is_none_or(|customer| schedule.customer == *customer);
    Ok(lists::page_of(tx, call, "/v1/subscription_schedules", customer.as_deref(), keep)?.into())
}

/// Releases a schedule. Its subscription continues as it is.
pub(crate) fn release(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["preserve_cancel_date"]);
    call.params.finish()?;
    let found = active(tx, call, "release")?;
    let mut subscription = find::<Subscription>(tx, &found.subscription)?;
    schedule::release(tx, found, &mut subscription);
    subscription.save(tx);
    Ok(find::<SubscriptionSchedule>(tx, &call.id)?.json(tx).into())
}

/// Cancels a schedule and its subscription.
pub(crate) fn cancel(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let invoice_now = call.params.flag("invoice_now")?.unwrap_or(true);
    let prorate = call.params.flag("prorate")?.unwrap_or(true);
    call.params.finish()?;
    let found = active(tx, call, "cancel")?;
    let mut subscription = find::<Subscription>(tx, &found.subscription)?;
    if invoice_now && prorate {
        change::credit_unused_time(tx, &subscription)?;
        subscription.latest_invoice = find::<Subscription>(tx, &found.subscription)?.latest_invoice;
    }
    cancellation::end(tx, subscription, Some("cancellation_requested"));
    Ok(find::<SubscriptionSchedule>(tx, &call.id)?.json(tx).into())
}

/// Creates a schedule from a subscription. Its phases are set by an update, as at Stripe.
pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let Some(id) = params.text("from_subscription")? else {
        return Err(StripeError::bad("from_subscription", "The sandbox creates schedules from a subscription only."));
    };
    if params.group("phases")?.is_some() {
        return Err(StripeError::bad(
            "phases",
            "You cannot set `phases` if `from_subscription` is set. Create the schedule first, and update it afterwards.",
        ));
    }
    let of = referenced::<Subscription>(tx, &id, "from_subscription")?;
    if of.status.is_over() || of.schedule.is_some() {
        return Err(StripeError::bad(
            "from_subscription",
            "You cannot migrate a subscription that is already attached to a schedule, or that has ended.",
        ));
    }
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    params.accept(&["billing_mode"]);
    params.finish()?;
    let schedule = schedule::create(tx, &of, metadata);
    Ok(schedule.json(tx).into())
}

/// Replaces the phases from the current one on, the metadata and the end behavior.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let mut schedule = active(tx, call, "update")?;
    params.metadata(&mut schedule.metadata)?;
    schedule.end_behavior = params.choice("end_behavior", &EndBehavior::CHOICES)?.unwrap_or(schedule.end_behavior);
    let behavior = params.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    if let Some(groups) = params.groups("phases")? {
        schedule.phases = phases(tx, &groups, &schedule)?;
        schedule.begun = schedule.current_phase(tx.now).map(|phase| phase.period.start);
    }
    params.accept(&["default_settings"]);
    params.finish()?;
    phase_change::update(tx, &schedule, behavior.unwrap_or(ProrationBehavior::CreateProrations))?;
    Ok(find::<SubscriptionSchedule>(tx, &call.id)?.json(tx).into())
}

fn phases(tx: &Transaction<'_>, groups: &[Params], of: &SubscriptionSchedule) -> Result<Vec<Phase>, StripeError> {
    if groups.is_empty() || groups.len() > MAX_PHASES {
        return Err(StripeError::bad("phases", format!("A schedule must have 1 to {MAX_PHASES} phases.")));
    }
    let begun = of.current_phase(tx.now).map_or(tx.now, |phase| phase.period.start);
    let mut phases: Vec<Phase> = Vec::new();
    for group in groups {
        let follows = phases.last().map_or(begun, |former| former.period.end);
        phases.push(phase(tx, group, of, follows)?);
    }
    // Phases that are over may be left out of the request, but the current one must be in it.
    if phases.iter().all(|phase| !(phase.period.start..phase.period.end).contains(&tx.now)) {
        return Err(StripeError::bad(
            "phases",
            "The current phase must be included: you must provide its `start_date` and an `end_date` in the future.",
        ));
    }
    Ok(phases)
}

/// A phase that begins at `follows`, the end of the phase before it.
fn phase(
    tx: &Transaction<'_>,
    group: &Params,
    of: &SubscriptionSchedule,
    follows: Timestamp,
) -> Result<Phase, StripeError> {
    let items = subscriptions::new_items(tx, group)?;
    let items = items::in_currency(tx, items, &of.currency)?;
    let every = items::billing_interval(tx, &items)?;
    let start = match group.text("start_date")?.as_deref() {
        None => follows,
        Some("now") => tx.now,
        Some(_) => group.int("start_date")?.map_or(follows, Timestamp::from_secs),
    };
    if start != follows && follows > tx.now {
        return Err(StripeError::bad(
            &group.path_of("start_date"),
            "The start date of a phase must be the end date of the phase before it.",
        ));
    }
    let end = match (group.int("end_date")?, duration(group, every)?) {
        (Some(at), None) => Timestamp::from_secs(at),
        (None, Some(lasts)) => period::end_after(start, start, lasts),
        (None, None) => period::end_after(start, start, every),
        (Some(_), Some(_)) => {
            return Err(StripeError::bad(
                &group.path_of("end_date"),
                "You may only specify one of these parameters: duration, end_date, iterations.",
            ));
        }
    };
    if end <= start {
        return Err(StripeError::bad(&group.path_of("end_date"), "The end date must be after the start date."));
    }
    let subscription = find::<Subscription>(tx, &of.subscription)?;
    let target =
        Target { customer: Some(&of.customer), subscription: Some(&of.subscription), currency: Some(&of.currency) };
    let mut metadata = Metadata::new();
    group.metadata(&mut metadata)?;
    let proration = group.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let phase = Phase {
        period: Period { start, end },
        items: items
            .into_iter()
            .map(|item| PhaseItem { price: item.price, quantity: item.quantity, metadata: item.metadata })
            .collect(),
        proration: proration.unwrap_or(ProrationBehavior::CreateProrations),
        discounts: discounts::from_params(tx, group, target, &subscription.discounts)?,
        metadata,
    };
    group.accept(&WITHOUT_EFFECT);
    Ok(phase)
}

/// How long a phase lasts: `duration`, or before API version 2025-09-30 `iterations` of its interval.
fn duration(group: &Params, every: Recurring) -> Result<Option<Recurring>, StripeError> {
    let count = |count: i64, param: &str| {
        let count = u32::try_from(count).ok().filter(|count| (1..=MAX_ITERATIONS).contains(count));
        count.ok_or_else(|| StripeError::bad(param, format!("Must be between 1 and {MAX_ITERATIONS}.")))
    };
    if let Some(iterations) = group.int("iterations")? {
        let iterations = count(iterations, &group.path_of("iterations"))?;
        return Ok(Some(Recurring { interval: every.interval, count: every.count * iterations }));
    }
    let Some(duration) = group.group("duration")? else { return Ok(None) };
    let interval = duration.choice("interval", &Interval::CHOICES)?;
    let interval = interval.ok_or_else(|| StripeError::missing(&duration.path_of("interval")))?;
    let given = duration.int("interval_count")?.unwrap_or(1);
    Ok(Some(Recurring { interval, count: count(given, &duration.path_of("interval_count"))? }))
}

fn active(tx: &Transaction<'_>, call: &Call, what: &str) -> Result<SubscriptionSchedule, StripeError> {
    let found = find::<SubscriptionSchedule>(tx, &call.id)?;
    if found.status == ScheduleStatus::Active {
        return Ok(found);
    }
    Err(StripeError::refused(format!(
        "You cannot {what} a subscription schedule that is currently in the `{}` status.",
        found.status.as_str()
    )))
}
