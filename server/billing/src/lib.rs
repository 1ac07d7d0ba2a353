//! The use cases of Dues and what they need: the store, payment providers, identities, mail and the worker.

pub mod identity;
pub mod mail;
pub mod metric;
pub mod outbound;
pub mod payment;
pub mod security_event;
pub mod service;
pub mod store;
pub mod trace;
pub mod worker;

pub use service::{ServiceError, Services};
