//! `server polar setup`: creates what the catalog needs in the Polar organization.

use billing::payment::polar::Polar;
use color_eyre::eyre::bail;

use super::print_setup;
use crate::config::Config;

/// Creates what the catalog needs in the Polar account, and prints what was done and the settings to keep.
pub async fn set_up(config: &Config) -> color_eyre::Result<()> {
    let Some(polar) = &config.polar else {
        bail!("POLAR_API_KEY is missing: it expects the organization's access token")
    };
    let report = Polar::new(polar.clone(), config.catalog.clone())?.setup(&webhook_url(config)?).await?;
    print_setup(&report.done, report.settings())?;
    Ok(())
}

/// Returns the URL of Polar's webhooks.
pub fn webhook_url(config: &Config) -> color_eyre::Result<url::Url> {
    let app_url = config.app_url.as_str().trim_end_matches('/');
    Ok(format!("{app_url}/billing/webhook/polar").parse()?)
}
