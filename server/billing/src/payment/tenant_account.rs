//! Opens the account of a tenant at a provider.

use domain::subscription::Provider;
use secrecy::ExposeSecret;
use url::Url;

use super::{
    merchant::{MerchantApi, MerchantCredentials},
    polar::merchant::PolarMerchant,
    stripe::{is_stripe, merchant::StripeMerchant},
};

/// Prefixes of the keys that open a separate account at the sandbox, which simulates Stripe. Any other key opens the
/// installation's account there.
const SEPARATE_ACCOUNT_PREFIXES: [&str; 2] = ["sk_test_51", "rk_test_51"];

/// The base URLs of the providers' APIs for tenants' accounts; `None` for the provider's default.
#[derive(Clone, Copy, Debug)]
pub struct MerchantBases<'a> {
    pub polar: Option<&'a Url>,
    pub stripe: Option<&'a Url>,
}

/// Why an account can't be opened with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMistake {
    /// The key can't be sent in a header.
    #[error("The secret {0} holds no valid key: a key is one line of visible ASCII characters. Replace the secret.")]
    NoKey(&'static str),
    /// The sandbox, which simulates Stripe, has no separate account for the key.
    #[error(
        "At the sandbox, a tenant's account has a key that begins with sk_test_51 or rk_test_51. Store such a key as the secret stripe_secret_key."
    )]
    NoSeparateAccount,
}

/// Returns the name of the tenant's secret that holds the provider's API key.
pub const fn key_secret(provider: Provider) -> &'static str {
    match provider {
        Provider::Polar => "polar_api_key",
        Provider::Stripe => "stripe_secret_key",
    }
}

/// Returns the name of the tenant's secret that selects one of several accounts of a key; `None` where a key opens only
/// one.
pub const fn organization_secret(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::Polar => Some("polar_organization_id"),
        Provider::Stripe => None,
    }
}

/// Creates the client for a tenant's account. Sends no request to the provider.
pub fn open_account(
    provider: Provider,
    credentials: &MerchantCredentials,
    bases: MerchantBases<'_>,
) -> Result<Box<dyn MerchantApi>, KeyMistake> {
    let no_key = || KeyMistake::NoKey(key_secret(provider));
    match provider {
        Provider::Polar => Ok(Box::new(PolarMerchant::new(credentials, bases.polar).map_err(|_| no_key())?)),
        Provider::Stripe => {
            let key = credentials.api_key.expose_secret();
            let is_stand_in = bases.stripe.is_some_and(|base| !is_stripe(base));
            if is_stand_in && !SEPARATE_ACCOUNT_PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
                return Err(KeyMistake::NoSeparateAccount);
            }
            Ok(Box::new(StripeMerchant::new(credentials, bases.stripe).map_err(|_| no_key())?))
        }
    }
}
