//! Integration tests over HTTP, on both databases, with the stand-in for Stripe as the payment provider.
//!
//! The server runs in the process of the test, or as the real binary where a test needs a process.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod account;
mod api;
mod harness;
mod operations;
mod pages;
mod subscription;
mod tenant;
