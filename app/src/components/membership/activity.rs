//! What happened between a workspace and its provider: jobs, events and corrections.

pub(crate) mod tables;
pub(crate) mod words;
