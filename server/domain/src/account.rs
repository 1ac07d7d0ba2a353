//! People, the workspaces they belong to, and what their role lets them do.

mod email;

use serde::{Deserialize, Serialize};

pub use self::email::{Email, InvalidEmail};

use crate::ids::{PlanId, TenantId, UserId};

/// What a person is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Admin,
    Member,
}

impl Role {
    /// Owners and admins change plans, members, keys and secrets; a member looks.
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Whether somebody of this role may make, change or remove somebody of `other`: owners are made by owners alone.
    pub const fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(other, Self::Owner),
            Self::Member => false,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is owner, admin or member")]
pub struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "owner" => Ok(Self::Owner),
            "admin" => Ok(Self::Admin),
            "member" => Ok(Self::Member),
            _ => Err(UnknownRole),
        }
    }
}

/// One workspace of a person, with the role held there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub tenant_id: TenantId,
    pub tenant_name: String,
    pub role: Role,
    /// The plan whose limits hold there today.
    pub plan: PlanId,
}

/// Somebody who is signed in, whether or not any workspace is hers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: UserId,
    pub email: Email,
}

/// Whoever is looking at a page, in the workspace that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub user_id: UserId,
    pub email: Email,
    pub here: Membership,
    /// Every other workspace of this person, by name.
    pub elsewhere: Vec<Membership>,
}

impl Viewer {
    /// Who it is, whatever is open.
    pub fn account(&self) -> Account {
        Account { user_id: self.user_id.clone(), email: self.email.clone() }
    }
}

/// The shortest password that is taken.
pub const PASSWORD_MIN_CHARS: usize = 10;
/// The longest password that is taken.
pub const PASSWORD_MAX_CHARS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_made_changed_and_removed_by_owners_alone() {
        use Role::{Admin, Member, Owner};
        for (role, may) in [(Owner, [true, true, true]), (Admin, [false, true, true]), (Member, [false, false, false])]
        {
            assert_eq!([Owner, Admin, Member].map(|other| role.may_manage(other)), may, "{role:?}");
        }
    }
}
