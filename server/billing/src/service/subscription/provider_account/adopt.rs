//! Adopting another account at a provider, by an operator.

use domain::subscription::Provider;

use crate::{
    payment::account::ProviderAccount,
    service::{Providers, ServiceError},
};

/// The stored account, and the one that the key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAccount {
    /// The stored account; `None` before the first contact.
    pub kept: Option<ProviderAccount>,
    pub found: ProviderAccount,
}

/// The outcome of an adoption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptOutcome {
    Done,
    /// The account is stored already.
    Already,
    /// The key opens an account other than the named one.
    OtherAccount,
}

impl Providers {
    /// Returns the stored account and the one that the provider's key opens. Changes nothing.
    pub async fn find_provider_account(&self, provider: Provider) -> Result<FoundAccount, ServiceError> {
        let guard = self.sender(provider).ok_or(ServiceError::BillingNotConfigured)?;
        let found = guard.fetch_account().await;
        let found = found.map_err(|error| ServiceError::from_provider(provider.title(), error))?;
        let kept = self.store().read().await?.connection().find_provider_account(provider).await?;
        Ok(FoundAccount { kept, found })
    }

    /// Stores the account that the key opens, if its id is `id`. A running server uses it within seconds. Idempotent.
    pub async fn adopt_provider_account(&self, provider: Provider, id: &str) -> Result<AdoptOutcome, ServiceError> {
        let FoundAccount { kept, found } = self.find_provider_account(provider).await?;
        if found.id != id {
            return Ok(AdoptOutcome::OtherAccount);
        }
        if kept.as_ref() == Some(&found) {
            return Ok(AdoptOutcome::Already);
        }
        let mut tx = self.store().begin().await?;
        tx.connection().adopt_provider_account(provider, &found, self.wall_now()).await?;
        tx.commit().await?;
        let before = kept.map(|kept| kept.to_string());
        tracing::warn!(provider = provider.as_str(), before, adopted = %found, "adopted a provider account");
        Ok(AdoptOutcome::Done)
    }
}
