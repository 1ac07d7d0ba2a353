//! `/api/v1/billing/seats`: the seats that a workspace pays for.

pub(in crate::api) mod change;
pub(in crate::api) mod show;

use domain::{
    catalog::Cycle,
    money::Money,
    subscription::seats::{PendingSeats, SeatsPreview, SeatsView},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Numbers count all seats, those included in the plan's price too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "seats": 5, "dueNow": null, "pending": { "seats": 3, "at": "2026-02-01T00:00:00Z" },
    "plan": "team", "billingCycle": "monthly", "included": 3, "min": 3, "max": 50, "inUse": 3,
    "price": { "amount": 1200, "currency": "USD" }
}))]
pub struct SeatsResponse {
    /// How many the workspace pays for; in a preview, how many it would pay for at once.
    seats: u64,
    /// What the change charged, or would charge, at once; 0 for one that waits, and for none. `null` where no change is
    /// asked for, and where the provider does not report it.
    #[schema(required = true)]
    due_now: Option<SeatsAmount>,
    /// Fewer seats from the next period on; `null` when none wait.
    #[schema(required = true)]
    pending: Option<SeatsPending>,
    plan: String,
    billing_cycle: Cycle,
    /// How many the price of the plan includes.
    included: u64,
    min: u64,
    /// `null` where there is no such number.
    #[schema(required = true)]
    max: Option<u64>,
    in_use: u64,
    /// The list price of each seat beyond those included, per cycle; `null` where there is none in the subscription's
    /// currency.
    #[schema(required = true)]
    price: Option<SeatsAmount>,
    /// Only in a preview: the price of a cycle with the new number, before taxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_price: Option<SeatsAmount>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SeatsAmount {
    /// In minor units.
    amount: i64,
    currency: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeatsPending {
    seats: u64,
    #[schema(format = "date-time")]
    at: String,
}

impl From<Money> for SeatsAmount {
    fn from(money: Money) -> Self {
        let Money { minor, currency } = money;
        Self { amount: minor, currency: currency.code().to_owned() }
    }
}

impl From<PendingSeats> for SeatsPending {
    fn from(pending: PendingSeats) -> Self {
        let PendingSeats { seats, at } = pending;
        Self { seats, at: at.rfc3339_secs() }
    }
}

impl SeatsResponse {
    fn new(view: SeatsView, due_now: Option<Money>) -> Self {
        let SeatsView { plan, seats, included, min, max, in_use, price, cycle, pending } = view;
        Self {
            seats,
            due_now: due_now.map(SeatsAmount::from),
            pending: pending.map(SeatsPending::from),
            plan: plan.into(),
            billing_cycle: cycle,
            included,
            min,
            max,
            in_use,
            price: price.map(SeatsAmount::from),
            next_price: None,
        }
    }

    /// As the change would answer.
    fn preview(view: SeatsView, preview: SeatsPreview) -> Self {
        let SeatsPreview { seats, due_now, next_price, starts_at } = preview;
        let waits = starts_at.map(|at| PendingSeats { seats, at });
        // The decrease that waits may be asked for again.
        let pending = waits.or(view.pending.filter(|pending| pending.seats == seats));
        let seats = if pending.is_some() { view.seats } else { seats };
        let next_price = next_price.map(SeatsAmount::from);
        Self { next_price, ..Self::new(SeatsView { seats, pending, ..view }, due_now) }
    }
}
