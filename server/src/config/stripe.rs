//! Stripe's settings.

use std::sync::Arc;

use billing::payment::{
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig, is_stripe},
};
use domain::catalog::Catalog;
use secrecy::SecretString;
use url::Url;

use super::{SettingError, setting::Settings};

pub(super) const PRICE_MAP: &str = "STRIPE_PRICE_MAP";

/// Returns the base URL of Stripe's API, for the installation and for tenants' accounts; `None` for Stripe's default.
pub(super) fn api_base(settings: &Settings) -> Result<Option<Url>, SettingError> {
    let api_base = settings.optional::<Url>("STRIPE_API_BASE", "a URL, as http://127.0.0.1:12111/")?;
    let is_stand_in = api_base.as_ref().is_some_and(|base| !is_stripe(base));
    if is_stand_in && settings.get("ALLOW_SANDBOX") != Some("1") {
        return Err(
            settings.wrong("STRIPE_API_BASE", "Stripe's own address, or ALLOW_SANDBOX=1 beside it for a stand-in")
        );
    }
    Ok(api_base)
}

pub(super) fn read(settings: &Settings, catalog: &Catalog) -> Result<Option<StripeConfig>, SettingError> {
    let Some(secret_key) = settings.get("STRIPE_SECRET_KEY") else {
        let needs_it = ["STRIPE_WEBHOOK_SECRET", PRICE_MAP].into_iter().find(|name| settings.get(name).is_some());
        return match needs_it {
            Some(name) => {
                Err(settings.wrong("STRIPE_SECRET_KEY", &format!("the account's secret key, as {name} is set")))
            }
            None => Ok(None),
        };
    };
    let api_base = api_base(settings)?;
    if api_base.as_ref().is_some_and(|base| !is_stripe(base)) && is_live_key(secret_key) {
        return Err(settings.wrong("STRIPE_SECRET_KEY", "a test key, since STRIPE_API_BASE names a stand-in"));
    }
    // Without the setting, prices count as plans by the catalog.
    let prices = PriceMap::parse(PRICE_MAP, settings.get(PRICE_MAP).unwrap_or_default(), catalog)
        .map_err(|error| SettingError::because(&error))?;
    let config = StripeConfig {
        secret_key: SecretString::from(secret_key),
        webhook_secrets: settings.secrets("STRIPE_WEBHOOK_SECRET"),
        prices,
        api_base,
        portal_configuration: settings.get("STRIPE_PORTAL_CONFIGURATION").map(ToOwned::to_owned),
    };
    Stripe::new(config.clone(), Arc::new(catalog.clone())).map_err(|error| SettingError::because(&error))?;
    Ok(Some(config))
}

/// Whether a key is a live one. Live keys begin with `sk_live_` or `rk_live_`.
pub(super) fn is_live_key(key: &str) -> bool {
    key.split('_').nth(1) == Some("live")
}

/// Whether a key is a test one. Test keys begin with `sk_test_` or `rk_test_`.
pub fn is_test_key(key: &str) -> bool {
    key.split('_').nth(1) == Some("test")
}
