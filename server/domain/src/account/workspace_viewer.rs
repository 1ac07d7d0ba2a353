//! The person for whom a page or form of a workspace is handled: the user of an account, a portal session or a token.
//!
//! Code that must not run for a portal session takes a [`Viewer`] or an [`Account`]. A portal session converts to
//! neither.

use serde::{Deserialize, Serialize};

use super::{
    email::Email,
    token_user::TokenUser,
    viewer::{Account, Identity, Membership, Viewer},
};
use crate::{ids::UserId, tenant::external_id::ExternalId};

/// A user of the product, as the product names them. They have no account in Dues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalUser {
    /// The product's id of the user.
    pub external_id: ExternalId,
    pub email: Option<Email>,
    pub name: Option<String>,
}

/// Who the person is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkspaceUser {
    Account {
        account: Account,
        /// The user's other workspaces, sorted by name.
        other_memberships: Vec<Membership>,
    },
    Portal(PortalUser),
    /// The user of an issuer's token, who has no account.
    Token {
        user: TokenUser,
        /// The id derived from issuer and subject, as in [`Viewer::user_id`].
        user_id: UserId,
        email: Option<Email>,
    },
}

/// The person for whom a page or form of a workspace is handled, and the workspace with their role in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceViewer {
    pub user: WorkspaceUser,
    pub current_membership: Membership,
}

impl WorkspaceViewer {
    /// The user's account; `None` for a portal session and for a token's user.
    pub const fn account(&self) -> Option<&Account> {
        match &self.user {
            WorkspaceUser::Account { account, other_memberships: _ } => Some(account),
            WorkspaceUser::Portal(_) | WorkspaceUser::Token { .. } => None,
        }
    }

    /// The id of the user's account; `None` for a portal session and for a token's user.
    pub fn user_id(&self) -> Option<&UserId> {
        self.account().map(|account| &account.user_id)
    }

    /// The user's address, as far as known.
    pub const fn email(&self) -> Option<&Email> {
        match &self.user {
            WorkspaceUser::Account { account, other_memberships: _ } => Some(&account.email),
            WorkspaceUser::Portal(user) => user.email.as_ref(),
            WorkspaceUser::Token { email, .. } => email.as_ref(),
        }
    }

    /// The viewer of an account or of a token's user; `None` for a portal session.
    pub fn account_viewer(&self) -> Option<Viewer> {
        let current_membership = self.current_membership.clone();
        match &self.user {
            WorkspaceUser::Account { account: Account { user_id, email }, other_memberships } => Some(Viewer {
                user_id: user_id.clone(),
                identity: Identity::Account(email.clone()),
                current_membership,
                other_memberships: other_memberships.clone(),
            }),
            WorkspaceUser::Token { user, user_id, email } => Some(Viewer {
                user_id: user_id.clone(),
                identity: Identity::Token { user: user.clone(), email: email.clone() },
                current_membership,
                other_memberships: Vec::new(),
            }),
            WorkspaceUser::Portal(_) => None,
        }
    }
}

impl From<Viewer> for WorkspaceViewer {
    fn from(viewer: Viewer) -> Self {
        let Viewer { user_id, identity, current_membership, other_memberships } = viewer;
        let user = match identity {
            Identity::Account(email) => {
                WorkspaceUser::Account { account: Account { user_id, email }, other_memberships }
            }
            Identity::Token { user, email } => WorkspaceUser::Token { user, user_id, email },
        };
        Self { user, current_membership }
    }
}

impl From<&Viewer> for WorkspaceViewer {
    fn from(viewer: &Viewer) -> Self {
        viewer.clone().into()
    }
}

impl From<&Self> for WorkspaceViewer {
    fn from(viewer: &Self) -> Self {
        viewer.clone()
    }
}
