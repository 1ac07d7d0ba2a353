//! `/tenant/secrets`: what a workspace keeps for Dues to use, and never sees again.

pub mod delete;
pub mod list;
pub mod set;
