//! When a change of what a workspace pays takes place.

use crate::{catalog::Cycle, money::Money};

/// Whether a change waits for the end of the period that is paid: one to less money or to a shorter cycle does, so that nothing is
/// taken away that was paid for. One to more begins at once. `None` across currencies: there is no more and no less.
///
/// What `server stripe setup` tells Stripe's portal (`schedule_at_period_end`: `decreasing_item_amount`, `shortening_interval`).
pub fn waits((from_cycle, from): (Cycle, Money), (to_cycle, to): (Cycle, Money)) -> Option<bool> {
    (from.currency == to.currency).then_some(to.minor < from.minor || to_cycle < from_cycle)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::money::Currency;

    #[rstest]
    #[case::more((Cycle::Monthly, 900), (Cycle::Monthly, 2900), false)]
    #[case::less((Cycle::Monthly, 2900), (Cycle::Monthly, 900), true)]
    #[case::longer((Cycle::Monthly, 2900), (Cycle::Yearly, 29_000), false)]
    #[case::shorter((Cycle::Yearly, 29_000), (Cycle::Monthly, 2900), true)]
    #[case::shorter_and_larger((Cycle::Yearly, 9000), (Cycle::Monthly, 29_900), true)]
    #[case::longer_and_less((Cycle::Monthly, 19_900), (Cycle::Yearly, 9000), true)]
    fn what_is_paid_for_is_not_taken_away(
        #[case] (from_cycle, from): (Cycle, i64),
        #[case] (to_cycle, to): (Cycle, i64),
        #[case] expected: bool,
    ) {
        let usd = |minor| Money::new(minor, Currency::USD);
        assert_eq!(waits((from_cycle, usd(from)), (to_cycle, usd(to))), Some(expected));
    }

    #[test]
    fn sums_of_two_currencies_are_not_compared() {
        let (yen, dollars) = (Money::new(4300, "JPY".parse().unwrap()), Money::new(2900, Currency::USD));
        assert_eq!(waits((Cycle::Monthly, yen), (Cycle::Monthly, dollars)), None);
        assert_eq!(waits((Cycle::Yearly, dollars), (Cycle::Monthly, yen)), None);
    }
}
