//! The brand of the demo: Robolytics, a product that does not exist.

use std::{fs, path::Path};

use color_eyre::eyre::Context;

/// Folder of the files below the data folder.
const FOLDER: &str = "brand";
const LOGO: &str = include_str!("brand/logo.svg");
const LOGO_DARK: &str = include_str!("brand/logo-dark.svg");
const FAVICON: &str = include_str!("brand/favicon.svg");
/// Settings that make a brand. An environment with any of them has a brand of its own: two brands are not mixed.
const OF_A_BRAND: [&str; 6] =
    ["APP_NAME", "BRAND_LOGO", "BRAND_LOGO_DARK", "BRAND_FAVICON", "BRAND_ACCENT", "BRAND_ACCENT_DARK"];

/// Writes the files of the demo's brand to the data folder and returns its settings. Returns none if the environment
/// has a brand.
pub(super) fn settings(data: &Path) -> color_eyre::Result<Vec<(&'static str, String)>> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if OF_A_BRAND.into_iter().any(is_set) {
        return Ok(Vec::new());
    }
    let folder = data.join(FOLDER);
    let written = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).wrap_err_with(|| format!("{} can't be written", path.display()))?;
        Ok::<_, color_eyre::Report>(path.display().to_string())
    };
    fs::create_dir_all(&folder).wrap_err_with(|| format!("{} can't be made", folder.display()))?;
    Ok(vec![
        ("APP_NAME", "Robolytics".to_owned()),
        ("BRAND_LOGO", written("logo.svg", LOGO)?),
        ("BRAND_LOGO_DARK", written("logo-dark.svg", LOGO_DARK)?),
        ("BRAND_FAVICON", written("favicon.svg", FAVICON)?),
        ("BRAND_ACCENT", "#0b5f6b".to_owned()),
        ("TERMS_URL", "https://robolytics.example/terms".to_owned()),
        ("PRIVACY_URL", "https://robolytics.example/privacy".to_owned()),
        ("SUPPORT_URL", "mailto:support@robolytics.example".to_owned()),
        ("STATUS_URL", "https://status.robolytics.example/".to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_brand_of_the_demo_is_accepted() {
        let data = tempfile::tempdir().unwrap();
        // The environment of the tests has no brand.
        let config = Config::from_pairs(&settings(data.path()).unwrap()).unwrap();
        let brand = config.brand.of_product(&config.languages.app_name);
        assert_eq!(brand.app_name, "Robolytics");
        assert!(brand.logo.is_some() && brand.logo_dark.is_some() && brand.icon.is_some() && brand.style.is_some());
    }
}
