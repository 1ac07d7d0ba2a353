//! Discounts on invoices: the subscription's, else the customer's.

use domain::time::Timestamp;

use crate::{
    storage::Transaction,
    stripe::objects::{
        coupon::{CouponDuration, Discount, Off},
        customer::Customer,
        invoice::line::{Line, LineDiscount},
        subscription::Subscription,
    },
};

/// The discounts in effect at an instant.
fn in_effect(tx: &Transaction<'_>, subscription: &Subscription, at: Timestamp) -> Vec<Discount> {
    let applicable = if subscription.discounts.is_empty() {
        let customer = tx.get::<Customer>(&subscription.customer);
        customer.and_then(|customer| customer.discount.clone()).into_iter().collect()
    } else {
        subscription.discounts.clone()
    };
    applicable.into_iter().filter(|discount| discount.is_in_effect(at)).collect()
}

/// Applies discounts to the lines that are not prorations, and returns the discounts that reduced a line. Prorations
/// are computed from discounted amounts already.
pub(super) fn apply(tx: &Transaction<'_>, subscription: &Subscription, lines: &mut [Line]) -> Vec<Discount> {
    let begins = lines.iter().filter(|line| !line.proration).map(|line| line.period.start).min();
    let Some(begins) = begins else { return Vec::new() };
    let mut used = in_effect(tx, subscription, begins);
    used.retain(|discount| {
        let mut whole: Vec<_> =
            lines.iter_mut().filter(|line| !line.proration && discount.covers(&line.product)).collect();
        let amounts: Vec<_> = whole.iter().map(|line| line.net()).collect();
        let taken_off = discount.off.spread_over(&amounts, &subscription.currency);
        for (line, amount) in whole.iter_mut().zip(&taken_off).filter(|(_, amount)| **amount > 0) {
            line.discounts.push(LineDiscount { discount: discount.id.clone(), amount: *amount });
        }
        taken_off.iter().any(|amount| *amount > 0)
    });
    used
}

/// `amount` for a product after the percentage discounts that are in effect now.
pub(super) fn net(tx: &Transaction<'_>, subscription: &Subscription, product: &str, amount: i64) -> i64 {
    let is_part = |discount: &Discount| matches!(discount.off, Off::Percent(_)) && discount.covers(product);
    let parts = in_effect(tx, subscription, tx.now).into_iter().filter(is_part);
    parts.fold(amount, |amount, discount| amount - discount.off.taken_off(amount, &subscription.currency))
}

/// Removes the one-time discounts that `lines` use.
pub(super) fn remove_spent(subscription: &mut Subscription, lines: &[Line]) {
    subscription.discounts.retain(|discount| !is_spent(discount, lines));
}

/// Removes the discounts that have ended when the next period `begins`.
pub(super) fn remove_ended(subscription: &mut Subscription, begins: Timestamp) {
    subscription.discounts.retain(|discount| discount.is_in_effect(begins));
}

pub(super) fn is_spent(discount: &Discount, lines: &[Line]) -> bool {
    let is_used = || lines.iter().flat_map(|line| &line.discounts).any(|used| used.discount == discount.id);
    discount.duration == CouponDuration::Once && is_used()
}
