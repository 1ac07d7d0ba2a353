//! What an API key may do.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at plans, status, usage and history.
    Read,
    /// Consume, release and set usage, and send usage events.
    Usage,
    /// Upgrade and sync the subscription, and work on the tenant's own provider account.
    Billing,
    /// Store and delete secrets.
    Secrets,
}

impl Scope {
    /// Those that a workspace's own admins may give a key. `usage` is given by the installation: the metered party must not hold
    /// the meter.
    pub const MADE_BY_ADMINS: [Self; 3] = [Self::Read, Self::Billing, Self::Secrets];

    pub const ALL: [Self; 4] = [Self::Read, Self::Usage, Self::Billing, Self::Secrets];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Usage => "usage",
            Self::Billing => "billing",
            Self::Secrets => "secrets",
        }
    }
}

/// A text that names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, usage, billing or secrets")]
pub struct UnknownScope;

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}
