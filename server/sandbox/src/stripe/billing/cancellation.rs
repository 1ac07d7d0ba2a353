//! The end of a subscription.

use super::schedule;
use crate::{
    storage::Transaction,
    stripe::objects::{
        Resource,
        event::emit,
        invoice::Invoice,
        subscription::{Status, Subscription},
    },
};

/// Ends a subscription now. Open invoices stay owed but are not retried.
pub(crate) fn end(tx: &mut Transaction<'_>, mut subscription: Subscription, reason: Option<&str>) {
    let open: Vec<Invoice> = tx
        .owned::<Invoice>(&subscription.customer)
        .filter(|invoice| invoice.subscription.as_deref() == Some(&subscription.id) && invoice.next_attempt.is_some())
        .map(|invoice| Invoice::clone(invoice))
        .collect();
    for mut invoice in open {
        invoice.next_attempt = None;
        tx.put(invoice);
    }
    schedule::cancel(tx, &subscription);
    subscription.status = Status::Canceled;
    subscription.canceled_at = subscription.canceled_at.or(Some(tx.now));
    subscription.ended_at = Some(tx.now);
    subscription.pending_lines.clear();
    if subscription.cancellation.reason.is_none() {
        subscription.cancellation.reason = reason.map(str::to_owned);
    }
    let object = subscription.json(tx);
    tx.put(subscription);
    emit(tx, "customer.subscription.deleted", object);
}
