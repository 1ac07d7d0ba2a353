//! Seats of a plan: how many are sold, at which price, and the feature that they limit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Cycle;
use crate::{
    ids::FeatureKey,
    money::{Currency, Money},
};

/// The highest number of seats that can be sold, where the plan has no lower maximum.
pub const MOST_SEATS: u64 = 1_000_000;

/// The seats that a plan is sold with. `min` and `max` count all seats, those included in the plan's price too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// The gauge whose limit is the number of bought seats.
    pub feature: FeatureKey,
    /// How many seats the price of the plan includes.
    pub included: u64,
    /// The lowest number that is sold; at least 1 and at least `included`.
    pub min: u64,
    /// The highest number that is sold; `None` if there is none.
    pub max: Option<u64>,
    /// The price of each seat beyond `included`, in minor units, by cycle and currency.
    pub price: BTreeMap<Cycle, BTreeMap<Currency, i64>>,
}

impl Seats {
    /// The price of a seat per cycle in `currency`; `None` if there is none.
    pub fn price(&self, cycle: Cycle, currency: Currency) -> Option<Money> {
        self.price.get(&cycle)?.get(&currency).map(|minor| Money::new(*minor, currency))
    }

    /// How many of `seats` are paid for beyond those included.
    pub const fn extra(&self, seats: u64) -> u64 {
        seats.saturating_sub(self.included)
    }

    /// The highest number that is sold.
    pub fn most(&self) -> u64 {
        self.max.unwrap_or(MOST_SEATS)
    }

    /// Whether `seats` is a number that is sold.
    pub fn sells(&self, seats: u64) -> bool {
        (self.min..=self.most()).contains(&seats)
    }

    /// The seats that an order buys unless it says another number: enough for those in use, and at least `min`.
    pub fn default_order(&self, in_use: u64) -> u64 {
        in_use.max(self.min)
    }

    /// The seats after a change of plan to this one from `bought` seats: they stay, but are at least `min`.
    pub fn kept(&self, bought: u64) -> u64 {
        bought.max(self.min)
    }
}
