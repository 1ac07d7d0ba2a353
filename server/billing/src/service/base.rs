//! What all use cases share: the core and the handles, errors, permissions, idempotency keys, limits, locks, queues and
//! notifiers.

pub(super) mod address;
pub(super) mod core;
pub(super) mod error;
pub(super) mod group_commit;
pub(super) mod handles;
pub mod idempotency;
pub(super) mod internal_features;
pub mod limits;
pub mod permission;
#[cfg(test)]
pub(crate) mod test_env;
pub(super) mod wake;
