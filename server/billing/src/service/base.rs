//! What all use cases share: errors, permissions, idempotency keys, limits, locks, queues and notifiers.

pub(super) mod address;
pub(super) mod error;
pub(super) mod group_commit;
pub mod idempotency;
pub(super) mod internal_features;
pub mod limits;
pub mod permission;
#[cfg(test)]
pub(super) mod test_env;
pub(super) mod wake;
