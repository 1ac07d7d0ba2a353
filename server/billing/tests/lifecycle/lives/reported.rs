//! What a provider reports of a subscription, read from its JSON without the code of Dues. Dues must hold the same.

mod polar;
mod stripe;

use std::fmt;

use domain::{
    catalog::Cycle,
    subscription::{Provider, ProviderStatus, Subscription},
    time::Timestamp,
};
use serde_json::Value;

pub(super) use self::stripe::{items as stripe_items, plan_item as stripe_plan_item};
use super::{
    life::Life,
    money::Amount,
    offer::{Offer, Sold},
};
use crate::test_env::TestEnv;

/// The terms of a subscription that are compared as a whole.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) status: ProviderStatus,
    pub(super) started_at: Timestamp,
    pub(super) period_end: i64,
    /// Whether it ends with its period, or before.
    pub(super) ends: bool,
    /// The scheduled end, if it is not the end of the period.
    pub(super) cancel_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) quantity: u64,
    /// The price of a period before discounts.
    pub(super) price: Option<Amount>,
    /// The number of items beside the plan and its seats.
    pub(super) further_items: usize,
    pub(super) pause: Option<Pause>,
    pub(super) is_invoiced: bool,
}

/// A pause of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) until: Option<i64>,
}

/// A discount: hundredths of a percent or an amount, and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReportedDiscount {
    pub(super) name: Option<String>,
    pub(super) hundredths: Option<u64>,
    pub(super) amount: Option<Amount>,
    pub(super) until: Option<i64>,
}

/// A change of plan that waits: plan, cycle and time.
pub(super) type Waiting = (String, Cycle, i64);

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) id: String,
    /// The best-ranked plan among the items; `None` if no plan sells any of them.
    pub(super) plan: Option<(String, Cycle)>,
    pub(super) terms: Terms,
    pub(super) discounts: Vec<ReportedDiscount>,
    /// All seats that are paid for; `None` for a plan without seats.
    pub(super) seats: Option<u64>,
    /// How often it is billed, as unit and count.
    pub(super) every: (String, i64),
}

impl Reported {
    pub(super) fn read(env: &TestEnv, offer: &Offer, subscription: &Value) -> Self {
        match env.provider_name() {
            Provider::Stripe => stripe::read(offer, subscription),
            Provider::Polar => polar::read(offer, subscription),
        }
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.terms.status, ProviderStatus::Active | ProviderStatus::Trialing)
    }

    /// Whether a payment follows this period.
    pub(super) fn goes_on(&self) -> bool {
        self.is_active() && !self.terms.ends && self.terms.pause.is_none()
    }
}

/// Returns the next payment of each of a life's subscriptions: the amount and its time. Dues asks Stripe for the
/// upcoming invoices of the first three in Stripe's order only.
pub(super) async fn next_payments(env: &TestEnv, life: &Life, reported: &[Reported]) -> Vec<Option<(Amount, i64)>> {
    const MOST: usize = 3;
    let (mut next, mut asked) = (Vec::new(), 0);
    for (subscription, one) in life.subscriptions.iter().zip(reported) {
        let found = match env.provider_name() {
            _ if !one.goes_on() => None,
            Provider::Polar => polar::next_payment(subscription, one),
            Provider::Stripe if asked == MOST => None,
            Provider::Stripe => {
                asked += 1;
                stripe::next_payment(env, subscription).await
            }
        };
        next.push(found);
    }
    next
}

/// Returns the change of plan that waits for the next period.
pub(super) fn waiting(env: &TestEnv, offer: &Offer, life: &Life, one: &Reported) -> Option<Waiting> {
    let next = match env.provider_name() {
        Provider::Stripe => stripe::waiting(offer, &life.schedules, &one.id),
        Provider::Polar => life.subscription(&one.id).and_then(|of| polar::pending(offer, of)),
    };
    next.filter(|(plan, cycle, _)| one.plan.as_ref() != Some(&(plan.clone(), *cycle)))
}

/// Returns the number of seats that waits for the next period, and when it begins.
pub(super) fn waiting_seats(env: &TestEnv, offer: &Offer, life: &Life, one: &Reported) -> Option<(u64, i64)> {
    let next = match env.provider_name() {
        Provider::Stripe => stripe::waiting_seats(offer, &life.schedules, &one.id),
        Provider::Polar if one.seats.is_none() => None,
        Provider::Polar => life.subscription(&one.id).and_then(polar::pending_seats),
    };
    next.filter(|(seats, _)| one.seats != Some(*seats))
}

impl Terms {
    /// The terms that Dues holds.
    pub(super) fn held(stored: &Subscription) -> Self {
        let details = &stored.details;
        Self {
            status: stored.status,
            started_at: stored.started_at,
            period_end: stored.period_end.as_secs(),
            ends: stored.cancel_at_period_end,
            cancel_at: details.cancel_at.map(Timestamp::as_secs),
            ended_at: stored.ended_at.map(Timestamp::as_secs),
            quantity: details.quantity,
            price: stored.price.map(Amount::of),
            further_items: details.also_included.len(),
            pause: details.collection_pause.map(|pause| Pause { until: pause.until.map(Timestamp::as_secs) }),
            is_invoiced: details.is_invoiced,
        }
    }
}

fn status(word: &str) -> ProviderStatus {
    match word {
        "active" => ProviderStatus::Active,
        "trialing" => ProviderStatus::Trialing,
        "past_due" => ProviderStatus::PastDue,
        "unpaid" => ProviderStatus::Unpaid,
        "incomplete" => ProviderStatus::Incomplete,
        "incomplete_expired" => ProviderStatus::IncompleteExpired,
        "canceled" => ProviderStatus::Canceled,
        "paused" => ProviderStatus::Paused,
        other => panic!("{other}"),
    }
}

/// Returns the cycle that a price counts as: yearly from a year on.
fn cycle_of((unit, count): (&str, i64)) -> Cycle {
    let per_year = match unit {
        "day" => 365,
        "week" => 52,
        "month" => 12,
        _ => 1,
    };
    if count >= per_year { Cycle::Yearly } else { Cycle::Monthly }
}

/// Returns what a price or product sells: by the setup, else by the plan in its metadata.
fn sold(offer: &Offer, id: &str, metadata: &Value, every: (&str, i64)) -> Option<Sold> {
    offer.sold(id).cloned().or_else(|| {
        let plan = metadata["dues_plan"].as_str()?.to_owned();
        Some(Sold { plan, cycle: cycle_of(every), is_seat: false })
    })
}

impl fmt::Debug for Terms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, started_at, period_end, ends, cancel_at, ended_at, quantity, .. } = self;
        let Self { price, further_items, pause, is_invoiced, .. } = self;
        let at = |secs: i64| Timestamp::from_secs(secs).rfc3339_secs();
        write!(out, "{} since {} until {}", status.as_str(), started_at.rfc3339_secs(), at(*period_end))?;
        write!(out, ", {quantity} × {price:?} and {further_items} items")?;
        write!(out, "{}", if *ends { ", ends" } else { "" })?;
        for (what, time) in [("cancel_at", cancel_at), ("ended", ended_at)] {
            if let Some(time) = time {
                write!(out, ", {what} {}", at(*time))?;
            }
        }
        if let Some(Pause { until }) = pause {
            write!(out, ", paused until {:?}", until.map(at))?;
        }
        write!(out, "{}", if *is_invoiced { ", invoices are sent" } else { "" })
    }
}

impl fmt::Debug for Reported {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, plan, terms, discounts, seats, every } = self;
        write!(out, "{id} {plan:?} every {every:?}, {terms:?}")?;
        if !discounts.is_empty() {
            write!(out, ", {discounts:?}")?;
        }
        match seats {
            Some(seats) => write!(out, ", {seats} seats"),
            None => Ok(()),
        }
    }
}
