//! When a change of plan or billing cycle takes effect.

use crate::{catalog::Cycle, money::Money};

/// Whether a change waits for the end of the paid period; `None` if the currencies differ.
///
/// A change to a lower price or a shorter cycle waits, so that the tenant keeps what they paid for. Other changes take
/// effect at once. `server stripe setup` configures Stripe's portal with the same rule (`schedule_at_period_end`:
/// `decreasing_item_amount`, `shortening_interval`).
pub fn waits_for_period_end((from_cycle, from): (Cycle, Money), (to_cycle, to): (Cycle, Money)) -> Option<bool> {
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
    fn a_lower_price_or_a_shorter_cycle_waits(
        #[case] (from_cycle, from): (Cycle, i64),
        #[case] (to_cycle, to): (Cycle, i64),
        #[case] expected: bool,
    ) {
        let usd = |minor| Money::new(minor, Currency::USD);
        assert_eq!(waits_for_period_end((from_cycle, usd(from)), (to_cycle, usd(to))), Some(expected));
    }

    #[test]
    fn prices_in_different_currencies_are_not_compared() {
        let (yen, dollars) = (Money::new(4300, "JPY".parse().unwrap()), Money::new(2900, Currency::USD));
        assert_eq!(waits_for_period_end((Cycle::Monthly, yen), (Cycle::Monthly, dollars)), None);
        assert_eq!(waits_for_period_end((Cycle::Yearly, dollars), (Cycle::Monthly, yen)), None);
    }
}
