//! The pages under `/settings`.

pub(crate) mod billing;
pub(crate) mod keys;
pub(crate) mod team;
