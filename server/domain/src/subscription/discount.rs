//! The discounts of a subscription.

use serde::{Deserialize, Serialize};

use crate::{money::Money, time::Timestamp};

/// Maximum number of discounts that are kept of a subscription.
pub const MAX_DISCOUNTS: usize = 10;

/// A discount on a subscription, as the provider reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The promotion code that was redeemed, else the name of the coupon.
    pub name: Option<String>,
    pub off: Off,
    /// When it ends; `None` if it lasts as long as the subscription, or if it is for one payment.
    pub until: Option<Timestamp>,
}

/// What a discount takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// In hundredths of a percent: 2000 are 20 %.
    Percent(u32),
    Amount(Money),
}

impl Off {
    /// A percentage as people write it: `20`, `25.5`; `None` for an amount.
    pub fn percent(self) -> Option<String> {
        let Self::Percent(hundredths) = self else { return None };
        let (whole, part) = (hundredths / 100, hundredths % 100);
        Some(match part {
            0 => whole.to_string(),
            part if part % 10 == 0 => format!("{whole}.{}", part / 10),
            part => format!("{whole}.{part:02}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::money::Currency;

    #[rstest]
    #[case(2000, "20")]
    #[case(2550, "25.5")]
    #[case(3333, "33.33")]
    #[case(5, "0.05")]
    #[case(10_000, "100")]
    fn a_percentage_has_the_decimal_places_that_it_needs(#[case] hundredths: u32, #[case] expected: &str) {
        assert_eq!(Off::Percent(hundredths).percent().as_deref(), Some(expected));
    }

    #[test]
    fn an_amount_is_no_percentage() {
        assert_eq!(Off::Amount(Money::new(500, Currency::USD)).percent(), None);
    }
}
