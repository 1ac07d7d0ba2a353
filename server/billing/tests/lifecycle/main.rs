//! The life cycle of subscriptions: drift, duplicates, dunning, trials, pending changes and cancellations.
//! On both databases, over HTTP against the stand-in for Stripe, with clocks that the test advances.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod adopted;
mod cancellation;
mod currencies;
mod discounts;
mod duplicates;
mod failing_jobs;
mod imports;
mod installation_events;
mod lives;
mod lost_answers;
mod payments;
mod plan_changes;
mod provider_answers;
mod reconciliation;
mod revenue;
mod seats;
mod test_env;
mod transitions;
