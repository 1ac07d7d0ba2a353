//! `/v1/subscriptions`

mod write;

pub(crate) use write::{
    automatic_tax, changed_items, new_item, new_items, proration_date, read_item, set_cancel_at_period_end, trial_end,
    without_card,
};

use super::{
    customers,
    discounts::{self, Target},
};
use crate::{
    storage::Transaction,
    stripe::{
        billing::{cancellation, change, lifecycle},
        call::{Answer, Call, Reply},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            customer::Customer,
            find, must_exist,
            subscription::{PaymentBehavior, ProrationBehavior, Status, Subscription},
        },
    },
};

/// Stripe's parameters that are accepted and ignored.
const WITHOUT_EFFECT: [&str; 8] = [
    "application_fee_percent",
    "billing_mode",
    "billing_thresholds",
    "default_tax_rates",
    "invoice_settings",
    "off_session",
    "on_behalf_of",
    "payment_settings",
];

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = customers::referenced_customer(tx, &params.require("customer")?)?;
    let items = new_items(tx, params)?;
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    let method = params.text("default_payment_method")?;
    if let Some(id) = &method {
        customers::require_attached(tx, id, &customer.id, "default_payment_method")?;
    }
    let behavior = params.choice("payment_behavior", &PaymentBehavior::CHOICES)?.unwrap_or_default();
    if behavior == PaymentBehavior::Wait {
        return Err(StripeError::bad(
            "payment_behavior",
            "`payment_behavior=pending_if_incomplete` is only allowed when updating a subscription.",
        ));
    }
    let currency = params.text("currency")?.map(|code| code.to_ascii_lowercase());
    let target = Target { customer: Some(&customer.id), subscription: None, currency: currency.as_deref() };
    let trial_days = params.int("trial_period_days")?.filter(|days| (1..=730).contains(days));
    let trial = trial_end(params, tx.now)?.filter(|end| *end > tx.now);
    let mut description = None;
    params.patch("description", &mut description)?;
    let cancel_at = params.int("cancel_at")?.map(|at| write::future_timestamp(at, tx.now, "cancel_at")).transpose()?;
    let discounts = discounts::from_params(tx, params, target, &[])?.unwrap_or_default();
    discounts::count_redeemed(tx, &[], &discounts);
    let new_subscription = lifecycle::NewSubscription {
        customer: customer.id,
        items,
        default_payment_method: method,
        trial_end: trial.or_else(|| trial_days.map(|days| tx.now.plus_secs(days * 86_400))),
        cancel_at_period_end: params.flag("cancel_at_period_end")?.unwrap_or(false),
        cancel_at,
        discounts,
        without_card: without_card(params)?,
        description,
        metadata,
        charge_now: behavior != PaymentBehavior::LeaveOpen,
        days_until_due: write::days_until_due(params, None)?,
        currency,
        automatic_tax: automatic_tax(params)?.unwrap_or(false),
    };
    params.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    params.accept(&WITHOUT_EFFECT);
    params.finish()?;
    let (subscription, refused) = lifecycle::begin(tx, new_subscription)?;
    match refused {
        Some(refused) if behavior == PaymentBehavior::Refuse => Err(refused),
        _ => Ok(subscription.json(tx).into()),
    }
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?;
    must_exist::<Customer>(tx, customer.as_deref(), "customer")?;
    let price = params.text("price")?;
    let all = params.text("status")?.is_some_and(|status| status == "all");
    let ended = params.text("status")?.is_some_and(|status| status == "ended");
    let status = if all || ended { None } else { params.choice("status", &Status::CHOICES)? };
    params.accept(&["collection_method", "automatic_tax"]);
    let keep = |subscription: &Subscription| {
        customer.as_ref().is_none_or(|id| subscription.customer == *id)
            && price.as_ref().is_none_or(|id| subscription.items.iter().any(|item| item.price == *id))
            && match status {
                Some(status) => subscription.status == status,
                None if ended => subscription.status.is_over(),
                // Without a filter by status, Stripe lists all subscriptions except canceled ones.
                None => all || subscription.status != Status::Canceled,
            }
    };
    Ok(lists::page_of(tx, call, "/v1/subscriptions", customer.as_deref(), keep)?.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let before = find::<Subscription>(tx, &call.id)?;
    let mut next = before.clone();
    params.metadata(&mut next.metadata)?;
    params.patch("description", &mut next.description)?;
    params.patch("default_payment_method", &mut next.default_payment_method)?;
    if let Some(id) =
        next.default_payment_method.as_ref().filter(|_| next.default_payment_method != before.default_payment_method)
    {
        customers::require_attached(tx, id, &next.customer, "default_payment_method")?;
    }
    let behavior = params.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let behavior = behavior.unwrap_or(ProrationBehavior::CreateProrations);
    let trial = trial_end(params, tx.now)?;
    let items = changed_items(tx, params, &next)?;
    write::cancellation(tx, params, &mut next)?;
    write::pause(tx, params, &mut next)?;
    let target =
        Target { customer: Some(&before.customer), subscription: Some(&before.id), currency: Some(&before.currency) };
    if let Some(discounts) = discounts::from_params(tx, params, target, &before.discounts)? {
        discounts::count_redeemed(tx, &before.discounts, &discounts);
        next.discounts = discounts;
    }
    next.automatic_tax = automatic_tax(params)?.unwrap_or(before.automatic_tax);
    next.days_until_due = write::days_until_due(params, before.days_until_due)?;
    if params.group("trial_settings")?.is_some() {
        next.without_card = without_card(params)?;
    }
    let payment_behavior = params.choice("payment_behavior", &PaymentBehavior::CHOICES)?.unwrap_or_default();
    let at = proration_date(params, tx.now, before.period)?;
    params.choice("billing_cycle_anchor", &[("unchanged", ())])?;
    params.accept(&WITHOUT_EFFECT);
    params.finish()?;
    if before.status.is_over() && (items != before.items || trial.is_some() || next.cancel_at_period_end) {
        return Err(StripeError::refused(
            "A canceled subscription can only update its cancellation_details and metadata.",
        ));
    }
    let change = change::plan(tx, &next, items, trial, behavior, at)?;
    change::make(tx, &before, change, payment_behavior)?;
    Ok(find::<Subscription>(tx, &call.id)?.json(tx).into())
}

/// Cancels the subscription at once.
pub(crate) fn cancel(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let mut subscription = find::<Subscription>(tx, &call.id)?;
    write::cancellation_details(params, &mut subscription)?;
    let prorate = params.flag("prorate")?.unwrap_or(false);
    let invoice_now = params.flag("invoice_now")?.unwrap_or(false);
    params.finish()?;
    if subscription.status.is_over() {
        return Err(StripeError::not_found(Subscription::WHAT, &call.id));
    }
    if prorate && invoice_now {
        change::credit_unused_time(tx, &subscription)?;
        subscription.latest_invoice = find::<Subscription>(tx, &call.id)?.latest_invoice;
    }
    cancellation::end(tx, subscription, Some("cancellation_requested"));
    Ok(Reply::Done(find::<Subscription>(tx, &call.id)?.json(tx)))
}

/// Removes the subscription's discounts. From then on the customer's discount applies, if there is one.
pub(crate) fn delete_discount(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let mut subscription = find::<Subscription>(tx, &call.id)?;
    let taken = std::mem::take(&mut subscription.discounts);
    let discount = taken.first().ok_or_else(|| StripeError::not_found("discount", &call.id))?;
    subscription.save(tx);
    Ok(discount.deleted_json().into())
}
