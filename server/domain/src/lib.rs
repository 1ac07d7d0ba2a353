//! The business rules of Dues as pure functions over plain values. No I/O; compiles to wasm.
//!
//! The parameters and return values of server functions live in [`wire`], so that pages and services share them.

pub mod account;
pub mod actor;
pub mod audit;
pub mod catalog;
pub mod enterprise;
pub mod entitlement;
pub mod error_code;
pub mod history;
pub mod ids;
pub mod invoice;
pub mod lifecycle;
pub mod money;
pub mod names;
pub mod order;
pub mod overrides;
pub mod plan_change;
pub mod preflight;
pub mod revenue;
pub mod scope;
pub mod secret;
pub mod subscription;
pub mod time;
pub mod trial;
pub mod webhook_event;
pub mod wire;
