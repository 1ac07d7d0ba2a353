//! Changing a subscription's items, at once or once the change is paid, and the prorations of a change within a period.

use domain::time::Timestamp;

use super::{discounts, invoicing, items};
use crate::{
    billing::period::{self, Period, prorate},
    storage::Transaction,
    stripe::{
        error::StripeError,
        objects::{
            invoice::{BillingReason, Invoice, InvoiceStatus, line::Line},
            subscription::{Item, PaymentBehavior, PendingUpdate, ProrationBehavior, Status, Subscription},
        },
    },
};

/// Stripe: a pending update expires after 23 hours.
const PENDING_LIFE_SECS: i64 = 23 * 3600;

/// A subscription as it is after a change, and the lines to invoice for it.
pub(crate) struct Change {
    pub(crate) after: Subscription,
    /// Lines to invoice now.
    pub(crate) now: Vec<Line>,
}

/// Computes a change at `at`: to `items`, and to the trial's end if `trial_end` is given. Stores nothing.
pub(crate) fn plan(
    tx: &Transaction<'_>,
    before: &Subscription,
    items: Vec<Item>,
    trial_end: Option<Timestamp>,
    behavior: ProrationBehavior,
    at: Timestamp,
) -> Result<Change, StripeError> {
    let items = items::in_currency(tx, items, &before.currency)?;
    let every = items::billing_interval(tx, &items)?;
    let changes_interval = items::billing_interval(tx, &before.items)? != every;
    let mut after = before.clone();
    after.items = items;
    if let Some(end) = trial_end.filter(|end| *end > at) {
        // A trial starts or continues. It is free, and periods are counted from its end.
        after.status = Status::Trialing;
        after.trial = Some(Period { start: before.trial.map_or(at, |trial| trial.start), end });
        after.trial_end_announced = false;
        after.billing_cycle_anchor = end;
        after.period.end = end;
        return Ok(Change { after, now: Vec::new() });
    }
    let ends_trial = before.status == Status::Trialing && trial_end.is_some();
    let restarts = ends_trial || (changes_interval && before.status != Status::Trialing);
    let mut now = Vec::new();
    let prorated = if before.status == Status::Trialing || behavior == ProrationBehavior::None {
        Vec::new()
    } else {
        prorations(tx, before, &after.items, restarts, at)
    };
    if restarts {
        after.billing_cycle_anchor = at;
        after.period = Period { start: at, end: period::end_after(at, at, every) };
        after.status = if ends_trial { Status::Active } else { after.status };
        if let Some(trial) = after.trial.as_mut().filter(|_| ends_trial) {
            trial.end = at;
        }
        now.append(&mut after.pending_lines);
        now.extend(prorated);
        now.extend(items::period_lines(tx, &after.items, after.period));
    } else if behavior == ProrationBehavior::AlwaysInvoice && !prorated.is_empty() {
        now.append(&mut after.pending_lines);
        now.extend(prorated);
    } else {
        after.pending_lines.extend(prorated);
    }
    Ok(Change { after, now })
}

/// Computes a change that is deferred to the period's end, for the review page. Stores nothing.
pub(crate) fn plan_deferred(
    tx: &Transaction<'_>,
    before: &Subscription,
    items: Vec<Item>,
) -> Result<Change, StripeError> {
    let mut after = before.clone();
    after.items = items::in_currency(tx, items, &before.currency)?;
    items::billing_interval(tx, &after.items)?;
    Ok(Change { after, now: Vec::new() })
}

/// Returns the credit for unused time on the old items. Unless a new period starts (`restarts`), also returns the
/// charge for the remaining time on the new items.
fn prorations(tx: &Transaction<'_>, before: &Subscription, items: &[Item], restarts: bool, at: Timestamp) -> Vec<Line> {
    let left = Period { start: at, end: before.period.end };
    let on = at.date();
    let mut lines = Vec::new();
    for old in &before.items {
        let kept = items.iter().find(|item| item.id == old.id);
        if !restarts && kept.is_some_and(|item| item.price == old.price && item.quantity == old.quantity) {
            continue;
        }
        if let Some(price) = old.price(tx).filter(|price| !price.metered) {
            let whole = discounts::net(tx, before, &price.product, price.amount(old.quantity));
            let amount = -price.chargeable(prorate(whole, left, before.period));
            let description =
                format!("Unused time on {} after {on}", with_quantity(old.quantity, &price.product_name(tx)));
            lines.push(items::line(old, &price, description, amount, left, true));
        }
    }
    for new in items.iter().filter(|_| !restarts) {
        let had = before.items.iter().find(|item| item.id == new.id);
        if had.is_some_and(|item| item.price == new.price && item.quantity == new.quantity) {
            continue;
        }
        if let Some(price) = new.price(tx).filter(|price| !price.metered) {
            let whole = discounts::net(tx, before, &price.product, price.amount(new.quantity));
            let amount = price.chargeable(prorate(whole, left, before.period));
            let description =
                format!("Remaining time on {} after {on}", with_quantity(new.quantity, &price.product_name(tx)));
            lines.push(items::line(new, &price, description, amount, left, true));
        }
    }
    lines
}

fn with_quantity(quantity: u64, name: &str) -> String {
    if quantity == 1 { name.to_owned() } else { format!("{quantity} × {name}") }
}

/// Makes a change as `payment` says, and bills it.
pub(crate) fn make(
    tx: &mut Transaction<'_>,
    before: &Subscription,
    change: Change,
    payment: PaymentBehavior,
) -> Result<(), StripeError> {
    if payment == PaymentBehavior::Wait && !change.now.is_empty() && before.days_until_due.is_none() {
        return begin_pending(tx, before, change);
    }
    let invoice = apply(tx, change)?;
    let unpaid = invoice.is_some_and(|invoice| invoice.attempts > 0 && invoice.next_attempt.is_some());
    if unpaid && payment == PaymentBehavior::Refuse {
        return Err(StripeError::card("card_declined", Some("generic_decline"), "Your card was declined."));
    }
    Ok(())
}

/// Issues the invoice of a change and tries to charge it. If the charge is refused, the change is stored as pending;
/// otherwise it is made.
fn begin_pending(tx: &mut Transaction<'_>, before: &Subscription, change: Change) -> Result<(), StripeError> {
    let Change { after, now } = change;
    let period = Period { start: tx.now, end: tx.now };
    let invoice = invoicing::draft(tx, &after, BillingReason::SubscriptionUpdate, now, period);
    let ends_trial = before.status == Status::Trialing && after.status != Status::Trialing;
    // Everything but the items and the period changes at once.
    let mut waiting = Subscription {
        items: before.items.clone(),
        billing_cycle_anchor: before.billing_cycle_anchor,
        period: before.period,
        status: before.status,
        trial: before.trial,
        latest_invoice: Some(invoice.id.clone()),
        pending_update: Some(PendingUpdate {
            invoice: invoice.id.clone(),
            expires_at: tx.now.plus_secs(PENDING_LIFE_SECS),
            items: after.items.clone(),
            billing_cycle_anchor: after.billing_cycle_anchor,
            period: after.period,
            trial_end: ends_trial.then_some(tx.now),
        }),
        ..after
    };
    discounts::remove_spent(&mut waiting, &invoice.lines);
    waiting.save(tx);
    let mut invoice = invoicing::issue(tx, invoice)?;
    if invoice.status == InvoiceStatus::Open {
        let method = waiting.payment_method(tx);
        if let Err(refused) = invoicing::collect(tx, &mut invoice, method.as_deref()) {
            tracing::debug!(invoice = invoice.id, reason = refused.message, "charge declined, the change waits");
        }
    }
    Ok(())
}

/// Stores a change and bills it. A declined charge leaves the subscription changed and past due, as at Stripe.
pub(crate) fn apply(tx: &mut Transaction<'_>, change: Change) -> Result<Option<Invoice>, StripeError> {
    let Change { mut after, now } = change;
    if now.is_empty() {
        after.save(tx);
        return Ok(None);
    }
    let period = Period { start: tx.now, end: tx.now };
    let invoice = invoicing::draft(tx, &after, BillingReason::SubscriptionUpdate, now, period);
    after.latest_invoice = Some(invoice.id.clone());
    discounts::remove_spent(&mut after, &invoice.lines);
    after.save(tx);
    invoicing::bill(tx, &after, invoice).map(Some)
}

/// Credits unused time to the customer's balance, for a cancellation before the period's end.
pub(crate) fn credit_unused_time(tx: &mut Transaction<'_>, subscription: &Subscription) -> Result<(), StripeError> {
    let lines = prorations(tx, subscription, &[], true, tx.now);
    if lines.is_empty() || subscription.status == Status::Trialing {
        return Ok(());
    }
    let mut after = subscription.clone();
    let mut all = std::mem::take(&mut after.pending_lines);
    all.extend(lines);
    apply(tx, Change { after, now: all }).map(drop)
}
