//! Seats of a plan: how many are sold, at which price, and the feature that they limit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cycle, Limit, Plan, Pricing};
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

impl Plan {
    /// Whether the plan has no price of its own: each seat is paid for.
    pub fn is_all_seats(&self) -> bool {
        matches!(&self.pricing, Pricing::Paid(prices) if prices.is_empty())
    }

    /// The price per cycle with `seats` seats in all: the plan's price, and that of each seat beyond those included.
    ///
    /// `None` if the plan or its seats have no such price, or on overflow. Without seats it is [`Plan::price`].
    pub fn price_with_seats(&self, cycle: Cycle, currency: Currency, seats: u64) -> Option<Money> {
        let Some(sold) = &self.seats else { return self.price(cycle, currency) };
        let base = if self.is_all_seats() { 0 } else { self.price(cycle, currency)?.minor };
        let each = sold.price(cycle, currency)?.minor;
        let extra = i64::try_from(sold.extra(seats)).ok()?;
        Some(Money::new(each.checked_mul(extra)?.checked_add(base)?, currency))
    }

    /// The price per cycle of the smallest order: with the fewest seats, if the plan is sold with seats.
    pub fn lowest_price(&self, cycle: Cycle, currency: Currency) -> Option<Money> {
        let seats = self.seats.as_ref().map_or(0, |seats| seats.min);
        self.price_with_seats(cycle, currency, seats)
    }

    /// The plan as a tenant has it that pays for `seats` seats: the limit of the seats' feature is their number.
    #[must_use]
    pub fn with_seats(&self, seats: u64) -> Self {
        let mut plan = self.clone();
        if let Some(sold) = &self.seats {
            plan.limits.insert(sold.feature.clone(), Limit::AtMost(seats));
        }
        plan
    }
}

#[cfg(any(test, feature = "testing"))]
impl super::Catalog {
    /// Sells a plan with seats that limit `team_members`: how many are included, the fewest and the most. Each further
    /// seat costs `each` US cents a month, and ten times that a year.
    ///
    /// # Panics
    ///
    /// Panics if there is no such plan.
    #[must_use]
    #[allow(clippy::unwrap_used, reason = "a test that has no plan can only stop")]
    pub fn with_seats(mut self, plan: &str, (included, min, max): (u64, u64, Option<u64>), each: i64) -> Self {
        let feature: FeatureKey = "team_members".parse().unwrap();
        let price = [(Cycle::Monthly, each), (Cycle::Yearly, each * 10)];
        let price = price.map(|(cycle, minor)| (cycle, BTreeMap::from([(Currency::USD, minor)]))).into();
        let plan = self.plans.iter_mut().find(|known| known.id.as_str() == plan).unwrap();
        plan.limits.insert(feature.clone(), Limit::AtMost(min));
        plan.seats = Some(Seats { feature, included, min, max, price });
        self
    }

    /// Takes the price of a plan away, so that it is all seats.
    ///
    /// # Panics
    ///
    /// Panics if there is no such plan.
    #[must_use]
    #[allow(clippy::unwrap_used, reason = "a test that has no plan can only stop")]
    pub fn all_seats(mut self, plan: &str) -> Self {
        let plan = self.plans.iter_mut().find(|known| known.id.as_str() == plan).unwrap();
        plan.pricing = Pricing::Paid(BTreeMap::new());
        self
    }
}
