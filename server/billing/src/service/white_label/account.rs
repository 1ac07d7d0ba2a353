//! Which account at which provider is a workspace's own.

use domain::{secret::SecretName, subscription::Provider};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    payment::{
        ProviderError,
        merchant::{MerchantApi, MerchantCredentials},
        polar::merchant::PolarMerchant,
        stripe::{is_stripe, merchant::StripeMerchant},
    },
    service::{ServiceError, Services, biller::Biller},
};

/// Where nobody says which, the first of these that the workspace has a key of: so a key of Stripe's that is added changes
/// nothing for those who call already.
const PROVIDERS: [Provider; 2] = [Provider::Polar, Provider::Stripe];
const POLAR_ORGANIZATION: &str = "polar_organization_id";
/// What keys begin with that open an account of their own at the stand-in for Stripe: any other opens the installation's.
const OWN_ACCOUNT_AT_STAND_IN: [&str; 2] = ["sk_test_51", "rk_test_51"];

/// The secret that holds the key.
const fn key_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Polar => "polar_api_key",
        Provider::Stripe => "stripe_secret_key",
    }
}

fn well_known(name: &'static str) -> Result<SecretName, ServiceError> {
    name.parse().map_err(|_| ServiceError::Internal("a well-known name is one"))
}

/// An account that can be asked.
pub(super) struct Account {
    pub(super) api: Box<dyn MerchantApi>,
    pub(super) provider: Provider,
}

impl Account {
    pub(super) fn told<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ServiceError> {
        answer.map_err(|error| match error {
            // Of the workspace's own account: it alone knows whether that is a surprise.
            ProviderError::UnknownCustomer(_) => {
                ServiceError::CustomerGone { provider: self.provider.title(), cause: error }
            }
            error => ServiceError::from_provider(self.provider.title(), error),
        })
    }
}

impl Services {
    /// At which providers the workspace has an account of its own; the first is asked where nobody says which.
    pub async fn merchant_providers(&self, biller: &Biller) -> Result<Vec<Provider>, ServiceError> {
        let mut read = self.store().read().await?;
        let mut own = Vec::new();
        for provider in PROVIDERS {
            if read.link().find_secret(biller.tenant(), &well_known(key_of(provider))?).await?.is_some() {
                own.push(provider);
            }
        }
        Ok(own)
    }

    /// The workspace's own account, `at` a provider or at the first of its own; each use of its key is written down.
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
        // No key and no id has a blank around it: what stands there came with it from where it was copied.
        let secret = async |name| {
            let value = self.use_secret(biller.tenant(), &well_known(name)?, purpose, biller.by()).await?;
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
                if is_stand_in && !OWN_ACCOUNT_AT_STAND_IN.iter().any(|prefix| key.starts_with(prefix)) {
                    let [prefix, _] = OWN_ACCOUNT_AT_STAND_IN;
                    return Err(rejected(format!(
                        "the sandbox has accounts of their own for keys that begin with {prefix}, as Stripe's do; store such a one as stripe_secret_key"
                    )));
                }
                Ok(Box::new(StripeMerchant::new(credentials, base).map_err(|_| no_key())?))
            }
        }
    }
}
