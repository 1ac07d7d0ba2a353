//! A change of plan in the portal: what is requested, and what it would do.

use serde::Deserialize;

use super::visit::Visit;
use crate::{
    billing::period::Period,
    storage::Transaction,
    stripe::{
        billing::{change as changing, change::Change, invoicing, items, schedule},
        error::StripeError,
        objects::{
            invoice::{BillingReason, Invoice},
            subscription::Subscription,
        },
    },
};

/// The requested change of plan, from a form or a query.
#[derive(Debug, Deserialize)]
pub(crate) struct RequestedChange {
    pub(super) subscription: String,
    pub(super) item: String,
    pub(super) price: String,
    pub(super) quantity: u64,
}

/// Whether a schedule already contains this change.
pub(super) fn is_scheduled(tx: &Transaction<'_>, subscription: &Subscription, wanted: &RequestedChange) -> bool {
    let next = schedule::pending_phase(tx, subscription);
    next.is_some_and(|next| {
        next.items.iter().any(|item| item.price == wanted.price && item.quantity == wanted.quantity)
    })
}

pub(super) fn is_current(subscription: &Subscription, wanted: &RequestedChange) -> bool {
    let on = |id: &str| subscription.items.iter().find(|item| item.id == id);
    on(&wanted.item).is_some_and(|item| item.price == wanted.price && item.quantity == wanted.quantity)
}

/// A change, and whether it is deferred to the period's end.
pub(super) struct PlannedChange {
    pub(super) change: Change,
    pub(super) is_deferred: bool,
}

pub(super) fn plan_change(
    tx: &Transaction<'_>,
    visit: &Visit,
    before: &Subscription,
    wanted: &RequestedChange,
) -> Result<PlannedChange, StripeError> {
    if schedule::pending_phase(tx, before).is_some() {
        return Err(StripeError::refused("A change waits for the end of the period. It has to be taken back first."));
    }
    let update = &visit.configuration.features.update;
    // The quantity may change on a price that is no longer offered.
    let current = before.items.iter().find(|item| item.id == wanted.item);
    let keeps_price = current.is_some_and(|item| item.price == wanted.price);
    if keeps_price && current.is_some_and(|item| item.quantity != wanted.quantity) && !visit.allows_quantity() {
        return Err(StripeError::refused("The quantity can’t be changed here."));
    }
    if !update.enabled || (!keeps_price && !visit.configuration.allows_price(&wanted.price)) {
        return Err(StripeError::refused("This plan can’t be chosen here."));
    }
    if !(1..=1_000_000).contains(&wanted.quantity) {
        return Err(StripeError::refused("The quantity must be between 1 and 1000000."));
    }
    if !visit.configuration.allows_quantity(&wanted.price, wanted.quantity) {
        return Err(StripeError::refused("This quantity can’t be chosen here."));
    }
    let mut items = before.items.clone();
    let item = items.iter_mut().find(|item| item.id == wanted.item);
    let item = item.ok_or_else(|| StripeError::not_found("subscription item", &wanted.item))?;
    item.price.clone_from(&wanted.price);
    item.quantity = wanted.quantity;
    let items = items::in_currency(tx, items, &before.currency)?;
    if schedule::is_deferred(tx, update, &before.items, &items) {
        return Ok(PlannedChange { change: changing::plan_deferred(tx, before, items)?, is_deferred: true });
    }
    // As Stripe does by default, a change ends the trial.
    let ends_trial = before.trial.is_some_and(|trial| trial.end > tx.now).then_some(tx.now);
    let change = changing::plan(tx, before, items, ends_trial, update.proration, tx.now)?;
    Ok(PlannedChange { change, is_deferred: false })
}

/// The amount to charge at once in minor units, after the customer's credit.
pub(super) fn due_now(tx: &Transaction<'_>, change: &Change) -> i64 {
    invoice_now(tx, change).amount_due
}

/// The invoice of what is charged at once.
pub(super) fn invoice_now(tx: &Transaction<'_>, change: &Change) -> Invoice {
    let now = Period { start: tx.now, end: tx.now };
    invoicing::draft(tx, &change.after, BillingReason::SubscriptionUpdate, change.now.clone(), now)
}
