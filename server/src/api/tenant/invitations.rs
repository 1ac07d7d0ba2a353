//! Invitations to a workspace.

pub mod accept;
pub mod create;
pub mod list;
pub mod withdraw;
