//! `/v1/invoices`, `/v1/invoice_payments`

use serde_json::json;

use super::{coupons, customers, subscriptions};
use crate::{
    billing::period::{self, Period},
    storage::Transaction,
    stripe::{
        billing::{change, invoicing, items, schedule},
        call::{Answer, Call, Reply},
        error::StripeError,
        lists,
        objects::{
            Resource,
            customer::Customer,
            find,
            invoice::{BillingReason, Invoice, InvoiceStatus},
            must_exist,
            payment_intent::PaymentIntent,
            referenced,
            subscription::{ProrationBehavior, Status, Subscription},
            subscription_schedule::SubscriptionSchedule,
        },
        params::Params,
    },
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?;
    must_exist::<Customer>(tx, customer.as_deref(), "customer")?;
    let subscription = params.text("subscription")?;
    must_exist::<Subscription>(tx, subscription.as_deref(), "subscription")?;
    let status = params.choice("status", &InvoiceStatus::CHOICES)?;
    params.accept(&["collection_method"]);
    let keep = |invoice: &Invoice| {
        customer.as_ref().is_none_or(|id| invoice.customer == *id)
            && (subscription.is_none() || invoice.subscription == subscription)
            && status.is_none_or(|status| invoice.status == status)
    };
    Ok(lists::page(tx, call, "/v1/invoices", keep)?.into())
}

/// Charges an open invoice now. A declined charge is returned as a card error, and the failed attempt is stored.
pub(crate) fn pay(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut invoice = find::<Invoice>(tx, &call.id)?;
    let method = call.params.text("payment_method")?;
    if let Some(id) = &method {
        customers::require_attached(tx, id, &invoice.customer, "payment_method")?;
    }
    call.params.accept(&["forgive", "mandate", "off_session", "paid_out_of_band", "source"]);
    call.params.finish()?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(match invoice.status {
            InvoiceStatus::Paid => "Invoice is already paid".to_owned(),
            status => format!("You can only pay open invoices. This invoice is {}.", status.as_str()),
        }));
    }
    let method = method.or_else(|| default_method(tx, &invoice));
    match invoicing::collect(tx, &mut invoice, method.as_deref()) {
        Ok(()) => Ok(find::<Invoice>(tx, &call.id)?.json(tx).into()),
        Err(refused) => Ok(Reply::CardRefused(refused)),
    }
}

pub(crate) fn void(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let invoice = find::<Invoice>(tx, &call.id)?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(format!(
            "You can only void open invoices. This invoice is {}.",
            invoice.status.as_str()
        )));
    }
    invoicing::void(tx, &invoice);
    Ok(find::<Invoice>(tx, &call.id)?.json(tx).into())
}

pub(crate) fn default_method(tx: &Transaction<'_>, invoice: &Invoice) -> Option<String> {
    let subscription = invoice.subscription.as_deref().and_then(|id| tx.get::<Subscription>(id));
    match subscription {
        Some(subscription) => subscription.payment_method(tx),
        None => customers::existing(tx, &invoice.customer).ok()?.default_payment_method,
    }
}

/// Previews the invoice of a change, or of the next renewal. Stores nothing.
pub(crate) fn create_preview(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?.map(|id| customers::referenced_customer(tx, &id)).transpose()?;
    let scheduled = params.text("schedule")?;
    let scheduled = scheduled.map(|id| referenced::<SubscriptionSchedule>(tx, &id, "schedule")).transpose()?;
    let subscription = if let Some(schedule) = &scheduled {
        Subscription::clone(&*referenced::<Subscription>(tx, &schedule.subscription, "schedule")?)
    } else if let Some(id) = params.text("subscription")? {
        Subscription::clone(&*referenced::<Subscription>(tx, &id, "subscription")?)
    } else {
        let customer = customer.as_ref().ok_or_else(|| StripeError::missing("customer"))?;
        let live = tx
            .all::<Subscription>()
            .rev()
            .find(|subscription| subscription.customer == customer.id && subscription.status.is_live());
        let live = live.ok_or_else(|| {
            StripeError::bad_as(
                "invoice_upcoming_none",
                "customer",
                "No upcoming invoices for customer: name a subscription of theirs.",
            )
        })?;
        Subscription::clone(live)
    };
    if customer.is_some_and(|customer| customer.id != subscription.customer) {
        return Err(StripeError::bad("subscription", "The subscription does not belong to the customer."));
    }
    if subscription.status.is_over() {
        return Err(StripeError::bad_as(
            "invoice_upcoming_none",
            "subscription",
            format!("No upcoming invoices for subscription: {}", subscription.id),
        ));
    }
    let details = params.group("subscription_details")?.unwrap_or_default();
    let subscription = if scheduled.is_some() { schedule::with_next_phase(tx, &subscription) } else { subscription };
    let target = (subscription.customer.as_str(), Some(subscription.id.as_str()));
    let discounts = coupons::from_params(tx, params, target, &subscription.discounts)?;
    let subscription = match discounts {
        Some(discounts) => Subscription { discounts, ..subscription },
        None => subscription,
    };
    let invoice = preview(tx, &details, &subscription)?;
    params.accept(&["automatic_tax", "currency", "customer_details", "preview_mode"]);
    params.finish()?;
    Ok(invoice.json(tx).into())
}

fn preview(tx: &Transaction<'_>, details: &Params, subscription: &Subscription) -> Result<Invoice, StripeError> {
    let behavior = details.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let trial = subscriptions::trial_end(details, tx.now)?;
    let items = subscriptions::changed_items(tx, details, subscription)?;
    let at = details.int("proration_date")?.map_or(tx.now, domain::time::Timestamp::from_secs);
    let ends = details.flag("cancel_at_period_end")?.unwrap_or(subscription.cancel_at_period_end);
    details.accept(&[
        "billing_cycle_anchor",
        "billing_mode",
        "cancel_at",
        "cancel_now",
        "default_tax_rates",
        "start_date",
    ]);
    if at < subscription.period.start || at > subscription.period.end {
        return Err(StripeError::bad(
            "subscription_details[proration_date]",
            "Cannot specify proration_date outside of the current period.",
        ));
    }
    let is_change = items != subscription.items || trial.is_some();
    let change =
        change::plan(tx, subscription, items, trial, behavior.unwrap_or(ProrationBehavior::CreateProrations), at)?;
    if !change.now.is_empty() {
        let period = Period { start: at, end: at };
        return Ok(invoicing::draft(tx, &change.after, BillingReason::SubscriptionUpdate, change.now, period));
    }
    // There is no upcoming invoice if the subscription ends before it renews.
    let ends = ends || subscription.cancel_at.is_some_and(|at| at <= subscription.period.end);
    if ends && !is_change {
        return Err(StripeError::bad_as(
            "invoice_upcoming_none",
            "subscription",
            format!("No upcoming invoices for subscription: {}", subscription.id),
        ));
    }
    let after = change.after;
    let every = items::billing_interval(tx, &after.items)?;
    let start = after.period.end;
    let next = Period { start, end: period::end_after(after.billing_cycle_anchor, start, every) };
    let mut lines = after.pending_lines.clone();
    lines.extend(items::period_lines(tx, &after.items, next));
    let ended = if after.status == Status::Trialing { Period { start: tx.now, end: start } } else { after.period };
    let mut invoice = invoicing::draft(tx, &after, BillingReason::Upcoming, lines, ended);
    // An invoice that is sent is not charged automatically.
    invoice.next_attempt = invoice.due_date.is_none().then_some(start);
    Ok(invoice)
}

pub(crate) fn lines(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    Ok(find::<Invoice>(tx, &call.id)?.lines_json().into())
}

pub(crate) fn list_payments(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let invoice = params.text("invoice")?;
    let payment = params.group("payment")?;
    let intent = payment.as_ref().map(|payment| payment.text("payment_intent")).transpose()?.flatten();
    if let Some(payment) = &payment {
        payment.choice("type", &[("payment_intent", ())])?;
    }
    params.accept(&["limit", "status"]);
    params.finish()?;
    let found = tx.all::<Invoice>().rev().filter(|candidate| {
        candidate.payment_intent.is_some()
            && invoice.as_ref().is_none_or(|id| candidate.id == *id)
            && (intent.is_none() || candidate.payment_intent == intent)
    });
    let payments = found.filter_map(|invoice| {
        Some(invoice.payment_json(&*tx.get::<PaymentIntent>(invoice.payment_intent.as_deref()?)?))
    });
    let mut data: Vec<_> = payments.take(101).collect();
    let has_more = data.len() > 100;
    data.truncate(100);
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": "/v1/invoice_payments" }).into())
}
