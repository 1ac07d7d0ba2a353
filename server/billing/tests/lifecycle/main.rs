//! What becomes of subscriptions while nobody looks: drift, second payments, payments that are due,
//! trials, changes that wait, and leaving. On both
//! databases, against the stand-in for Stripe over HTTP, with clocks that the test moves.

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
