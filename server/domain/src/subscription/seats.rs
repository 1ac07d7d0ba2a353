//! Bought seats: what a tenant has, and what a change of their number costs and when it starts.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Cycle, Seats},
    ids::PlanId,
    money::Money,
    subscription::{ProviderStatus, Subscription},
    time::Timestamp,
};

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

/// What a change of seats does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatsChange {
    /// Nothing: the subscription has so many, or will have with the next period.
    Unchanged,
    /// It takes a waiting decrease back.
    TakeBack,
    /// It starts at once. More seats are charged then.
    Now,
    /// It waits for the next period: fewer seats, of which the present ones are paid.
    Waits { at: Timestamp },
}

/// Why a change of seats is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatsRefusal {
    NotSold {
        min: u64,
        most: u64,
    },
    InUse {
        in_use: u64,
    },
    /// The first payment is not finished.
    FirstPaymentOpen,
    /// A payment is overdue.
    PaymentDue,
    Paused,
    /// The subscription is set to end, so that no period follows.
    Ends,
    /// Another plan or cycle waits for the next period.
    ChangeScheduled,
}

/// Decides about a change of a live subscription to `wanted` seats in all. `bought` are those that it pays for, and
/// `in_use` those that are in use.
///
/// The number that it pays for already is never refused: it takes a waiting decrease back.
pub fn seats_change(
    current: &Subscription,
    sold: &Seats,
    (bought, in_use): (u64, u64),
    wanted: u64,
) -> Result<SeatsChange, SeatsRefusal> {
    let pending = current.details.pending_seats;
    if wanted == bought {
        return Ok(if pending.is_some() { SeatsChange::TakeBack } else { SeatsChange::Unchanged });
    }
    if !sold.sells(wanted) {
        return Err(SeatsRefusal::NotSold { min: sold.min, most: sold.most() });
    }
    if wanted < bought && wanted < in_use {
        return Err(SeatsRefusal::InUse { in_use });
    }
    match current.status {
        ProviderStatus::Active | ProviderStatus::Trialing => {}
        ProviderStatus::PastDue | ProviderStatus::Unpaid => return Err(SeatsRefusal::PaymentDue),
        ProviderStatus::Paused => return Err(SeatsRefusal::Paused),
        ProviderStatus::Incomplete | ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => {
            return Err(SeatsRefusal::FirstPaymentOpen);
        }
    }
    if current.pending.is_some() {
        return Err(SeatsRefusal::ChangeScheduled);
    }
    // Nothing is paid for on trial.
    if wanted > bought || current.status == ProviderStatus::Trialing {
        return Ok(SeatsChange::Now);
    }
    if current.ends_at().is_some() {
        return Err(SeatsRefusal::Ends);
    }
    if pending.is_some_and(|pending| pending.seats == wanted) {
        return Ok(SeatsChange::Unchanged);
    }
    Ok(SeatsChange::Waits { at: current.period_end })
}
