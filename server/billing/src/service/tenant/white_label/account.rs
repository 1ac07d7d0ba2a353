//! A workspace's account at a provider, opened with the key among its secrets.

use domain::{subscription::Provider, tenant::secret::SecretName};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    payment::{
        ProviderError,
        merchant::{MerchantApi, MerchantCredentials},
        tenant_account::{MerchantBases, key_secret, open_account, organization_secret},
    },
    service::{ServiceError, WhiteLabel, base::permission::Merchant},
};

/// Returns a provider's rank. A workspace's default is the provider of the lowest rank for which it has a key. Adding a
/// key for Stripe changes nothing for callers that use Polar by default.
const fn default_rank(provider: Provider) -> u8 {
    match provider {
        Provider::Polar => 0,
        Provider::Stripe => 1,
    }
}

fn well_known(name: &'static str) -> Result<SecretName, ServiceError> {
    name.parse().map_err(|_| ServiceError::Internal("well-known secret has an invalid name"))
}

/// An opened account.
pub(super) struct Account {
    pub(super) api: Box<dyn MerchantApi>,
    pub(super) provider: Provider,
}

impl Account {
    /// Converts the provider's answer. An unknown customer is [`ServiceError::CustomerGone`].
    pub(super) fn convert<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ServiceError> {
        answer.map_err(|error| match error {
            // Only the workspace knows whether it deleted the customer.
            ProviderError::UnknownCustomer(_) => ServiceError::CustomerGone { provider: self.provider, cause: error },
            error => ServiceError::from_provider(self.provider.title(), error),
        })
    }
}

impl WhiteLabel {
    /// Returns the providers at which the workspace has an account. The first is the default.
    pub async fn merchant_providers(&self, merchant: &Merchant) -> Result<Vec<Provider>, ServiceError> {
        let mut read = self.store().read().await?;
        let mut providers = Vec::new();
        let mut by_rank = Provider::ALL;
        by_rank.sort_by_key(|provider| default_rank(*provider));
        for provider in by_rank {
            if read.connection().find_secret(merchant.tenant(), &well_known(key_secret(provider))?).await?.is_some() {
                providers.push(provider);
            }
        }
        Ok(providers)
    }

    /// Opens the workspace's account at a provider, or at its default one. Each use of the key is in the audit log.
    pub(super) async fn merchant(
        &self,
        merchant: &Merchant,
        at: Option<Provider>,
        purpose: &str,
    ) -> Result<Account, ServiceError> {
        let provider = match at {
            Some(provider) => provider,
            None => {
                *self.merchant_providers(merchant).await?.first().ok_or(ServiceError::TenantBillingNotConfigured)?
            }
        };
        // Trim the value: keys and ids contain no blanks, so blanks around them were copied by mistake.
        let secret = async |name| {
            let value =
                self.secrets().use_secret(merchant.tenant(), &well_known(name)?, purpose, merchant.by()).await?;
            Ok::<_, ServiceError>(value.map(|value| SecretString::from(value.expose_secret().trim())))
        };
        let api_key = secret(key_secret(provider)).await?.ok_or(ServiceError::TenantBillingNotConfigured)?;
        let organization = match organization_secret(provider) {
            Some(name) => secret(name).await?.map(|id| id.expose_secret().to_owned()),
            None => None,
        };
        let credentials = MerchantCredentials { api_key, organization };
        let settings = self.settings();
        let bases =
            MerchantBases { polar: settings.polar_api_base.as_ref(), stripe: settings.stripe_api_base.as_ref() };
        let api = open_account(provider, &credentials, bases).map_err(|mistake| ServiceError::ProviderRejected {
            provider: provider.title(),
            reason: mistake.to_string(),
        })?;
        Ok(Account { api, provider })
    }
}
