//! Invitations to a workspace.

pub mod create;
pub mod list;
pub mod withdraw;
