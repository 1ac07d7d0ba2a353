//! What holds for every route: access, input, errors, limits and documents.

mod conformance;
mod every_route;
mod excess;
mod idempotency;
pub(crate) mod isolation;
mod openapi;
mod rates;
mod wire_forms;
mod wrong_input;
