//! The discounts of a subscription.

use domain::{
    subscription::{Discount, Off, Subscription},
    time::Timestamp,
};

use crate::lives::{
    life::Life,
    money::Amount,
    reported::{Reported, ReportedDiscount},
};

pub(super) fn assert_discounts(life: &Life, one: &Reported, held: &Subscription) {
    let discounts: Vec<ReportedDiscount> = held.details.discounts.iter().map(held_discount).collect();
    assert_eq!(discounts, one.discounts, "{life}: {}", one.id);
    if !discounts.is_empty() {
        assert!(held.details.is_adjusted, "{life}: {} has a discount", one.id);
    }
}

fn held_discount(discount: &Discount) -> ReportedDiscount {
    let Discount { name, off, until } = discount;
    let (hundredths, amount) = match off {
        Off::Percent(hundredths) => (Some(u64::from(*hundredths)), None),
        Off::Amount(money) => (None, Some(Amount::of(*money))),
    };
    ReportedDiscount { name: name.clone(), hundredths, amount, until: until.map(Timestamp::as_secs) }
}
