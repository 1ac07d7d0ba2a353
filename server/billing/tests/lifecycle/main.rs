//! The life cycle of subscriptions: drift, duplicates, dunning, trials, pending changes and cancellations.
//! On both databases, over HTTP against the stand-in for Stripe, with clocks that the test advances.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod account;
mod answers;
mod changing;
mod dunning;
mod duplicates;
mod foreign;
mod invoiced;
mod leaving;
mod lives;
mod mutated;
mod odd;
mod rights;
mod rounds;
mod stand;
mod trials;
mod trouble;
mod turns;
mod unknown;
