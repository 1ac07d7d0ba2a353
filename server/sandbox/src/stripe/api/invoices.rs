//! `/v1/invoices`, `/v1/invoice_payments`

use serde_json::json;

use super::{coupons, customers, subscriptions};
use crate::{
    billing::period::{self, Period},
    storage::Unit,
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

pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?;
    must_exist::<Customer>(unit, customer.as_deref(), "customer")?;
    let subscription = params.text("subscription")?;
    must_exist::<Subscription>(unit, subscription.as_deref(), "subscription")?;
    let status = params.choice("status", &InvoiceStatus::CHOICES)?;
    params.accept(&["collection_method"]);
    let keep = |it: &Invoice| {
        customer.as_ref().is_none_or(|id| it.customer == *id)
            && (subscription.is_none() || it.subscription == subscription)
            && status.is_none_or(|status| it.status == status)
    };
    Ok(lists::page(unit, call, "/v1/invoices", keep)?.into())
}

/// Charges an open invoice now. A declined charge is returned as a card error, and the failed attempt is stored.
pub(crate) fn pay(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let mut invoice = find::<Invoice>(unit, &call.id)?;
    let method = call.params.text("payment_method")?;
    if let Some(id) = &method {
        customers::require_attached(unit, id, &invoice.customer, "payment_method")?;
    }
    call.params.accept(&["forgive", "mandate", "off_session", "paid_out_of_band", "source"]);
    call.params.finish()?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(match invoice.status {
            InvoiceStatus::Paid => "Invoice is already paid".to_owned(),
            status => format!("You can only pay open invoices. This invoice is {}.", status.as_str()),
        }));
    }
    let method = method.or_else(|| default_method(unit, &invoice));
    match invoicing::collect(unit, &mut invoice, method.as_deref()) {
        Ok(()) => Ok(find::<Invoice>(unit, &call.id)?.json(unit).into()),
        Err(refused) => Ok(Reply::CardRefused(refused)),
    }
}

pub(crate) fn void(unit: &mut Unit<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let invoice = find::<Invoice>(unit, &call.id)?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(format!(
            "You can only void open invoices. This invoice is {}.",
            invoice.status.as_str()
        )));
    }
    invoicing::void(unit, &invoice);
    Ok(find::<Invoice>(unit, &call.id)?.json(unit).into())
}

pub(crate) fn default_method(unit: &Unit<'_>, invoice: &Invoice) -> Option<String> {
    let subscription = invoice.subscription.as_deref().and_then(|id| unit.get::<Subscription>(id));
    match subscription {
        Some(subscription) => subscription.payment_method(unit),
        None => customers::existing(unit, &invoice.customer).ok()?.default_payment_method,
    }
}

/// Previews the invoice of a change, or of the next renewal. Stores nothing.
pub(crate) fn create_preview(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?.map(|id| customers::referenced_customer(unit, &id)).transpose()?;
    let scheduled = params.text("schedule")?;
    let scheduled = scheduled.map(|id| referenced::<SubscriptionSchedule>(unit, &id, "schedule")).transpose()?;
    let subscription = if let Some(schedule) = &scheduled {
        Subscription::clone(&*referenced::<Subscription>(unit, &schedule.subscription, "schedule")?)
    } else if let Some(id) = params.text("subscription")? {
        Subscription::clone(&*referenced::<Subscription>(unit, &id, "subscription")?)
    } else {
        let customer = customer.as_ref().ok_or_else(|| StripeError::missing("customer"))?;
        let live = unit.all::<Subscription>().rev().find(|it| it.customer == customer.id && it.status.is_live());
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
    let subscription = if scheduled.is_some() { schedule::with_next_phase(unit, &subscription) } else { subscription };
    let target = (subscription.customer.as_str(), Some(subscription.id.as_str()));
    let discounts = coupons::from_params(unit, params, target, &subscription.discounts)?;
    let subscription = match discounts {
        Some(discounts) => Subscription { discounts, ..subscription },
        None => subscription,
    };
    let invoice = preview(unit, &details, &subscription)?;
    params.accept(&["automatic_tax", "currency", "customer_details", "preview_mode"]);
    params.finish()?;
    Ok(invoice.json(unit).into())
}

fn preview(unit: &Unit<'_>, details: &Params, subscription: &Subscription) -> Result<Invoice, StripeError> {
    let behavior = details.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let trial = subscriptions::trial_end(details, unit.now)?;
    let items = subscriptions::changed_items(unit, details, subscription)?;
    let at = details.int("proration_date")?.map_or(unit.now, domain::time::Timestamp::from_secs);
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
        change::plan(unit, subscription, items, trial, behavior.unwrap_or(ProrationBehavior::CreateProrations), at)?;
    if !change.now.is_empty() {
        let period = Period { start: at, end: at };
        return Ok(invoicing::draft(unit, &change.after, BillingReason::SubscriptionUpdate, change.now, period));
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
    let every = items::billing_interval(unit, &after.items)?;
    let start = after.period.end;
    let next = Period { start, end: period::end_after(after.billing_cycle_anchor, start, every) };
    let mut lines = after.pending_lines.clone();
    lines.extend(items::period_lines(unit, &after.items, next));
    let ended = if after.status == Status::Trialing { Period { start: unit.now, end: start } } else { after.period };
    let mut invoice = invoicing::draft(unit, &after, BillingReason::Upcoming, lines, ended);
    // An invoice that is sent is not charged automatically.
    invoice.next_attempt = invoice.due_date.is_none().then_some(start);
    Ok(invoice)
}

pub(crate) fn lines(unit: &mut Unit<'_>, call: &Call) -> Answer {
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    Ok(find::<Invoice>(unit, &call.id)?.lines_json().into())
}

pub(crate) fn list_payments(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let invoice = params.text("invoice")?;
    let payment = params.group("payment")?;
    let intent = payment.as_ref().map(|it| it.text("payment_intent")).transpose()?.flatten();
    if let Some(payment) = &payment {
        payment.choice("type", &[("payment_intent", ())])?;
    }
    params.accept(&["limit", "status"]);
    params.finish()?;
    let found = unit.all::<Invoice>().rev().filter(|it| {
        it.payment_intent.is_some()
            && invoice.as_ref().is_none_or(|id| it.id == *id)
            && (intent.is_none() || it.payment_intent == intent)
    });
    let payments =
        found.filter_map(|it| Some(it.payment_json(&*unit.get::<PaymentIntent>(it.payment_intent.as_deref()?)?)));
    let mut data: Vec<_> = payments.take(101).collect();
    let has_more = data.len() > 100;
    data.truncate(100);
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": "/v1/invoice_payments" }).into())
}
