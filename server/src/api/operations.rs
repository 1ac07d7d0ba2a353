//! Health and the `OpenAPI` document.

pub(super) mod health;
pub mod openapi;
