//! The amounts of a checkout session: what is due now and in later periods, with discount and tax.

use std::sync::Arc;

use super::CheckoutSession;
use crate::{
    storage::Transaction,
    stripe::{
        billing::tax,
        objects::{invoice::line::LineTax, price::Price},
    },
};

/// A session's amounts in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    /// Tax, whether added to the amounts or part of them.
    pub(crate) tax: i64,
    pub(crate) total: i64,
}

/// The amounts of one line.
pub(super) struct LineSums {
    pub(super) amount: i64,
    pub(super) discount: i64,
    pub(super) tax: Option<LineTax>,
}

impl LineSums {
    pub(super) fn total(&self) -> i64 {
        self.amount - self.discount + self.tax.filter(|tax| !tax.inclusive).map_or(0, |tax| tax.amount)
    }
}

fn summed(lines: &[LineSums]) -> Sums {
    Sums {
        subtotal: lines.iter().map(|line| line.amount).sum(),
        discount: lines.iter().map(|line| line.discount).sum(),
        tax: lines.iter().filter_map(|line| line.tax).map(|tax| tax.amount).sum(),
        total: lines.iter().map(LineSums::total).sum(),
    }
}

impl CheckoutSession {
    /// The amount due on payment, in minor units.
    pub(crate) fn total(&self, tx: &Transaction<'_>) -> i64 {
        self.sums(tx).total
    }

    pub(crate) fn sums(&self, tx: &Transaction<'_>) -> Sums {
        let trial = self.trial_end(tx.now).is_some();
        let prices = self.prices(tx);
        let due = prices.into_iter().filter(|(price, _)| !(trial && price.recurring.is_some())).collect::<Vec<_>>();
        summed(&self.line_sums(tx, &due, true))
    }

    /// The amount of each later period, in minor units.
    pub(crate) fn recurring_total(&self, tx: &Transaction<'_>) -> i64 {
        let recurring: Vec<_> = self.prices(tx).into_iter().filter(|(price, _)| price.recurring.is_some()).collect();
        let lasts = self.coupon.as_ref().is_some_and(|coupon| coupon.lasts);
        summed(&self.line_sums(tx, &recurring, lasts)).total
    }

    pub(super) fn line_sums(
        &self,
        tx: &Transaction<'_>,
        prices: &[(Arc<Price>, u64)],
        is_discounted: bool,
    ) -> Vec<LineSums> {
        let amounts: Vec<_> = prices.iter().map(|(price, quantity)| price.amount(*quantity)).collect();
        // A line about a product that the coupon does not apply to counts as zero for it.
        let covered: Vec<_> = prices
            .iter()
            .zip(&amounts)
            .map(|((price, _), amount)| if self.covers(price) { *amount } else { 0 })
            .collect();
        let discounts = match &self.coupon {
            Some(coupon) if is_discounted => coupon.off.spread_over(&covered, &self.currency),
            _ => vec![0; amounts.len()],
        };
        let sums = prices.iter().zip(amounts).zip(discounts).map(|(((price, _), amount), discount)| LineSums {
            amount,
            discount,
            tax: self.automatic_tax.then(|| tax::on(tx, &price.id, &self.currency, amount - discount)),
        });
        sums.collect()
    }

    fn covers(&self, price: &Price) -> bool {
        let products = self.coupon.as_ref().map(|coupon| coupon.products.as_slice()).unwrap_or_default();
        products.is_empty() || products.contains(&price.product)
    }
}
