//! Invitations into a workspace, by its admins.

pub mod create;
pub mod list;
pub mod withdraw;
