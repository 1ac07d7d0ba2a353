//! Whether a provider's key opens the right account.

use domain::subscription::Provider;

use crate::payment::{ProviderError, account::ProviderAccount};

/// Whether a provider's key opens the right account, as of the last check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    /// The provider has not answered since the start.
    #[default]
    Unchecked,
    Confirmed,
    /// The key opens an account other than the stored one.
    Changed {
        stored: ProviderAccount,
        found: ProviderAccount,
    },
    /// No account is stored yet, and the one that the key opens knows none of the paying customers.
    Unproven {
        found: ProviderAccount,
    },
    /// The provider refuses to say which account the key opens, for `reason`.
    Refused {
        reason: String,
    },
}

impl AccountState {
    /// Returns what is wrong and what to do, for operators; `None` if the account is right or was not checked.
    pub fn warning(&self, provider: Provider) -> Option<String> {
        let (name, command) = (provider.title(), provider.as_str());
        match self {
            Self::Unchecked | Self::Confirmed => None,
            Self::Changed { stored, found } => Some(format!(
                "The key for {name} opens the account {found}, and this installation's customers are in {stored}. \
                 Set the right key, or accept the new account with `server {command} adopt {}`.",
                found.id
            )),
            Self::Unproven { found } => Some(format!(
                "The key for {name} opens the account {found}, which knows none of the customers who pay here. \
                 Set the right key, or accept the account with `server {command} adopt {}`.",
                found.id
            )),
            Self::Refused { reason } => Some(format!(
                "{name} does not tell which account the key opens: {reason} Set a key that may read its own account."
            )),
        }
    }

    /// Converts the state to the outcome of a call. `Unchecked` is no error.
    pub(super) fn outcome(&self, provider: Provider) -> Result<(), ProviderError> {
        self.warning(provider).map_or(Ok(()), |reason| Err(ProviderError::AccountChanged { provider, reason }))
    }
}
