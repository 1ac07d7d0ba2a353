//! Changing a subscription's product.

use super::lifecycle::{self, DECLINED, is_refused};
use crate::{
    billing::period::{self, Period, prorate},
    polar::{
        error::PolarError,
        objects::{
            order::{BillingReason, OrderItem},
            product::Product,
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

/// Computes a change without storing it. `None` if the product has no interval or no price.
pub(crate) fn plan(tx: &Transaction<'_>, before: &Subscription, product: &Product, how: Proration) -> Option<Change> {
    let (every, price) = (product.every?, product.price()?.clone());
    let mut after = before.clone();
    if how == Proration::NextPeriod {
        after.pending = Some(PendingUpdate { id: ids::uuid(), created: tx.now, product: product.id.clone() });
        return Some(Change { after, now: Vec::new() });
    }
    after.set_product(product);
    after.pending = None;
    if before.status == Status::Trialing {
        // Nothing has been paid yet, so nothing is credited. The trial goes on.
        return Some(Change { after, now: Vec::new() });
    }
    let left = Period { start: tx.now, end: before.period.end };
    let former = tx.get::<Product>(&before.product).map(|product| product.name.clone()).unwrap_or_default();
    let credit = -prorate(before.amount, left, before.period);
    let credit = OrderItem::new(tx, format!("Unused time on {former}"), credit, true, Some(before.price.clone()));
    let restarts = how == Proration::Reset || every != before.every;
    let mut items = Vec::new();
    if restarts {
        after.anchor = tx.now;
        after.period = Period { start: tx.now, end: period::end_after(tx.now, tx.now, every) };
        if how != Proration::Reset {
            items.push(credit);
        }
        items.push(OrderItem::new(tx, product.name.clone(), price.amount, false, Some(price.id)));
    } else {
        let rest = prorate(price.amount, left, before.period);
        items.push(credit);
        items.push(OrderItem::new(tx, format!("Remaining time on {}", product.name), rest, true, Some(price.id)));
    }
    let sum: i64 = items.iter().map(|item| item.amount).sum();
    let is_now = restarts || how == Proration::Invoice;
    // A positive sum is charged now or added to the next order. A negative sum is credit for later orders, and is never
    // paid out.
    after.carried += if is_now { sum.min(0) } else { sum };
    Some(Change { after, now: if is_now { items } else { Vec::new() } })
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
    let due = change.due();
    if due > 0 && is_refused(tx, before) {
        return Err(PolarError::payment_failed(DECLINED));
    }
    let Change { mut after, now } = change;
    // Changing the product withdraws a cancellation.
    let was_ending = std::mem::take(&mut after.cancel_at_period_end);
    (after.canceled_at, after.ends_at) = (None, None);
    let order = lifecycle::order(tx, &after, BillingReason::SubscriptionUpdate, now);
    let kinds: &[&str] =
        if was_ending { &["subscription.updated", "subscription.uncanceled"] } else { &["subscription.updated"] };
    after.save(tx, kinds);
    if !order.items.is_empty() {
        order.save(tx, &["order.created", "order.updated", "order.paid"]);
    }
    Ok(())
}
