//! A workspace's account at a provider, opened with the key among its secrets.

use domain::{subscription::Provider, tenant::secret::SecretName};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    payment::{
        ProviderError,
        merchant::{MerchantApi, MerchantCredentials},
        polar::merchant::PolarMerchant,
        stripe::{is_stripe, merchant::StripeMerchant},
    },
    service::{ServiceError, WhiteLabel, base::permission::Biller},
};

/// The providers in the order of the default: the first one for which the workspace has a key. Adding a key for Stripe
/// changes nothing for callers that use Polar by default.
const PROVIDERS: [Provider; 2] = [Provider::Polar, Provider::Stripe];
const POLAR_ORGANIZATION: &str = "polar_organization_id";
/// Prefixes of the keys that open a separate account at Stripe's stand-in. Any other key opens the installation's
/// account.
const SEPARATE_ACCOUNT_PREFIXES: [&str; 2] = ["sk_test_51", "rk_test_51"];

/// Returns the name of the secret that holds the provider's key.
const fn key_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Polar => "polar_api_key",
        Provider::Stripe => "stripe_secret_key",
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
            ProviderError::UnknownCustomer(_) => {
                ServiceError::CustomerGone { provider: self.provider.title(), cause: error }
            }
            error => ServiceError::from_provider(self.provider.title(), error),
        })
    }
}

impl WhiteLabel {
    /// Returns the providers at which the workspace has an account. The first is the default.
    pub async fn merchant_providers(&self, biller: &Biller) -> Result<Vec<Provider>, ServiceError> {
        let mut read = self.store().read().await?;
        let mut providers = Vec::new();
        for provider in PROVIDERS {
            if read.connection().find_secret(biller.tenant(), &well_known(key_of(provider))?).await?.is_some() {
                providers.push(provider);
            }
        }
        Ok(providers)
    }

    /// Opens the workspace's account at a provider, or at its default one. Each use of the key is in the audit log.
    pub(super) async fn merchant(
        &self,
        biller: &Biller,
        at: Option<Provider>,
        purpose: &str,
    ) -> Result<Account, ServiceError> {
        let provider = match at {
            Some(provider) => provider,
            None => *self.merchant_providers(biller).await?.first().ok_or(ServiceError::TenantBillingNotConfigured)?,
        };
        // Keys and ids contain no blanks: those around it were copied along.
        let secret = async |name| {
            let value = self.secrets().use_secret(biller.tenant(), &well_known(name)?, purpose, biller.by()).await?;
            Ok::<_, ServiceError>(value.map(|value| SecretString::from(value.expose_secret().trim())))
        };
        let api_key = secret(key_of(provider)).await?.ok_or(ServiceError::TenantBillingNotConfigured)?;
        let organization = match provider {
            Provider::Polar => secret(POLAR_ORGANIZATION).await?.map(|id| id.expose_secret().to_owned()),
            Provider::Stripe => None,
        };
        let credentials = MerchantCredentials { api_key, organization };
        Ok(Account { api: self.merchant_api(provider, &credentials)?, provider })
    }

    fn merchant_api(
        &self,
        provider: Provider,
        credentials: &MerchantCredentials,
    ) -> Result<Box<dyn MerchantApi>, ServiceError> {
        let rejected = |reason: String| ServiceError::ProviderRejected { provider: provider.title(), reason };
        let no_key = || rejected(format!("what stands in the secret {} can be no key", key_of(provider)));
        match provider {
            Provider::Polar => {
                let polar = PolarMerchant::new(credentials, self.settings().polar_api_base.as_ref());
                Ok(Box::new(polar.map_err(|_| no_key())?))
            }
            Provider::Stripe => {
                let base = self.settings().stripe_api_base.as_ref();
                let key = credentials.api_key.expose_secret();
                let is_stand_in = base.is_some_and(|base| !is_stripe(base));
                if is_stand_in && !SEPARATE_ACCOUNT_PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
                    let [prefix, _] = SEPARATE_ACCOUNT_PREFIXES;
                    return Err(rejected(format!(
                        "the sandbox has accounts of their own for keys that begin with {prefix}, as Stripe's do; store such a one as stripe_secret_key"
                    )));
                }
                Ok(Box::new(StripeMerchant::new(credentials, base).map_err(|_| no_key())?))
            }
        }
    }
}
