//! `/v1/subscriptions`

use domain::time::Timestamp;
use serde_json::Value;

use super::discounts;
use crate::{
    billing::period::Period,
    polar::{
        billing::{
            change::{self, Proration},
            lifecycle,
        },
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Resource, find,
            product::Product,
            referenced,
            subscription::{Status, Subscription},
        },
    },
    storage::Transaction,
};

const REASONS: [&str; 8] = [
    "customer_service",
    "low_quality",
    "missing_features",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
    "other",
];

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let (active, ending) = (call.query_flag("active")?, call.query_flag("cancel_at_period_end")?);
    let customers = tx.all::<crate::polar::objects::customer::Customer>();
    let external: Vec<_> = customers
        .filter(|customer| {
            customer.external_id.is_some()
                && call.filter_allows("external_customer_id", customer.external_id.as_deref())
        })
        .map(|customer| customer.id.clone())
        .collect();
    let asks_external = call.query_values("external_customer_id").next().is_some();
    lists::page::<Subscription>(tx, call, |subscription| {
        active.is_none_or(|wanted| subscription.status.grants() == wanted)
            && ending.is_none_or(|wanted| subscription.cancel_at_period_end == wanted)
            && call.filter_allows("customer_id", Some(&subscription.customer))
            && call.filter_allows("product_id", Some(&subscription.product))
            && call.filter_allows("status", Some(subscription.status.as_str()))
            && (!asks_external || external.contains(&subscription.customer))
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Subscription>(tx, &call.account, &call.id)?.json(tx)))
}

/// Changes the product, the seats, the discount or the trial, cancels at the period's end or at once, or withdraws a
/// pending update.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut subscription = find::<Subscription>(tx, &call.account, &call.id)?;
    if subscription.is_over() {
        return Err(PolarError::already_canceled());
    }
    if let Some(reason) = call.text("customer_cancellation_reason")? {
        if !REASONS.contains(&reason.as_str()) {
            let message = "Input should be a known reason";
            return Err(PolarError::field("customer_cancellation_reason", "enum", message, reason));
        }
        subscription.cancellation_reason = Some(reason);
    }
    if let Some(comment) = call.text("customer_cancellation_comment")? {
        subscription.cancellation_comment = Some(comment);
    }
    if call.flag("revoke")? == Some(true) {
        lifecycle::end(tx, subscription);
    } else if let Some(cancel) = call.flag("cancel_at_period_end")? {
        if cancel && subscription.cancel_at_period_end {
            return Err(PolarError::already_canceled());
        }
        lifecycle::cancel_at_period_end(tx, subscription, cancel);
    } else if call.has_field("pending_update") {
        // `null` withdraws the update. No other value is accepted.
        if let Some(given) = call.field("pending_update").filter(|given| !given.is_null()) {
            return Err(PolarError::field("pending_update", "none_required", "Input should be None", given.clone()));
        }
        lifecycle::clear_pending(tx, subscription);
    } else if let Some(id) = call.text("product_id")? {
        let product = referenced::<Product>(tx, &call.account, "product_id", &id)?;
        change::change_product(tx, &subscription, &product, proration(call)?)?;
    } else if let Some(given) = call.field("seats") {
        let seats = given.as_u64().and_then(|seats| u32::try_from(seats).ok()).filter(|seats| *seats > 0);
        let message = "Input should be greater than or equal to 1";
        let seats = seats.ok_or_else(|| PolarError::field("seats", "greater_than_equal", message, given.clone()))?;
        change::change_seats(tx, &subscription, seats, proration(call)?)?;
    } else if call.has_field("discount_id") {
        let discount = discounts::redeemable(tx, call, &subscription.product)?;
        // The discount applies from the next period on.
        subscription.discount = discount.map(|discount| discount.redeemed(subscription.period.end));
        subscription.save(tx, &["subscription.updated"]);
    } else if let Some(end) = call.text("trial_end")? {
        set_trial_end(tx, subscription, &end)?;
    } else {
        return Err(PolarError::missing("product_id"));
    }
    Ok(Reply::Found(find::<Subscription>(tx, &call.account, &call.id)?.json(tx)))
}

/// Begins a trial, changes its end, or ends it with `now`, which charges the first period.
fn set_trial_end(tx: &mut Transaction<'_>, mut subscription: Subscription, end: &str) -> Result<(), PolarError> {
    let wrong = |message: &str| PolarError::field("trial_end", "value_error", message, end);
    if end == "now" {
        let Some(trial) = subscription.trial.filter(|_| subscription.status == Status::Trialing) else {
            return Err(wrong("The subscription is not in a trial."));
        };
        subscription.trial = Some(Period { end: tx.now, ..trial });
        subscription.anchor = tx.now;
        subscription.period.end = tx.now;
        lifecycle::renew(tx, subscription);
        return Ok(());
    }
    let end = Timestamp::parse_rfc3339(end).filter(|end| *end > tx.now);
    let end = end.ok_or_else(|| wrong("The trial must end in the future."))?;
    let start = subscription.trial.filter(|_| subscription.status == Status::Trialing);
    subscription.trial = Some(Period { start: start.map_or(tx.now, |trial| trial.start), end });
    subscription.status = Status::Trialing;
    subscription.anchor = end;
    subscription.period.end = end;
    subscription.save(tx, &["subscription.updated"]);
    Ok(())
}

/// Cancels the subscription at once.
pub(crate) fn revoke(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let subscription = find::<Subscription>(tx, &call.account, &call.id)?;
    if subscription.is_over() {
        return Err(PolarError::already_canceled());
    }
    lifecycle::end(tx, subscription);
    Ok(Reply::Found(find::<Subscription>(tx, &call.account, &call.id)?.json(tx)))
}

fn proration(call: &Call) -> Result<Proration, PolarError> {
    let word = call.text("proration_behavior")?;
    let Some(word) = word else { return Ok(Proration::default()) };
    Proration::parse(&word).ok_or_else(|| {
        let message = "Input should be 'invoice', 'prorate', 'next_period' or 'reset'";
        PolarError::field("proration_behavior", "enum", message, Value::String(word))
    })
}
