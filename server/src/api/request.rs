//! What endpoints take of a request: JSON bodies, idempotency keys, conditions, callers, and the handle of a subject.

pub(super) mod body;
pub(super) mod etag;
pub(super) mod handle;
pub(super) mod idempotency;
pub(super) mod installation;
pub(super) mod tenant_callers;
