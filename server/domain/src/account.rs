//! Users, the workspaces they belong to, and the permissions of their roles.

mod email;
mod mail_kind;
pub mod names;
mod role;
pub mod token_user;
mod viewer;
mod workspace_viewer;

pub use self::{
    email::{Email, InvalidEmail},
    mail_kind::{OptionalMail, UnknownOptionalMail},
    role::{Role, UnknownRole},
    viewer::{Account, Identity, Membership, Viewer},
    workspace_viewer::{PortalUser, WorkspaceUser, WorkspaceViewer},
};

/// The shortest password accepted, in characters.
pub const PASSWORD_MIN_CHARS: usize = 10;
/// The longest password accepted, in characters.
pub const PASSWORD_MAX_CHARS: usize = 256;
