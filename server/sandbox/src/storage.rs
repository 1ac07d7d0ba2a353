//! The sandbox's state, and the transaction that changes it: a [`Unit`].
//!
//! Rows live in memory. A unit's changes are written to the journal before the caller gets an answer. Units run one at
//! a time, so concurrent calls with one idempotency key, or a double click on "Pay", take effect once.
//!
//! This folder knows no object of a provider: each kind of row is a [`Record`], and `lib.rs` lists them.

mod config;
pub(crate) mod deliveries;
pub(crate) mod ids;
mod journal;
mod settings;
pub(crate) mod stripe_account;
mod table;
mod unit;
mod visibility;
mod world;

pub use self::{config::SandboxConfig, journal::JournalError};
pub(crate) use self::{
    settings::Settings,
    table::{Record, Scope, Tables},
    unit::{Origin, StorageError, Unit},
    world::World,
};
