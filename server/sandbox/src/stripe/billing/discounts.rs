//! What discounts take off an invoice: those of the subscription, else the customer's.

use domain::time::Timestamp;

use crate::{
    stripe::objects::{
        coupon::{CouponDuration, Discount, Off},
        customer::Customer,
        invoice::{Line, LineDiscount},
        subscription::Subscription,
    },
    world::Unit,
};

/// Those that apply at an instant.
fn at(unit: &Unit<'_>, subscription: &Subscription, at: Timestamp) -> Vec<Discount> {
    let own = if subscription.discounts.is_empty() {
        let customer = unit.get::<Customer>(&subscription.customer);
        customer.and_then(|customer| customer.discount.clone()).into_iter().collect()
    } else {
        subscription.discounts.clone()
    };
    own.into_iter().filter(|discount| discount.end.is_none_or(|end| at < end)).collect()
}

/// Takes them off the lines of whole periods; prorations are made of what was discounted already.
pub(super) fn apply(unit: &Unit<'_>, subscription: &Subscription, lines: &mut [Line]) {
    let Some(begins) = lines.iter().filter(|line| !line.proration).map(|line| line.period.start).min() else { return };
    for discount in at(unit, subscription, begins) {
        let mut left = match discount.off {
            Off::Amount(off, _) => off,
            Off::Percent(_) => i64::MAX,
        };
        for line in lines.iter_mut().filter(|line| !line.proration && line.net() > 0) {
            let amount = discount.taken_off(line.net(), &subscription.currency).min(left);
            left = left.saturating_sub(amount);
            if amount > 0 {
                line.discounts.push(LineDiscount { discount: discount.id.clone(), amount });
            }
        }
    }
}

/// An amount after what takes off a part of it.
pub(super) fn net(unit: &Unit<'_>, subscription: &Subscription, amount: i64) -> i64 {
    let parts = at(unit, subscription, unit.now).into_iter().filter(|it| matches!(it.off, Off::Percent(_)));
    parts.fold(amount, |amount, discount| amount - discount.taken_off(amount, &subscription.currency))
}

/// A coupon for one invoice is used up with the first that it lowers.
pub(super) fn spend(subscription: &mut Subscription, lines: &[Line]) {
    subscription.discounts.retain(|discount| !is_spent(discount, lines));
}

pub(super) fn is_spent(discount: &Discount, lines: &[Line]) -> bool {
    let is_used = || lines.iter().flat_map(|line| &line.discounts).any(|used| used.discount == discount.id);
    discount.duration == CouponDuration::Once && is_used()
}
