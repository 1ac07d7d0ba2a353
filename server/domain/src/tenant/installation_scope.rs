//! The scopes of installation keys.

use serde::{Deserialize, Serialize};

use super::scope::Scope;

/// A permission of an installation key. It holds for every tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum InstallationScope {
    /// Create, read, change and delete tenants, and create keys of theirs.
    Tenants,
    /// Read what a workspace key with the scope `read` may read.
    Read,
    /// Check, consume, release and set usage, send usage events, and correct counters.
    Usage,
    /// Start checkouts, and change and read what a tenant pays.
    Billing,
    /// Create portal links.
    Portal,
    /// Manage the webhook endpoints of the installation.
    Webhooks,
}

crate::all_variants!(InstallationScope { Tenants, Read, Usage, Billing, Portal, Webhooks });

impl InstallationScope {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::Read => "read",
            Self::Usage => "usage",
            Self::Billing => "billing",
            Self::Portal => "portal",
            Self::Webhooks => "webhooks",
        }
    }

    /// The scope of workspace keys that permits the same in one tenant; `None` if no workspace key may do what this
    /// scope permits.
    pub const fn in_workspace(self) -> Option<Scope> {
        match self {
            Self::Read => Some(Scope::Read),
            Self::Usage => Some(Scope::Usage),
            Self::Billing => Some(Scope::Billing),
            Self::Tenants | Self::Portal | Self::Webhooks => None,
        }
    }
}

/// The text is not the name of a scope of installation keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is tenants, read, usage, billing, portal or webhooks")]
pub struct UnknownInstallationScope;

impl std::str::FromStr for InstallationScope {
    type Err = UnknownInstallationScope;

    fn from_str(text: &str) -> Result<Self, UnknownInstallationScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownInstallationScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_parses_from_its_name_and_from_json() {
        for scope in InstallationScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
            assert!(UnknownInstallationScope.to_string().contains(scope.as_str()));
        }
        assert_eq!("secrets".parse::<InstallationScope>(), Err(UnknownInstallationScope));
    }

    #[test]
    fn no_scope_opens_secrets_of_a_workspace() {
        let opened: Vec<_> = InstallationScope::ALL.into_iter().filter_map(InstallationScope::in_workspace).collect();
        assert_eq!(opened, [Scope::Read, Scope::Usage, Scope::Billing]);
    }
}
