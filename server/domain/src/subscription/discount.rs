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
    /// When it ends; `None` if it lasts as long as the subscription, is for one payment, or has an end that the provider
    /// does not report.
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
