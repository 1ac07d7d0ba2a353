//! The business rules of Dues as pure functions over plain values. No I/O; compiles to wasm.
//!
//! The parameters and return values of server functions live in [`wire`], so that pages and services share them.

pub mod account;
pub mod catalog;
pub mod entitlement;
pub mod error_code;
pub mod ids;
pub mod money;
pub mod subscription;
pub mod tenant;
pub mod time;
pub mod wire;
