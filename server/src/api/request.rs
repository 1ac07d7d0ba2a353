//! What endpoints read from a request: JSON bodies, `Idempotency-Key`, `If-None-Match` and callers. The extractor
//! in `handle` gives an endpoint its use cases.

pub(super) mod body;
pub(super) mod etag;
pub(super) mod handle;
pub(super) mod idempotency;
pub(super) mod installation;
pub(super) mod language;
pub(super) mod tenant_callers;
