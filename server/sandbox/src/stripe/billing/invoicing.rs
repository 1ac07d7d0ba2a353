//! Creating invoices, charging them, and the effect of the outcome on the subscription.

use domain::time::Timestamp;

use super::{cancellation, discounts, payment, pending, tax};
use crate::{
    billing::period::Period,
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata, Resource,
            customer::Customer,
            event::emit,
            find,
            invoice::{BillingReason, Invoice, InvoiceStatus, line::Line},
            payment_intent::{PaymentIntent, PaymentStatus},
            subscription::{PauseBehavior, Status, Subscription},
        },
    },
};

/// Days from an invoice's finalization to each retry of its charge. With the first charge, these are eight attempts
/// within two weeks (Stripe: "Smart Retries", recommended setting). If all are declined, the subscription is canceled.
const RETRY_DAYS: [i64; 7] = [1, 3, 5, 7, 9, 11, 14];

/// A draft invoice with the customer's balance applied. Stores nothing.
pub(crate) fn draft(
    tx: &Transaction<'_>,
    subscription: &Subscription,
    reason: BillingReason,
    mut lines: Vec<Line>,
    period: Period,
) -> Invoice {
    let redeemed = discounts::apply(tx, subscription, &mut lines);
    tax::apply(tx, subscription, &mut lines);
    let balance = tx.get::<Customer>(&subscription.customer).map_or(0, |customer| customer.balance);
    let total: i64 = lines.iter().map(Line::total).sum();
    Invoice {
        id: ids::new("in"),
        number: None,
        created: tx.now,
        customer: subscription.customer.clone(),
        subscription: Some(subscription.id.clone()),
        status: InvoiceStatus::Draft,
        reason,
        currency: subscription.currency.clone(),
        lines,
        redeemed,
        amount_due: (total + balance).max(0),
        starting_balance: balance,
        ending_balance: None,
        attempts: 0,
        next_attempt: None,
        due_date: subscription.days_until_due.map(|days| tx.now.plus_secs(i64::from(days) * 86_400)),
        period,
        payment_intent: None,
        finalized_at: None,
        paid_at: None,
        voided_at: None,
        metadata: Metadata::new(),
        automatic_tax: subscription.automatic_tax,
        page: ids::secret("inv"),
    }
}

/// Finalizes and stores the invoice. An invoice with nothing due becomes paid at once. Stripe keeps a renewal's
/// invoice as a draft for an hour. The sandbox finalizes it immediately.
pub(crate) fn issue(tx: &mut Transaction<'_>, mut invoice: Invoice) -> Result<Invoice, StripeError> {
    let object = invoice.json(tx);
    tx.put(invoice.clone());
    emit(tx, "invoice.created", object);

    let mut customer = find::<Customer>(tx, &invoice.customer)?;
    invoice.number = Some(format!("{}-{:04}", customer.invoice_prefix, customer.next_invoice_sequence));
    invoice.ending_balance = Some((invoice.total() + invoice.starting_balance).min(0));
    customer.next_invoice_sequence += 1;
    customer.balance = invoice.ending_balance.unwrap_or(0);
    customer.currency = Some(invoice.currency.clone());
    customer.discount = customer.discount.filter(|discount| !discounts::is_spent(discount, &invoice.lines));
    tx.put(customer);

    invoice.status = InvoiceStatus::Open;
    invoice.finalized_at = Some(tx.now);
    if invoice.amount_due > 0 {
        let description = Some(format!("Invoice {}", invoice.number.as_deref().unwrap_or_default()));
        let intent =
            payment::new_intent(tx, Some(&invoice.customer), invoice.amount_due, &invoice.currency, description);
        invoice.payment_intent = Some(intent.id);
    }
    let object = invoice.json(tx);
    tx.put(invoice.clone());
    emit(tx, "invoice.finalized", object);
    if invoice.amount_due == 0 {
        mark_paid(tx, &mut invoice);
    }
    Ok(invoice)
}

/// Issues and charges an invoice. A declined charge starts the retries and is not an error.
pub(super) fn bill(
    tx: &mut Transaction<'_>,
    subscription: &Subscription,
    invoice: Invoice,
) -> Result<Invoice, StripeError> {
    if let Some(pause) = subscription.pause {
        return finalize_paused(tx, invoice, pause.behavior);
    }
    let mut invoice = issue(tx, invoice)?;
    if invoice.status == InvoiceStatus::Open && invoice.due_date.is_none() {
        let method = subscription.payment_method(tx);
        let outcome = collect(tx, &mut invoice, method.as_deref());
        if let Err(refused) = outcome {
            tracing::debug!(invoice = invoice.id, reason = refused.message, "charge declined");
        }
    }
    Ok(invoice)
}

/// Finalizes an invoice while collection is paused (Stripe: `pause_collection[behavior]`).
fn finalize_paused(
    tx: &mut Transaction<'_>,
    invoice: Invoice,
    behavior: PauseBehavior,
) -> Result<Invoice, StripeError> {
    if behavior == PauseBehavior::KeepAsDraft {
        let object = invoice.json(tx);
        tx.put(invoice.clone());
        emit(tx, "invoice.created", object);
        return Ok(invoice);
    }
    let mut invoice = issue(tx, invoice)?;
    if invoice.status != InvoiceStatus::Open {
        return Ok(invoice);
    }
    if behavior == PauseBehavior::Void {
        void(tx, &invoice);
        return find::<Invoice>(tx, &invoice.id);
    }
    invoice.status = InvoiceStatus::Uncollectible;
    let object = invoice.json(tx);
    tx.put(invoice.clone());
    emit(tx, "invoice.marked_uncollectible", object);
    Ok(invoice)
}

fn mark_paid(tx: &mut Transaction<'_>, invoice: &mut Invoice) {
    invoice.status = InvoiceStatus::Paid;
    invoice.paid_at = Some(tx.now);
    invoice.next_attempt = None;
    let object = invoice.json(tx);
    tx.put(invoice.clone());
    emit(tx, "invoice.paid", object.clone());
    emit(tx, "invoice.payment_succeeded", object);
    pending::apply_paid(tx, invoice);
}

/// Charges an open invoice. A declined charge leaves it open and counts as an attempt.
pub(crate) fn charge(tx: &mut Transaction<'_>, invoice: &mut Invoice, method: Option<&str>) -> Result<(), StripeError> {
    if invoice.status != InvoiceStatus::Open {
        return Ok(());
    }
    let intent = invoice.payment_intent.clone().unwrap_or_default();
    let charged = payment::charge(tx, &intent, Some(&invoice.customer), method);
    invoice.attempts += 1;
    if charged.is_ok() {
        mark_paid(tx, invoice);
    } else {
        let object = invoice.json(tx);
        tx.put(invoice.clone());
        emit(tx, "invoice.payment_failed", object);
    }
    charged
}

/// Charges an open invoice and updates its subscription by the outcome.
pub(crate) fn collect(
    tx: &mut Transaction<'_>,
    invoice: &mut Invoice,
    method: Option<&str>,
) -> Result<(), StripeError> {
    let first_try = invoice.attempts == 0;
    let subscription = invoice
        .subscription
        .as_deref()
        .and_then(|id| tx.get::<Subscription>(id))
        .filter(|subscription| !subscription.status.is_over())
        .map(|subscription| Subscription::clone(&subscription));
    let is_sent = invoice.due_date.is_some();
    let pending = subscription.as_ref().and_then(|subscription| subscription.pending_update.as_ref());
    let is_pending = pending.is_some_and(|pending| pending.invoice == invoice.id);
    let may_retry =
        subscription.is_some() && !is_sent && !is_pending && invoice.reason != BillingReason::SubscriptionCreate;
    if may_retry {
        let retries = retries_from(invoice.finalized_at.unwrap_or(tx.now));
        invoice.next_attempt = retries.into_iter().find(|at| *at > tx.now);
    } else {
        invoice.next_attempt = None;
    }
    let charged = charge(tx, invoice, method);
    // The payment may have made a pending update.
    let subscription = subscription.map(|former| match tx.get::<Subscription>(&former.id) {
        Some(current) => Subscription::clone(&current),
        None => former,
    });
    let Some(mut subscription) = subscription else { return charged };
    match &charged {
        Ok(()) => {
            let others = tx.owned::<Invoice>(&invoice.customer).any(|other| {
                other.subscription == invoice.subscription && other.id != invoice.id && other.is_overdue(tx.now)
            });
            if subscription.status == Status::Incomplete || (subscription.status == Status::PastDue && !others) {
                subscription.status = Status::Active;
                subscription.save(tx);
            }
        }
        Err(_) if may_retry && invoice.next_attempt.is_none() && !first_try => {
            cancellation::end(tx, subscription, Some("payment_failed"));
        }
        Err(_) if may_retry => {
            subscription.status = Status::PastDue;
            subscription.save(tx);
        }
        Err(_) => {}
    }
    charged
}

fn retries_from(first: Timestamp) -> [Timestamp; RETRY_DAYS.len()] {
    RETRY_DAYS.map(|days| first.plus_secs(days * 86_400))
}

/// Voids an open invoice: it is no longer owed or retried.
pub(crate) fn void(tx: &mut Transaction<'_>, invoice: &Invoice) {
    let mut invoice = invoice.clone();
    invoice.status = InvoiceStatus::Void;
    invoice.voided_at = Some(tx.now);
    invoice.next_attempt = None;
    if let Some(intent) = invoice.payment_intent.as_deref().and_then(|id| tx.get::<PaymentIntent>(id)) {
        let mut intent = PaymentIntent::clone(&intent);
        intent.status = PaymentStatus::Canceled;
        tx.put(intent);
    }
    let object = invoice.json(tx);
    tx.put(invoice.clone());
    emit(tx, "invoice.voided", object);
    pending::discard(tx, &invoice);
}
