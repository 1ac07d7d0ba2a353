//! The payment providers.

use serde::{Deserialize, Serialize};

/// A payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Stripe,
    Polar,
}

crate::all_variants!(Provider { Stripe, Polar });

impl Provider {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Polar => "polar",
        }
    }

    /// The name on pages and in messages.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Stripe => "Stripe",
            Self::Polar => "Polar",
        }
    }
}

/// The text is not the name of a payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a payment provider is stripe or polar")]
pub struct UnknownProvider;

impl std::str::FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(UnknownProvider)
    }
}
