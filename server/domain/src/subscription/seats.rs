//! Bought seats: what a tenant has, and what a change of their number costs and when it starts.

use serde::{Deserialize, Serialize};

use crate::{catalog::Cycle, ids::PlanId, money::Money, time::Timestamp};

/// A decrease of seats that waits for the next period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSeats {
    /// All seats from then on.
    pub seats: u64,
    pub at: Timestamp,
}

/// The seats of a tenant's live subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsView {
    pub plan: PlanId,
    /// All seats that are paid for, those included in the plan's price too.
    pub seats: u64,
    pub included: u64,
    /// The fewest that the plan is sold with.
    pub min: u64,
    /// The most that the plan is sold with; `None` if there is no such number.
    pub max: Option<u64>,
    /// How many are in use now.
    pub in_use: u64,
    /// The catalog's price of a seat per cycle; `None` if the catalog has none in the subscription's currency.
    pub price: Option<Money>,
    pub cycle: Cycle,
    pub pending: Option<PendingSeats>,
}

/// What a change of seats would cost, and when it would start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsPreview {
    pub seats: u64,
    /// What the change would charge at once, as the provider estimates it; 0 if it waits for the next period. `None` if
    /// the provider has no estimate.
    pub due_now: Option<Money>,
    /// The price per cycle with these seats, before discounts and tax; `None` if the catalog has none.
    pub next_price: Option<Money>,
    /// When the change would start if it waits for the next period; `None` if it starts at once.
    pub starts_at: Option<Timestamp>,
}
