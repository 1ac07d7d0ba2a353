//! Texts of audit entries, for the workspace's log and the operator's timeline.

mod changes;
pub(crate) mod kind;
mod names;
pub(crate) mod words;
