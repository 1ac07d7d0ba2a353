//! Polar's settings.

use std::sync::Arc;

use billing::payment::{
    polar::{Polar, PolarConfig, is_polar},
    price_map::PriceMap,
};
use domain::catalog::Catalog;
use secrecy::SecretString;
use url::Url;

use super::{
    SettingError,
    setting::{Settings, secrets_or_not_set},
};

pub(super) const PRODUCT_MAP: &str = "POLAR_PRODUCT_MAP";

/// Returns the base URL of Polar's API, for the installation and for tenants' accounts; `None` for Polar's default.
pub(super) fn api_base(settings: &Settings) -> Result<Option<Url>, SettingError> {
    let api_base = settings.optional::<Url>("POLAR_API_BASE", "a URL, as http://127.0.0.1:12111/polar")?;
    let is_stand_in = api_base.as_ref().is_some_and(|base| !is_polar(base));
    if is_stand_in && settings.get("ALLOW_SANDBOX") != Some("1") {
        return Err(
            settings.wrong("POLAR_API_BASE", "Polar's own address, or ALLOW_SANDBOX=1 beside it for a stand-in")
        );
    }
    Ok(api_base)
}

/// Reads Polar's settings; `None` without `POLAR_API_KEY`. Without it, a webhook secret or a product map is an error.
pub(super) fn read(settings: &Settings, catalog: &Arc<Catalog>) -> Result<Option<PolarConfig>, SettingError> {
    let Some(api_key) = settings.get("POLAR_API_KEY") else {
        let needs_it = ["POLAR_WEBHOOK_SECRET", PRODUCT_MAP].into_iter().find(|name| settings.get(name).is_some());
        return match needs_it {
            Some(name) => {
                Err(settings.wrong("POLAR_API_KEY", &format!("the organization's access token, as {name} is set")))
            }
            None => Ok(None),
        };
    };
    let api_base = api_base(settings)?;
    if let Some(base) = api_base.as_ref().filter(|base| !is_polar(base) && is_live_key(api_key)) {
        return Err(settings.wrong("POLAR_API_KEY", &format!("a test key, since POLAR_API_BASE names {base}")));
    }
    // Without the setting, products count as plans by the catalog.
    let products = PriceMap::parse(PRODUCT_MAP, settings.get(PRODUCT_MAP).unwrap_or_default(), catalog)
        .map_err(|error| SettingError::because(&error))?;
    let config = PolarConfig {
        api_key: SecretString::from(api_key),
        organization: settings.get("POLAR_ORGANIZATION_ID").map(ToOwned::to_owned),
        webhook_secrets: settings.secrets("POLAR_WEBHOOK_SECRET"),
        products,
        api_base,
    };
    Polar::new(config.clone(), catalog.clone()).map_err(|error| SettingError::because(&error))?;
    Ok(Some(config))
}

/// Whether a key is marked as a live one, as in `polar_sk_live_…`. Tokens that Polar issues have no such mark.
pub(super) fn is_live_key(key: &str) -> bool {
    key.contains("_live_")
}

/// The settings with their effective values, secrets masked.
pub(super) fn lines(polar: Option<&PolarConfig>, base: Option<&Url>) -> Vec<(&'static str, String)> {
    let or_not_set = |text: Option<String>| text.unwrap_or_else(|| "(not set)".to_owned());
    let map = polar.filter(|polar| !polar.products.is_empty()).map(|polar| polar.products.to_json());
    vec![
        ("POLAR_API_KEY", secrets_or_not_set(polar.is_some())),
        ("POLAR_ORGANIZATION_ID", or_not_set(polar.and_then(|polar| polar.organization.clone()))),
        ("POLAR_WEBHOOK_SECRET", secrets_or_not_set(polar.is_some_and(|polar| !polar.webhook_secrets.is_empty()))),
        (PRODUCT_MAP, or_not_set(map)),
        ("POLAR_API_BASE", base.map_or_else(|| "(Polar)".to_owned(), ToString::to_string)),
    ]
}
