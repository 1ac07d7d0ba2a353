//! Changing a subscription's product or its number of seats.

use super::lifecycle::{self, DECLINED, is_refused};
use crate::{
    billing::period::{self, Period, prorate},
    polar::{
        error::PolarError,
        objects::{
            discount::Off,
            order::{BillingReason, OrderItem},
            product::{Price, Product},
            subscription::{PendingUpdate, Status, Subscription},
        },
    },
    storage::{Transaction, ids},
};

/// How a change of product bills the rest of the current period. If the new product has another billing interval, a new
/// period begins and is charged at once, except with `NextPeriod` or during a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Proration {
    /// The price difference is charged at once. A negative difference is credit for later orders.
    Invoice,
    /// The price difference is added to the next order.
    #[default]
    Prorate,
    /// The rest is not billed again: the change takes effect with the next period.
    NextPeriod,
    /// Unused time is not credited: a new period begins at once and is charged.
    Reset,
}

impl Proration {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "invoice" => Self::Invoice,
            "prorate" => Self::Prorate,
            "next_period" => Self::NextPeriod,
            "reset" => Self::Reset,
            _ => return None,
        })
    }
}

/// A subscription as it is after a change, and the items to charge for it now.
pub(crate) struct Change {
    pub(crate) after: Subscription,
    pub(crate) now: Vec<OrderItem>,
}

impl Change {
    pub(crate) fn due(&self) -> i64 {
        self.now.iter().map(|item| item.amount).sum::<i64>().max(0)
    }
}

/// Computes a change of product without storing it. `None` if the product has no interval or no price.
pub(crate) fn plan(tx: &Transaction<'_>, before: &Subscription, product: &Product, how: Proration) -> Option<Change> {
    let every = product.every?;
    product.price()?;
    let mut after = before.clone();
    if how == Proration::NextPeriod {
        after.pending =
            Some(PendingUpdate { id: ids::uuid(), created: tx.now, product: Some(product.id.clone()), seats: None });
        return Some(Change { after, now: Vec::new() });
    }
    after.set_product(product);
    let restarts = how == Proration::Reset || every != before.every;
    Some(prorated(tx, before, after, how, restarts))
}

/// Computes a change of the number of seats without storing it.
pub(crate) fn plan_seats(
    tx: &Transaction<'_>,
    before: &Subscription,
    price: &Price,
    seats: u32,
    how: Proration,
) -> Change {
    let mut after = before.clone();
    if how == Proration::NextPeriod {
        let pending = PendingUpdate { id: ids::uuid(), created: tx.now, product: None, seats: Some(seats) };
        after.pending = Some(pending);
        return Change { after, now: Vec::new() };
    }
    after.set_price(price, Some(seats));
    prorated(tx, before, after, how, how == Proration::Reset)
}

/// Bills the change from `before` to `after` for the rest of the period, or for a new period if it `restarts`.
fn prorated(
    tx: &Transaction<'_>,
    before: &Subscription,
    mut after: Subscription,
    how: Proration,
    restarts: bool,
) -> Change {
    after.pending = None;
    if before.status == Status::Trialing {
        // Nothing has been paid yet, so nothing is credited. The trial goes on.
        return Change { after, now: Vec::new() };
    }
    let left = Period { start: tx.now, end: before.period.end };
    let label = |of: &Subscription| {
        let name = tx.get::<Product>(&of.product).map(|product| product.name.clone()).unwrap_or_default();
        match of.seats {
            Some(1) => format!("{name} (1 seat)"),
            Some(seats) => format!("{name} ({seats} seats)"),
            None => name,
        }
    };
    let credit = -prorate(net(tx, before, before.amount), left, before.period);
    let credit =
        OrderItem::new(tx, format!("Unused time on {}", label(before)), credit, true, Some(before.price.clone()));
    let mut items = Vec::new();
    if restarts {
        after.anchor = tx.now;
        after.period = Period { start: tx.now, end: period::end_after(tx.now, tx.now, after.every) };
        if how != Proration::Reset {
            items.push(credit);
        }
        items.push(OrderItem::new(tx, label(&after), after.amount, false, Some(after.price.clone())));
    } else {
        let rest = prorate(net(tx, before, after.amount), left, before.period);
        items.push(credit);
        let rest_label = format!("Remaining time on {}", label(&after));
        items.push(OrderItem::new(tx, rest_label, rest, true, Some(after.price.clone())));
    }
    let sum: i64 = items.iter().map(|item| item.amount).sum();
    let is_now = restarts || how == Proration::Invoice;
    // A positive sum is charged now or added to the next order. A negative sum is credit for later orders, and is never
    // paid out.
    after.carried += if is_now { sum.min(0) } else { sum };
    Change { after, now: if is_now { items } else { Vec::new() } }
}

/// `amount` after a percentage discount. An amount off is not prorated: it is taken off whole periods only.
fn net(tx: &Transaction<'_>, subscription: &Subscription, amount: i64) -> i64 {
    let discount = subscription.discount_at(tx, tx.now);
    let discount = discount.filter(|discount| matches!(discount.off, Off::Percentage(_)));
    amount - discount.map_or(0, |discount| discount.taken_off(amount, subscription.currency))
}

/// Changes the product and charges for it. If the charge is refused, nothing changes.
pub(crate) fn change_product(
    tx: &mut Transaction<'_>,
    before: &Subscription,
    product: &Product,
    how: Proration,
) -> Result<(), PolarError> {
    let wrong = |message: &str| PolarError::field("product_id", "value_error", message, product.id.clone());
    if product.is_archived {
        return Err(wrong("Product is archived."));
    }
    if product.id == before.product {
        return Err(wrong("The subscription is on this product already."));
    }
    let Some(change) = plan(tx, before, product, how) else {
        return Err(wrong("Product is not recurring."));
    };
    make(tx, before, change)
}

/// Changes the number of seats and charges for it. If the charge is refused, nothing changes.
pub(crate) fn change_seats(
    tx: &mut Transaction<'_>,
    before: &Subscription,
    seats: u32,
    how: Proration,
) -> Result<(), PolarError> {
    let Some(price) = before.own_price(tx) else { return Err(PolarError::not_found()) };
    let Some(tiers) = &price.seats else { return Err(PolarError::not_seat_based()) };
    if !tiers.allows(seats) {
        let least = tiers.minimum();
        let bounds = tiers.maximum().map_or_else(|| format!("at least {least}"), |most| format!("{least} to {most}"));
        return Err(PolarError::field("seats", "value_error", format!("Seats should be {bounds}."), seats));
    }
    if before.seats == Some(seats) && before.pending.is_none() {
        return Ok(());
    }
    let change = plan_seats(tx, before, &price, seats, how);
    make(tx, before, change)
}

/// Stores a change and charges for it. If the charge is refused, nothing changes.
fn make(tx: &mut Transaction<'_>, before: &Subscription, change: Change) -> Result<(), PolarError> {
    let Change { mut after, now } = change;
    // Changing a subscription withdraws a cancellation.
    let was_ending = std::mem::take(&mut after.cancel_at_period_end);
    (after.canceled_at, after.ends_at) = (None, None);
    let order = lifecycle::order(tx, &after, BillingReason::SubscriptionUpdate, now);
    if order.total() > 0 && is_refused(tx, before) {
        return Err(PolarError::payment_failed(DECLINED));
    }
    let kinds: &[&str] =
        if was_ending { &["subscription.updated", "subscription.uncanceled"] } else { &["subscription.updated"] };
    after.save(tx, kinds);
    if !order.items.is_empty() {
        order.save(tx, &["order.created", "order.updated", "order.paid"]);
    }
    Ok(())
}
