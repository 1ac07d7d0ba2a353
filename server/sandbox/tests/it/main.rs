//! Tests of the sandbox over HTTP. Each test starts its own server on an ephemeral port.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod harness;

mod api;
mod checkout;
mod durability;
mod firebase;
mod fixtures;
mod lifecycle;
mod planting;
mod portal;
mod schedules;
mod selling;
mod webhooks;
