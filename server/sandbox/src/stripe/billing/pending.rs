//! Changes that wait for their payment (Stripe: `pending_if_incomplete` and `pending_update`).

use super::{change::Change, discounts, invoicing};
use crate::{
    billing::period::Period,
    storage::Transaction,
    stripe::{
        error::StripeError,
        objects::{
            Resource,
            event::emit,
            invoice::{BillingReason, Invoice, InvoiceStatus},
            subscription::{PendingUpdate, Status, Subscription},
        },
    },
};

/// Stripe: a pending update expires after 23 hours.
const LIFE_SECS: i64 = 23 * 3600;

/// Issues the invoice of a change and tries to charge it. If the charge is refused, the change is stored as pending;
/// otherwise it is made.
pub(crate) fn begin(tx: &mut Transaction<'_>, before: &Subscription, change: Change) -> Result<(), StripeError> {
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
            expires_at: tx.now.plus_secs(LIFE_SECS),
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

/// Makes the pending update whose invoice is paid.
pub(super) fn apply_paid(tx: &mut Transaction<'_>, invoice: &Invoice) {
    let Some((mut subscription, pending)) = waiting_for(tx, invoice) else { return };
    let PendingUpdate { items, billing_cycle_anchor, period, trial_end, .. } = pending;
    subscription.items = items;
    subscription.billing_cycle_anchor = billing_cycle_anchor;
    subscription.period = period;
    if let Some(end) = trial_end {
        subscription.status = Status::Active;
        subscription.trial = subscription.trial.map(|trial| Period { end, ..trial });
    }
    subscription.save(tx);
    let object = subscription.json(tx);
    emit(tx, "customer.subscription.pending_update_applied", object);
}

/// Discards the pending update whose invoice is void.
pub(super) fn discard(tx: &mut Transaction<'_>, invoice: &Invoice) {
    if let Some((subscription, _)) = waiting_for(tx, invoice) {
        subscription.save(tx);
    }
}

/// Voids the invoice of a pending update that was not paid in time, which discards the update.
pub(super) fn expire(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    let invoice = subscription.pending_update.as_ref().and_then(|pending| tx.get::<Invoice>(&pending.invoice));
    if let Some(invoice) = invoice.filter(|invoice| invoice.status == InvoiceStatus::Open) {
        invoicing::void(tx, &invoice);
    } else {
        subscription.pending_update = None;
        subscription.save(tx);
    }
    if let Some(current) = tx.get::<Subscription>(&subscription.id) {
        let object = current.json(tx);
        emit(tx, "customer.subscription.pending_update_expired", object);
    }
}

/// The subscription that waits for the invoice, without its pending update, and the update.
fn waiting_for(tx: &Transaction<'_>, invoice: &Invoice) -> Option<(Subscription, PendingUpdate)> {
    let subscription = tx.get::<Subscription>(invoice.subscription.as_deref()?)?;
    let mut subscription = Subscription::clone(&subscription);
    let pending = subscription.pending_update.take().filter(|pending| pending.invoice == invoice.id)?;
    Some((subscription, pending))
}
