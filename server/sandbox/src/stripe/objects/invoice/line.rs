//! The lines of an invoice.

use serde::{Deserialize, Serialize};

use crate::billing::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) description: String,
    /// Minor units; negative is credit.
    pub(crate) amount: i64,
    pub(crate) price: String,
    pub(crate) product: String,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: u64,
    pub(crate) period: Period,
    pub(crate) proration: bool,
    pub(crate) subscription_item: String,
    #[serde(default)]
    pub(crate) discounts: Vec<LineDiscount>,
    #[serde(default)]
    pub(crate) tax: Option<LineTax>,
}

/// The tax on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineTax {
    pub(crate) amount: i64,
    /// The amount before tax.
    pub(crate) taxable: i64,
    /// Whether the tax is part of the line's amount.
    pub(crate) inclusive: bool,
    /// Hundredths of a percent.
    pub(crate) rate: u32,
}

impl LineTax {
    /// The tax on `amount`, rounded to a multiple of `step`. Halves are rounded away from zero.
    pub(crate) fn on(amount: i64, rate: u32, inclusive: bool, step: i64) -> Self {
        let whole = if inclusive { 10_000 + i128::from(rate) } else { 10_000 };
        let (numerator, denominator) = (i128::from(amount.abs()) * i128::from(rate), whole * i128::from(step.max(1)));
        let steps = (2 * numerator + denominator) / (2 * denominator);
        let size = i64::try_from(steps).unwrap_or(i64::MAX).saturating_mul(step.max(1));
        let tax = if amount < 0 { -size } else { size };
        Self { amount: tax, taxable: if inclusive { amount - tax } else { amount }, inclusive, rate }
    }
}

/// The amount of one discount on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineDiscount {
    pub(crate) discount: String,
    pub(crate) amount: i64,
}

impl Line {
    /// The amount after discounts.
    pub(crate) fn net(&self) -> i64 {
        self.amount - self.discounts.iter().map(|discount| discount.amount).sum::<i64>()
    }

    /// The amount after discounts and with tax.
    pub(crate) fn total(&self) -> i64 {
        self.net() + self.tax.filter(|tax| !tax.inclusive).map_or(0, |tax| tax.amount)
    }

    /// The tax that the amount contains.
    pub(crate) fn included_tax(&self) -> i64 {
        self.tax.filter(|tax| tax.inclusive).map_or(0, |tax| tax.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_is_added_to_an_amount_or_part_of_it() {
        let tax = |amount, inclusive| {
            let tax = LineTax::on(amount, 1900, inclusive, 1);
            (tax.amount, tax.taxable)
        };
        assert_eq!((tax(2900, false), tax(-2900, false), tax(0, false)), ((551, 2900), (-551, -2900), (0, 0)));
        assert_eq!((tax(2900, true), tax(11_900, true)), ((463, 2437), (1900, 10_000)));
        assert_eq!(LineTax::on(10_000, 1900, false, 100).amount, 1900);
        assert_eq!(LineTax::on(10_300, 1900, false, 100).amount, 2000);
    }
}
