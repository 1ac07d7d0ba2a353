//! Catalogs for tests: plans that are sold with seats.

use std::collections::BTreeMap;

use super::{Catalog, Cycle, Limit, Pricing, Seats};
use crate::{ids::FeatureKey, money::Currency};

impl Catalog {
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
