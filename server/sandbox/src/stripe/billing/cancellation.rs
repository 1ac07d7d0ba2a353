//! The end of a subscription.

use super::schedule;
use crate::{
    storage::Unit,
    stripe::objects::{
        Resource,
        event::emit,
        invoice::Invoice,
        subscription::{Status, Subscription},
    },
};

/// Ends a subscription now. Open invoices stay owed but are not retried.
pub(crate) fn end(unit: &mut Unit<'_>, mut subscription: Subscription, reason: Option<&str>) {
    let open: Vec<Invoice> = unit
        .all::<Invoice>()
        .filter(|it| it.subscription.as_deref() == Some(&subscription.id) && it.next_attempt.is_some())
        .map(|it| Invoice::clone(it))
        .collect();
    for mut invoice in open {
        invoice.next_attempt = None;
        unit.put(invoice);
    }
    schedule::cancel(unit, &subscription);
    subscription.status = Status::Canceled;
    subscription.canceled_at = subscription.canceled_at.or(Some(unit.now));
    subscription.ended_at = Some(unit.now);
    subscription.pending_lines.clear();
    if subscription.cancellation.reason.is_none() {
        subscription.cancellation.reason = reason.map(str::to_owned);
    }
    let object = subscription.json(unit);
    unit.put(subscription);
    emit(unit, "customer.subscription.deleted", object);
}
