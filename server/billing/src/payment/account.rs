//! The account at a provider that a key opens, and what the provider says of a customer in it.

use std::{fmt, str::FromStr};

use super::Cause;

/// Whether an account's payments are real.
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

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Live, Self::Test].into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}

/// An account at a provider. Its live mode and its test mode are two: neither knows the other's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    /// Stripe's account, Polar's organization.
    pub id: String,
    pub mode: Mode,
}

impl fmt::Display for ProviderAccount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({} mode)", self.id, self.mode.as_str())
    }
}

/// What the provider says of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerState {
    Present,
    /// The provider shows it as deleted. Only this ends its subscriptions, and only such a customer is replaced.
    Deleted,
    /// The provider does not know it. This says nothing about its subscriptions: the key may open another account.
    Unknown,
}

/// The cause of [`super::ProviderError::Rejected`] where the provider does not accept the key, or not for this call: a 401 or a 403.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not accept the key for this call")]
pub struct KeyRefused(#[source] pub Cause);

/// The cause of [`super::ProviderError::Rejected`] where something that the call names does not exist in the account: a 404.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not know what the call names")]
pub struct MissingObject(#[source] pub Cause);
