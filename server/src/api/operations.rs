//! Health, metrics and the `OpenAPI` document.

pub(super) mod health;
pub(crate) mod metrics;
pub mod openapi;
