//! The sandbox's state, and the [`Transaction`] that changes it.
//!
//! Rows live in memory. A transaction writes its changes to the journal before the caller gets an answer. Transactions
//! run one at a time, so concurrent calls with one idempotency key, or a double click on "Pay", take effect once.
//!
//! This folder depends on no provider: each kind of row implements [`Record`], and `lib.rs` lists the kinds.

mod config;
pub(crate) mod deliveries;
pub(crate) mod ids;
mod journal;
mod settings;
pub(crate) mod stripe_account;
mod table;
mod transaction;
mod visibility;
mod world;

pub use self::{
    config::{DEFAULT_MERCHANT, SandboxConfig},
    journal::JournalError,
};
pub(crate) use self::{
    settings::Settings,
    table::{Record, Scope, Tables},
    transaction::{Origin, StorageError, Transaction},
    world::World,
};
