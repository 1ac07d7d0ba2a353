//! A subscription's start, renewals and end.

use domain::time::Timestamp;

use super::{discounts, invoicing, schedule};
use crate::{
    billing::{
        interval::Recurring,
        period::{self, Period},
    },
    storage::{Unit, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata, Resource,
            coupon::Discount,
            event::emit,
            invoice::{BillingReason, Invoice, InvoiceStatus, line::Line},
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
}

/// The billing interval, which all items share. Fails if they differ or are not recurring.
pub(crate) fn billing_interval(unit: &Unit<'_>, items: &[Item]) -> Result<Recurring, StripeError> {
    let mut found: Option<Recurring> = None;
    for item in items {
        let every = item.price(unit).and_then(|price| price.recurring).ok_or_else(|| {
            StripeError::bad("items[0][price]", "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
        })?;
        if found.is_some_and(|found| found != every) {
            return Err(StripeError::bad(
                "items",
                "Currency and interval fields must match across all plans on this subscription.",
            ));
        }
        found = Some(every);
    }
    found.ok_or_else(|| StripeError::missing("items"))
}

/// Fails unless all items have the subscription's currency, which never changes.
pub(crate) fn require_currency(unit: &Unit<'_>, items: &[Item], currency: &str) -> Result<(), StripeError> {
    let prices = items.iter().filter_map(|item| item.price(unit));
    match prices.map(|price| price.currency_code()).find(|code| code != currency) {
        Some(other) => Err(StripeError::refused(format!(
            "The price specified only supports `{other}`. This doesn't match the expected currency: `{currency}`."
        ))),
        None => Ok(()),
    }
}

/// The invoice lines for one whole period of every item.
pub(crate) fn period_lines(unit: &Unit<'_>, items: &[Item], period: Period) -> Vec<Line> {
    let lines = items.iter().filter_map(|item| {
        let price = item.price(unit)?;
        Some(invoicing::period_line(unit, item, &price, period))
    });
    lines.collect()
}

/// Starts a subscription and issues its first invoice. A declined charge leaves it `incomplete`.
pub(crate) fn begin(
    unit: &mut Unit<'_>,
    with: NewSubscription,
) -> Result<(Subscription, Option<StripeError>), StripeError> {
    let every = billing_interval(unit, &with.items)?;
    let currency = with.items.first().and_then(|item| item.price(unit)).map(|price| price.currency_code());
    if let Some(currency) = &currency {
        require_currency(unit, &with.items, currency)?;
    }
    let now = unit.now;
    let anchor = with.trial_end.unwrap_or(now);
    let end = with.trial_end.unwrap_or_else(|| period::end_after(anchor, now, every));
    let mut subscription = Subscription {
        id: ids::new("sub"),
        created: now,
        customer: with.customer,
        status: if with.trial_end.is_some() { Status::Trialing } else { Status::Incomplete },
        currency: currency.unwrap_or_else(|| "usd".to_owned()),
        items: with.items,
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
    };
    let mut lines = period_lines(unit, &subscription.items, subscription.period);
    if subscription.trial.is_some() {
        for line in &mut lines {
            line.amount = 0;
            line.description = format!("Trial period for {}", line.description);
        }
    }
    let invoice = invoicing::draft(
        unit,
        &subscription,
        BillingReason::SubscriptionCreate,
        lines,
        Period { start: now, end: now },
    );
    subscription.latest_invoice = Some(invoice.id.clone());
    for discount in &mut subscription.discounts {
        discount.subscription = Some(subscription.id.clone());
    }
    discounts::remove_spent(&mut subscription, &invoice.lines);
    unit.put(subscription.clone());
    let mut invoice = invoicing::issue(unit, invoice)?;
    let mut refused = None;
    let is_sent = subscription.days_until_due.is_some();
    if is_sent && subscription.status == Status::Incomplete {
        subscription.status = Status::Active;
    }
    if with.charge_now && !is_sent && invoice.status == InvoiceStatus::Open {
        let method = subscription.payment_method(unit);
        refused = invoicing::charge(unit, &mut invoice, method.as_deref()).err();
    }
    if invoice.status == InvoiceStatus::Paid && subscription.status == Status::Incomplete {
        subscription.status = Status::Active;
    }
    let object = subscription.json(unit);
    unit.put(subscription.clone());
    emit(unit, "customer.subscription.created", object);
    Ok((subscription, refused))
}

/// Starts the next period at the end of the last, or of a trial, and charges its invoice.
pub(crate) fn renew(unit: &mut Unit<'_>, mut subscription: Subscription) -> Result<(), StripeError> {
    let cancels = subscription.status == Status::Trialing && subscription.without_card == WithoutCard::Cancel;
    if cancels && subscription.payment_method(unit).is_none() {
        end(unit, subscription, None);
        return Ok(());
    }
    schedule::advance_phase(unit, &mut subscription)?;
    let every = billing_interval(unit, &subscription.items)?;
    let ended = subscription.period;
    let start = ended.end;
    subscription.period = Period { start, end: period::end_after(subscription.billing_cycle_anchor, start, every) };
    if subscription.status == Status::Trialing {
        subscription.status = Status::Active;
    }
    discounts::remove_ended(&mut subscription, start);
    let mut lines = std::mem::take(&mut subscription.pending_lines);
    lines.extend(period_lines(unit, &subscription.items, subscription.period));
    let invoice = invoicing::draft(unit, &subscription, BillingReason::SubscriptionCycle, lines, ended);
    subscription.latest_invoice = Some(invoice.id.clone());
    discounts::remove_spent(&mut subscription, &invoice.lines);
    subscription.save(unit);
    bill(unit, &subscription, invoice).map(drop)
}

/// Issues and charges an invoice. A declined charge starts the retries and is not an error.
pub(crate) fn bill(unit: &mut Unit<'_>, subscription: &Subscription, invoice: Invoice) -> Result<Invoice, StripeError> {
    if let Some(pause) = subscription.pause {
        return invoicing::finalize_paused(unit, invoice, pause.behavior);
    }
    let mut invoice = invoicing::issue(unit, invoice)?;
    if invoice.status == InvoiceStatus::Open && invoice.due_date.is_none() {
        let method = subscription.payment_method(unit);
        let outcome = invoicing::collect(unit, &mut invoice, method.as_deref());
        if let Err(refused) = outcome {
            tracing::debug!(invoice = invoice.id, reason = refused.message, "charge declined");
        }
    }
    Ok(invoice)
}

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

/// Expires a subscription whose first payment was never made.
pub(crate) fn expire_incomplete(unit: &mut Unit<'_>, mut subscription: Subscription) {
    let invoice = subscription.latest_invoice.as_deref().and_then(|id| unit.get::<Invoice>(id));
    if let Some(invoice) = invoice.filter(|it| it.status == InvoiceStatus::Open) {
        invoicing::void(unit, &invoice);
    }
    subscription.status = Status::IncompleteExpired;
    subscription.ended_at = Some(unit.now);
    subscription.save(unit);
}
