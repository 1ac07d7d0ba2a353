//! What all use cases share: errors, permissions, idempotency keys, limits, locks, queues and notifiers.

pub(super) mod address;
pub(super) mod anonymous_writes;
pub(super) mod error;
pub(super) mod group_commit;
pub mod idempotency;
pub(super) mod internal_features;
pub mod limits;
pub(super) mod mail_budget;
pub mod permission;
pub(super) mod tenant_locks;
#[cfg(test)]
pub(crate) mod test_env;
pub(super) mod wake;
