//! The roles of users in a workspace, and the permissions of each.

use serde::{Deserialize, Serialize};

/// A user's role in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Admin,
    /// Pays for the workspace: plan, usage, invoices and card; no team, keys or secrets.
    Billing,
    Member,
}

impl Role {
    /// Whether the role may change members, keys, secrets and webhooks.
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Whether the role may see invoices, change the plan and open the provider's pages. A plain member only reads plan
    /// and usage.
    pub const fn may_bill(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Billing)
    }

    /// Whether this role may add, change or remove a member whose role is `other`. Only owners manage owners.
    pub const fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(other, Self::Owner),
            Self::Billing | Self::Member => false,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Member => "member",
        }
    }
}

crate::all_variants!(Role { Owner, Admin, Billing, Member });

/// The text is not the name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is owner, admin, billing or member")]
pub struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owners_manage_owners() {
        for role in Role::ALL {
            let may_manage = Role::ALL.map(|other| role.may_manage(other));
            let expected = match role {
                Role::Owner => [true, true, true, true],
                Role::Admin => [false, true, true, true],
                Role::Billing | Role::Member => [false; 4],
            };
            assert_eq!(may_manage, expected, "{role:?}");
        }
    }

    #[test]
    fn billing_pays_and_is_no_admin() {
        assert_eq!(Role::ALL.map(Role::may_bill), [true, true, true, false]);
        assert_eq!(Role::ALL.map(Role::is_admin), [true, true, false, false]);
        assert!(Role::ALL.into_iter().all(|role| role.as_str().parse() == Ok(role)));
    }
}
