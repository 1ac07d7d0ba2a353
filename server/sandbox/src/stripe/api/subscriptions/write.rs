//! Parameters that creating and updating a subscription share: items, trials and cancellation.

use domain::time::Timestamp;

use crate::{
    billing::period::Period,
    storage::Transaction,
    stripe::{
        error::StripeError,
        objects::{
            price::Price,
            referenced,
            subscription::{Item, Pause, PauseBehavior, Subscription, WithoutCard},
        },
        params::Params,
    },
};

const MAX_ITEMS: usize = 20;

pub(crate) fn new_items(tx: &Transaction<'_>, params: &Params) -> Result<Vec<Item>, StripeError> {
    let groups = params.groups("items")?.unwrap_or_default();
    if groups.is_empty() || groups.len() > MAX_ITEMS {
        return Err(StripeError::missing("items"));
    }
    groups.iter().map(|group| new_item(tx, group)).collect()
}

pub(crate) fn new_item(tx: &Transaction<'_>, group: &Params) -> Result<Item, StripeError> {
    let price = active_price(tx, group)?.ok_or_else(|| StripeError::missing(&group.path_of("price")))?;
    let mut item = Item::new(tx, price, quantity(group)?.unwrap_or(1));
    group.metadata(&mut item.metadata)?;
    Ok(item)
}

fn active_price(tx: &Transaction<'_>, group: &Params) -> Result<Option<String>, StripeError> {
    let Some(id) = group.text("price")? else { return Ok(None) };
    let param = group.path_of("price");
    let price = referenced::<Price>(tx, &id, &param)?;
    if !price.active {
        return Err(StripeError::bad(
            &param,
            format!("The price specified is inactive. This field only accepts active prices: {id}"),
        ));
    }
    Ok(Some(id))
}

fn quantity(group: &Params) -> Result<Option<u64>, StripeError> {
    let quantity = group.int("quantity")?.map(|quantity| {
        u64::try_from(quantity).ok().filter(|quantity| *quantity <= 1_000_000).ok_or_else(|| {
            StripeError::bad(&group.path_of("quantity"), "Invalid quantity: must be between 0 and 1000000.")
        })
    });
    quantity.transpose()
}

/// The subscription's items after `items[…]` is applied: a group with an id changes or deletes that item,
/// a group without an id adds one.
pub(crate) fn changed_items(
    tx: &Transaction<'_>,
    params: &Params,
    of: &Subscription,
) -> Result<Vec<Item>, StripeError> {
    let mut items = of.items.clone();
    for group in params.groups("items")?.unwrap_or_default() {
        let Some(id) = group.text("id")? else {
            items.push(new_item(tx, &group)?);
            continue;
        };
        let Some(item) = items.iter_mut().find(|item| item.id == id) else {
            return Err(StripeError::no_such("subscription item", &id, &group.path_of("id")));
        };
        read_item(tx, &group, item)?;
        group.accept(&["clear_usage"]);
        if group.flag("deleted")?.unwrap_or(false) {
            items.retain(|item| item.id != id);
        }
    }
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(StripeError::bad("items", format!("A subscription must have 1 to {MAX_ITEMS} items.")));
    }
    Ok(items)
}

/// Applies the parameters of `group` to `item`.
pub(crate) fn read_item(tx: &Transaction<'_>, group: &Params, item: &mut Item) -> Result<(), StripeError> {
    if let Some(price) = active_price(tx, group)? {
        item.price = price;
    }
    if let Some(quantity) = quantity(group)? {
        item.quantity = quantity;
    }
    group.metadata(&mut item.metadata)?;
    group.accept(&["tax_rates"]);
    Ok(())
}

/// Reads `trial_end`, which is a timestamp or `now`. `None` if it is absent or empty.
pub(crate) fn trial_end(params: &Params, now: Timestamp) -> Result<Option<Timestamp>, StripeError> {
    match params.text("trial_end")?.as_deref() {
        None => Ok(None),
        Some("now") => Ok(Some(now)),
        Some(_) => params.int("trial_end")?.map(|at| future_timestamp(at, now, "trial_end")).transpose(),
    }
}

/// Reads `trial_settings`, which decides what happens when a trial ends without a payment method.
pub(crate) fn without_card(params: &Params) -> Result<WithoutCard, StripeError> {
    let Some(settings) = params.group("trial_settings")? else { return Ok(WithoutCard::default()) };
    let Some(end) = settings.group("end_behavior")? else { return Ok(WithoutCard::default()) };
    Ok(end.choice("missing_payment_method", &WithoutCard::CHOICES)?.unwrap_or_default())
}

pub(crate) fn cancellation(
    tx: &Transaction<'_>,
    params: &Params,
    subscription: &mut Subscription,
) -> Result<(), StripeError> {
    cancellation_details(params, subscription)?;
    let at_period_end = params.flag("cancel_at_period_end")?;
    let at = params.raw("cancel_at")?.map(str::to_owned);
    if let (Some(schedule), true) = (&subscription.schedule, at_period_end.is_some() || at.is_some()) {
        return Err(StripeError::refused(format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead."
        )));
    }
    if at_period_end == Some(true) && at.as_ref().is_some_and(|at| !at.is_empty()) {
        return Err(StripeError::bad(
            "cancel_at",
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
        ));
    }
    if let Some(at) = at {
        subscription.cancel_at = match at.as_str() {
            "" => None,
            "min_period_end" | "max_period_end" => Some(subscription.period.end),
            _ => params.int("cancel_at")?.map(|at| future_timestamp(at, tx.now, "cancel_at")).transpose()?,
        };
    }
    if let Some(at_period_end) = at_period_end {
        set_cancel_at_period_end(tx, subscription, at_period_end);
    }
    if subscription.cancel_at.is_some() {
        subscription.canceled_at = subscription.canceled_at.or(Some(tx.now));
        subscription.cancellation.reason.get_or_insert_with(|| "cancellation_requested".to_owned());
    } else if !subscription.cancel_at_period_end && !subscription.status.is_over() {
        subscription.canceled_at = None;
        subscription.cancellation.reason = None;
    }
    Ok(())
}

/// Reads `automatic_tax[enabled]`. `None` if it is absent.
pub(crate) fn automatic_tax(params: &Params) -> Result<Option<bool>, StripeError> {
    let Some(group) = params.group("automatic_tax")? else { return Ok(None) };
    group.accept(&["liability"]);
    let enabled = group.flag("enabled")?;
    enabled.map(Some).ok_or_else(|| StripeError::missing(&group.path_of("enabled")))
}

/// Reads `proration_date`, from which the rest of the period is prorated. `now` if it is absent.
pub(crate) fn proration_date(params: &Params, now: Timestamp, period: Period) -> Result<Timestamp, StripeError> {
    let Some(at) = params.int("proration_date")?.map(Timestamp::from_secs) else { return Ok(now) };
    if (period.start..=period.end).contains(&at) {
        return Ok(at);
    }
    let message = "Cannot specify proration_date outside of the current period.";
    Err(StripeError::bad(&params.path_of("proration_date"), message))
}

/// Applies `pause_collection`. An empty value resumes collection.
pub(crate) fn pause(tx: &Transaction<'_>, params: &Params, subscription: &mut Subscription) -> Result<(), StripeError> {
    let Some(pause) = params.group("pause_collection")? else { return Ok(()) };
    if pause.is_empty() {
        subscription.pause = None;
        return Ok(());
    }
    let behavior = pause.choice("behavior", &PauseBehavior::CHOICES)?;
    let behavior = behavior.ok_or_else(|| StripeError::missing(&pause.path_of("behavior")))?;
    let param = pause.path_of("resumes_at");
    let resumes_at = pause.int("resumes_at")?.map(|at| future_timestamp(at, tx.now, &param)).transpose()?;
    subscription.pause = Some(Pause { behavior, resumes_at });
    Ok(())
}

/// Reads `collection_method` and `days_until_due`. `before` is the value so far. In it and in the result, `None` means
/// that invoices are charged automatically.
pub(crate) fn days_until_due(params: &Params, before: Option<u16>) -> Result<Option<u16>, StripeError> {
    let methods = [("charge_automatically", false), ("send_invoice", true)];
    let is_sent = params.choice("collection_method", &methods)?.unwrap_or(before.is_some());
    let days = params.int("days_until_due")?;
    match (is_sent, days) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(StripeError::bad(
            "days_until_due",
            "You can only set `days_until_due` if `collection_method` is `send_invoice`.",
        )),
        (true, None) if before.is_some() => Ok(before),
        (true, None) => Err(StripeError::missing("days_until_due")),
        (true, Some(days)) => match u16::try_from(days) {
            Ok(days) => Ok(Some(days)),
            Err(_) => Err(StripeError::bad("days_until_due", "Invalid days_until_due: must be between 0 and 65535.")),
        },
    }
}

/// Schedules cancellation at the period's end. If `on` is false, withdraws any scheduled cancellation.
pub(crate) fn set_cancel_at_period_end(tx: &Transaction<'_>, subscription: &mut Subscription, on: bool) {
    if on && !subscription.cancel_at_period_end {
        subscription.canceled_at = Some(tx.now);
        subscription.cancellation.reason = Some("cancellation_requested".to_owned());
    }
    if !on && !subscription.status.is_over() {
        subscription.canceled_at = None;
        subscription.cancel_at = None;
        subscription.cancellation.reason = None;
    }
    subscription.cancel_at_period_end = on;
}

pub(crate) fn cancellation_details(params: &Params, subscription: &mut Subscription) -> Result<(), StripeError> {
    let Some(details) = params.group("cancellation_details")? else { return Ok(()) };
    details.accept(&["feedback_option"]);
    details.patch("comment", &mut subscription.cancellation.comment)?;
    details.patch("feedback", &mut subscription.cancellation.feedback)
}

/// Converts a timestamp. Fails unless it is in the future, by at most five years.
pub(super) fn future_timestamp(at: i64, now: Timestamp, param: &str) -> Result<Timestamp, StripeError> {
    let at = Timestamp::from_secs(at);
    let latest = now.plus_secs(5 * 366 * 86_400);
    if at > now && at <= latest {
        Ok(at)
    } else {
        Err(StripeError::bad(
            param,
            format!("Invalid timestamp: {param} must be in the future, and within five years."),
        ))
    }
}
