//! The pages under `/settings`.

pub(crate) mod keys;
