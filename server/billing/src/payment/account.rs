//! The account that a provider's key opens, and whether a customer exists in it.

use std::{fmt, str::FromStr};

/// Whether an account takes real payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Live,
    Test,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

domain::all_variants!(Mode { Live, Test });

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}

/// An account at a provider in one mode. Live mode and test mode do not share objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    /// Id of the Stripe account or of the Polar organization.
    pub id: String,
    pub mode: Mode,
}

impl fmt::Display for ProviderAccount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({} mode)", self.id, self.mode.as_str())
    }
}

/// Whether a customer exists at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerState {
    Present,
    /// Deleted at the provider. Only in this state does Dues take the customer's missing subscriptions as ended, and
    /// replace the customer.
    Deleted,
    /// The account that the key opens does not know the customer. The customer's subscriptions may still run: the key
    /// may be of another account.
    Unknown,
}
