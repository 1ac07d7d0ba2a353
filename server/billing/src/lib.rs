//! The use-cases of Dues and what they need: the store, payment providers, identities and the worker.

pub mod payment;
