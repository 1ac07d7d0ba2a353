//! Members of a workspace.

pub mod change;
pub mod invite;
pub mod list;
pub mod remove;
