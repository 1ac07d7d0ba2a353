//! Signed-in users, with and without a workspace.

use serde::{Deserialize, Serialize};

use super::{email::Email, role::Role, token_user::TokenUser};
use crate::{
    ids::{PlanId, TenantId, UserId},
    tenant::actor::Actor,
};

/// A user's membership in one workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub tenant_id: TenantId,
    pub tenant_name: String,
    pub role: Role,
    /// The plan whose limits apply now.
    pub plan: PlanId,
}

/// A signed-in user, with or without a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: UserId,
    pub email: Email,
}

/// How a person is identified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    /// The person has signed in to an account with this address.
    Account(Email),
    /// An issuer's token names them; they have no account.
    Token {
        user: TokenUser,
        /// The address that the token states. Dues does not take it as verified.
        email: Option<Email>,
    },
}

/// A person with a workspace: the user of an account, or a person whom an issuer's token names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The account's id. For a token's user, an id derived from issuer and subject; the table of users has no row for
    /// it. Either id distinguishes people in memory and as creators of stored objects.
    pub user_id: UserId,
    pub identity: Identity,
    pub current_membership: Membership,
    /// The user's other workspaces, sorted by name.
    pub other_memberships: Vec<Membership>,
}

impl Viewer {
    /// The user without their workspaces; `None` for a person without an account.
    pub fn account(&self) -> Option<Account> {
        match &self.identity {
            Identity::Account(email) => Some(Account { user_id: self.user_id.clone(), email: email.clone() }),
            Identity::Token { .. } => None,
        }
    }

    /// The person's address, as far as known.
    pub const fn email(&self) -> Option<&Email> {
        match &self.identity {
            Identity::Account(email) => Some(email),
            Identity::Token { user: _, email } => email.as_ref(),
        }
    }

    /// The person that an issuer's token names; `None` for an account.
    pub const fn token_user(&self) -> Option<&TokenUser> {
        match &self.identity {
            Identity::Account(_) => None,
            Identity::Token { user, email: _ } => Some(user),
        }
    }

    /// The person as the actor of a change.
    pub fn actor(&self) -> Actor {
        match self.token_user() {
            Some(user) => Actor::TokenUser(user.clone()),
            None => Actor::User(self.user_id.clone()),
        }
    }
}
