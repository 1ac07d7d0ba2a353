//! What endpoints take of a request: JSON bodies, idempotency keys, and the handle of a subject.

pub(super) mod body;
pub(super) mod handle;
pub(super) mod idempotency;
