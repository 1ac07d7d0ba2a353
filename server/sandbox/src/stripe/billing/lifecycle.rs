//! A subscription's start, renewals and end.

use domain::time::Timestamp;

use super::{cancellation, discounts, invoicing, items, schedule};
use crate::{
    billing::period::{self, Period},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata, Resource,
            coupon::Discount,
            event::emit,
            invoice::{BillingReason, Invoice, InvoiceStatus},
            subscription::{Cancellation, Item, Status, Subscription, WithoutCard},
        },
    },
};

/// The parameters of a new subscription.
pub(crate) struct NewSubscription {
    pub(crate) customer: String,
    pub(crate) items: Vec<Item>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) trial_end: Option<Timestamp>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) cancel_at: Option<Timestamp>,
    pub(crate) discounts: Vec<Discount>,
    pub(crate) without_card: WithoutCard,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// Whether to charge the first invoice now. Otherwise it stays open for the customer to pay.
    pub(crate) charge_now: bool,
    /// Set if invoices are sent instead of charged.
    pub(crate) days_until_due: Option<u16>,
    /// Lower case. `None` for the own currency of the first price.
    pub(crate) currency: Option<String>,
    pub(crate) automatic_tax: bool,
}

/// A new subscription and its first invoice. Stores nothing.
pub(crate) fn plan(tx: &Transaction<'_>, with: NewSubscription) -> Result<(Subscription, Invoice), StripeError> {
    let every = items::billing_interval(tx, &with.items)?;
    let own = || with.items.first().and_then(|item| item.price(tx)).map(|price| price.currency_code());
    let currency = with.currency.clone().or_else(own).unwrap_or_else(|| "usd".to_owned());
    let now = tx.now;
    let anchor = with.trial_end.unwrap_or(now);
    let end = with.trial_end.unwrap_or_else(|| period::end_after(anchor, now, every));
    let mut subscription = Subscription {
        id: ids::new("sub"),
        created: now,
        customer: with.customer,
        status: if with.trial_end.is_some() { Status::Trialing } else { Status::Incomplete },
        items: items::in_currency(tx, with.items, &currency)?,
        currency,
        billing_cycle_anchor: anchor,
        period: Period { start: now, end },
        start_date: now,
        trial: with.trial_end.map(|end| Period { start: now, end }),
        trial_end_announced: false,
        without_card: with.without_card,
        schedule: None,
        cancel_at: with.cancel_at,
        cancel_at_period_end: with.cancel_at_period_end,
        canceled_at: (with.cancel_at_period_end || with.cancel_at.is_some()).then_some(now),
        ended_at: None,
        cancellation: Cancellation::default(),
        default_payment_method: with.default_payment_method,
        latest_invoice: None,
        description: with.description,
        metadata: with.metadata,
        discounts: with.discounts,
        pause: None,
        days_until_due: with.days_until_due,
        pending_lines: Vec::new(),
        automatic_tax: with.automatic_tax,
        pending_update: None,
    };
    let mut lines = items::period_lines(tx, &subscription.items, subscription.period);
    if subscription.trial.is_some() {
        for line in &mut lines {
            line.amount = 0;
            line.description = format!("Trial period for {}", line.description);
        }
    }
    for discount in &mut subscription.discounts {
        discount.subscription = Some(subscription.id.clone());
    }
    let period = Period { start: now, end: now };
    let invoice = invoicing::draft(tx, &subscription, BillingReason::SubscriptionCreate, lines, period);
    Ok((subscription, invoice))
}

/// Starts a subscription and issues its first invoice. A declined charge leaves the subscription `incomplete`. The
/// card error is then returned with it.
pub(crate) fn begin(
    tx: &mut Transaction<'_>,
    with: NewSubscription,
) -> Result<(Subscription, Option<StripeError>), StripeError> {
    let charge_now = with.charge_now;
    let (mut subscription, invoice) = plan(tx, with)?;
    subscription.latest_invoice = Some(invoice.id.clone());
    discounts::remove_spent(&mut subscription, &invoice.lines);
    tx.put(subscription.clone());
    let mut invoice = invoicing::issue(tx, invoice)?;
    let mut refused = None;
    let is_sent = subscription.days_until_due.is_some();
    if is_sent && subscription.status == Status::Incomplete {
        subscription.status = Status::Active;
    }
    if charge_now && !is_sent && invoice.status == InvoiceStatus::Open {
        let method = subscription.payment_method(tx);
        refused = invoicing::charge(tx, &mut invoice, method.as_deref()).err();
    }
    if invoice.status == InvoiceStatus::Paid && subscription.status == Status::Incomplete {
        subscription.status = Status::Active;
    }
    let object = subscription.json(tx);
    tx.put(subscription.clone());
    emit(tx, "customer.subscription.created", object);
    Ok((subscription, refused))
}

/// When a period or a trial ends, starts the next period and charges its invoice.
pub(crate) fn renew(tx: &mut Transaction<'_>, mut subscription: Subscription) -> Result<(), StripeError> {
    let cancels = subscription.status == Status::Trialing && subscription.without_card == WithoutCard::Cancel;
    if cancels && subscription.payment_method(tx).is_none() {
        cancellation::end(tx, subscription, None);
        return Ok(());
    }
    schedule::advance_phase(tx, &mut subscription)?;
    let every = items::billing_interval(tx, &subscription.items)?;
    let ended = subscription.period;
    let start = ended.end;
    subscription.period = Period { start, end: period::end_after(subscription.billing_cycle_anchor, start, every) };
    if subscription.status == Status::Trialing {
        subscription.status = Status::Active;
    }
    discounts::remove_ended(&mut subscription, start);
    let mut lines = std::mem::take(&mut subscription.pending_lines);
    lines.extend(items::period_lines(tx, &subscription.items, subscription.period));
    let invoice = invoicing::draft(tx, &subscription, BillingReason::SubscriptionCycle, lines, ended);
    subscription.latest_invoice = Some(invoice.id.clone());
    discounts::remove_spent(&mut subscription, &invoice.lines);
    subscription.save(tx);
    invoicing::bill(tx, &subscription, invoice).map(drop)
}

/// Expires a subscription whose first payment was never made.
pub(crate) fn expire_incomplete(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    let invoice = subscription.latest_invoice.as_deref().and_then(|id| tx.get::<Invoice>(id));
    if let Some(invoice) = invoice.filter(|invoice| invoice.status == InvoiceStatus::Open) {
        invoicing::void(tx, &invoice);
    }
    subscription.status = Status::IncompleteExpired;
    subscription.ended_at = Some(tx.now);
    subscription.save(tx);
}
