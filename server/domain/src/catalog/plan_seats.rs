//! Plans with their seats: what they cost, and the limit that the seats are.

use super::{Cycle, Limit, Plan, Pricing};
use crate::money::{Currency, Money};

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
