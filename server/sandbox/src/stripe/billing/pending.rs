//! Changes that wait for their payment (Stripe: `pending_if_incomplete` and `pending_update`).

use crate::{
    billing::period::Period,
    storage::Transaction,
    stripe::objects::{
        Resource,
        event::emit,
        invoice::Invoice,
        subscription::{PendingUpdate, Status, Subscription},
    },
};

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

/// The subscription that waits for the invoice, without its pending update, and the update.
fn waiting_for(tx: &Transaction<'_>, invoice: &Invoice) -> Option<(Subscription, PendingUpdate)> {
    let subscription = tx.get::<Subscription>(invoice.subscription.as_deref()?)?;
    let mut subscription = Subscription::clone(&subscription);
    let pending = subscription.pending_update.take().filter(|pending| pending.invoice == invoice.id)?;
    Some((subscription, pending))
}
