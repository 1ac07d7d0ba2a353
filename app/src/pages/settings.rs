//! The pages under `/settings`.

pub(crate) mod keys;
pub(crate) mod team;
pub(crate) mod webhooks;
