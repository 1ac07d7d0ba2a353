//! `/tenant/secrets`: a workspace's write-only secrets for Dues to use.

pub mod delete;
pub mod list;
pub mod set;
