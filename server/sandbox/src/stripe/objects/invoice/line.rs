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
}
