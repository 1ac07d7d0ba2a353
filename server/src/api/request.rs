//! What endpoints read of a request: JSON bodies and idempotency keys.

pub(super) mod body;
pub(super) mod idempotency;
