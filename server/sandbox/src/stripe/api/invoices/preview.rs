//! `/v1/invoices/create_preview`

use crate::{
    billing::period::{self, Period},
    storage::Transaction,
    stripe::{
        api::{
            customers,
            discounts::{self, Target},
            subscriptions,
        },
        billing::{change, invoicing, items, lifecycle, schedule},
        call::{Answer, Call},
        error::StripeError,
        objects::{
            Metadata, Resource,
            customer::Customer,
            invoice::{BillingReason, Invoice},
            referenced,
            subscription::{ProrationBehavior, Status, Subscription, WithoutCard},
            subscription_schedule::SubscriptionSchedule,
        },
        params::Params,
    },
};

/// Stripe's parameters of `subscription_details` that are accepted and ignored.
const WITHOUT_EFFECT: [&str; 6] =
    ["billing_cycle_anchor", "billing_mode", "cancel_at", "cancel_now", "default_tax_rates", "start_date"];

/// Previews the invoice of a change, of the next renewal or of a new subscription. Stores nothing.
pub(crate) fn create_preview(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?.map(|id| customers::referenced_customer(tx, &id)).transpose()?;
    let scheduled = params.text("schedule")?;
    let scheduled = scheduled.map(|id| referenced::<SubscriptionSchedule>(tx, &id, "schedule")).transpose()?;
    let named = params.text("subscription")?;
    let details = params.group("subscription_details")?.unwrap_or_default();
    if scheduled.is_none() && named.is_none() && details.names().iter().any(|name| name == "items") {
        let invoice = preview_new(tx, params, &details, customer.as_ref())?;
        params.finish()?;
        return Ok(invoice.json(tx).into());
    }
    let subscription = if let Some(schedule) = &scheduled {
        Subscription::clone(&*referenced::<Subscription>(tx, &schedule.subscription, "schedule")?)
    } else if let Some(id) = named {
        Subscription::clone(&*referenced::<Subscription>(tx, &id, "subscription")?)
    } else {
        live_subscription(tx, customer.as_ref())?
    };
    if customer.is_some_and(|customer| customer.id != subscription.customer) {
        return Err(StripeError::bad("subscription", "The subscription does not belong to the customer."));
    }
    if subscription.status.is_over() {
        return Err(no_upcoming_invoice(&subscription));
    }
    let mut subscription =
        if scheduled.is_some() { schedule::with_next_phase(tx, &subscription) } else { subscription };
    let target = Target {
        customer: Some(&subscription.customer),
        subscription: Some(&subscription.id),
        currency: Some(&subscription.currency),
    };
    if let Some(discounts) = discounts::from_params(tx, params, target, &subscription.discounts)? {
        subscription.discounts = discounts;
    }
    subscription.automatic_tax = subscriptions::automatic_tax(params)?.unwrap_or(subscription.automatic_tax);
    let invoice = preview(tx, &details, &subscription)?;
    params.accept(&["currency", "customer_details", "preview_mode"]);
    params.finish()?;
    Ok(invoice.json(tx).into())
}

fn live_subscription(tx: &Transaction<'_>, customer: Option<&Customer>) -> Result<Subscription, StripeError> {
    let customer = customer.ok_or_else(|| StripeError::missing("customer"))?;
    let live = tx.owned::<Subscription>(&customer.id).rev().find(|subscription| subscription.status.is_live());
    let live = live.map(|live| Subscription::clone(live));
    live.ok_or_else(|| {
        StripeError::bad_as(
            "invoice_upcoming_none",
            "customer",
            "No upcoming invoices for customer: name a subscription of theirs.",
        )
    })
}

fn no_upcoming_invoice(subscription: &Subscription) -> StripeError {
    let message = format!("No upcoming invoices for subscription: {}", subscription.id);
    StripeError::bad_as("invoice_upcoming_none", "subscription", message)
}

/// The first invoice of a subscription to `subscription_details[items]` that does not exist yet.
fn preview_new(
    tx: &Transaction<'_>,
    params: &Params,
    details: &Params,
    customer: Option<&Customer>,
) -> Result<Invoice, StripeError> {
    let currency = params.text("currency")?.map(|code| code.to_ascii_lowercase());
    let target = Target {
        customer: customer.map(|customer| customer.id.as_str()),
        subscription: None,
        currency: currency.as_deref(),
    };
    let discounts = discounts::from_params(tx, params, target, &[])?.unwrap_or_default();
    let items = subscriptions::new_items(tx, details)?;
    let trial_end = subscriptions::trial_end(details, tx.now)?.filter(|end| *end > tx.now);
    let new_subscription = lifecycle::NewSubscription {
        customer: customer.map(|customer| customer.id.clone()).unwrap_or_default(),
        items,
        default_payment_method: None,
        trial_end,
        cancel_at_period_end: false,
        cancel_at: None,
        discounts,
        without_card: WithoutCard::default(),
        description: None,
        metadata: Metadata::new(),
        charge_now: false,
        days_until_due: None,
        currency,
        automatic_tax: subscriptions::automatic_tax(params)?.unwrap_or(false),
    };
    details.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    details.accept(&WITHOUT_EFFECT);
    params.accept(&["customer_details", "preview_mode"]);
    let (_, invoice) = lifecycle::plan(tx, new_subscription)?;
    Ok(Invoice { subscription: None, ..invoice })
}

fn preview(tx: &Transaction<'_>, details: &Params, subscription: &Subscription) -> Result<Invoice, StripeError> {
    let behavior = details.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let trial = subscriptions::trial_end(details, tx.now)?;
    let items = subscriptions::changed_items(tx, details, subscription)?;
    let at = subscriptions::proration_date(details, tx.now, subscription.period)?;
    let ends = details.flag("cancel_at_period_end")?.unwrap_or(subscription.cancel_at_period_end);
    details.accept(&WITHOUT_EFFECT);
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
        return Err(no_upcoming_invoice(subscription));
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
