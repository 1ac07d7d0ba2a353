//! The scopes of API keys.

use serde::{Deserialize, Serialize};

/// A permission of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read plans, status, usage and history.
    Read,
    /// Consume, release and set usage, and send usage events.
    Usage,
    /// Upgrade and sync the subscription, and work on the tenant's own provider account.
    Billing,
    /// Store and delete secrets.
    Secrets,
}

impl Scope {
    /// The scopes that admins of a workspace may grant to a key.
    ///
    /// Only the operator grants `usage`: a tenant must not report its own usage.
    pub const GRANTABLE_BY_ADMINS: [Self; 3] = [Self::Read, Self::Billing, Self::Secrets];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Usage => "usage",
            Self::Billing => "billing",
            Self::Secrets => "secrets",
        }
    }
}

crate::all_variants!(Scope { Read, Usage, Billing, Secrets });

/// The text is not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, usage, billing or secrets")]
pub struct UnknownScope;

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}
