//! What browsers may do from other sites and without a session: CORS, frames, and the public plans.

use billing::service::BrowserAccess;
use url::{Origin, Url};

use super::{SettingError, Settings};

const CORS_ORIGINS: &str = "CORS_ORIGINS";
const EMBED_ORIGINS: &str = "EMBED_ORIGINS";
const PUBLIC_PLANS: &str = "PUBLIC_PLANS";
const PRICING_ACTION_URL: &str = "PRICING_ACTION_URL";

/// Reads `ALLOWED_REDIRECT_ORIGINS`.
pub(super) fn redirect_origins(settings: &Settings) -> Result<Vec<Origin>, SettingError> {
    let urls: Vec<Url> =
        settings.list("ALLOWED_REDIRECT_ORIGINS", "origins, separated by commas, as https://app.example.com")?;
    let origins: Vec<_> = urls.iter().map(Url::origin).collect();
    if origins.iter().all(Origin::is_tuple) {
        Ok(origins)
    } else {
        Err(settings.wrong("ALLOWED_REDIRECT_ORIGINS", "http or https origins, as https://app.example.com"))
    }
}

pub(super) fn read(settings: &Settings) -> Result<BrowserAccess, SettingError> {
    Ok(BrowserAccess {
        script_origins: exact_origins(settings, CORS_ORIGINS)?,
        public_plans: settings.one_of(PUBLIC_PLANS, &["0", "1"])? == "1",
        pricing_action_url: pricing_action_url(settings)?,
        embed_origins: exact_origins(settings, EMBED_ORIGINS)?,
    })
}

/// Reads a list of origins that are compared exactly: no wildcard, no path.
fn exact_origins(settings: &Settings, name: &str) -> Result<Vec<Origin>, SettingError> {
    const EXPECTS: &str = "http or https origins without a path or *, separated by commas, as https://app.example.com";
    let urls: Vec<Url> = settings.list(name, EXPECTS)?;
    urls.iter().map(|url| exact_origin(url).ok_or_else(|| settings.wrong(name, EXPECTS))).collect()
}

fn exact_origin(url: &Url) -> Option<Origin> {
    // The URL parser accepts more characters in a host. In a content security policy, `*` would be a wildcard, and `;`
    // would end a directive.
    let is_exact = url.host_str()?.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (is_exact && is_bare && is_web(url)).then(|| url.origin())
}

fn pricing_action_url(settings: &Settings) -> Result<Option<Url>, SettingError> {
    const EXPECTS: &str = "an http or https address without user, as https://app.example.com/subscribe";
    let url: Option<Url> = settings.optional(PRICING_ACTION_URL, EXPECTS)?;
    if url.as_ref().is_none_or(is_web) { Ok(url) } else { Err(settings.wrong(PRICING_ACTION_URL, EXPECTS)) }
}

/// Whether the URL has the scheme of a web page, and no user or password.
fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

pub(super) fn lines(access: &BrowserAccess) -> Vec<(&'static str, String)> {
    let BrowserAccess { script_origins, public_plans, pricing_action_url, embed_origins } = access;
    let not_set = || "(not set)".to_owned();
    let list = |origins: &[Origin]| {
        let origins = origins.iter().map(Origin::ascii_serialization).collect::<Vec<_>>();
        if origins.is_empty() { not_set() } else { origins.join(",") }
    };
    vec![
        (CORS_ORIGINS, list(script_origins)),
        (EMBED_ORIGINS, list(embed_origins)),
        (PUBLIC_PLANS, if *public_plans { "1" } else { "0" }.to_owned()),
        (PRICING_ACTION_URL, pricing_action_url.as_ref().map_or_else(not_set, ToString::to_string)),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read_pairs(pairs: &[(&str, &str)]) -> Result<BrowserAccess, SettingError> {
        read(&Settings::of(pairs))
    }

    #[test]
    fn nothing_is_open_without_settings() {
        let access = read_pairs(&[]).unwrap();
        assert_eq!(access, BrowserAccess::default());
        assert!(!access.allows_embedding() && !access.public_plans);
    }

    #[rstest]
    fn origins_are_normalized(#[values(CORS_ORIGINS, EMBED_ORIGINS)] name: &'static str) {
        let list = "https://App.example.com, http://127.0.0.1:8080,https://shop.test:443/";
        let access = read_pairs(&[(name, list)]).unwrap();
        let lines = lines(&access);
        let (_, printed) = lines.iter().find(|(printed, _)| *printed == name).unwrap();
        assert_eq!(printed, "https://app.example.com,http://127.0.0.1:8080,https://shop.test");
        assert_eq!(access.allows_embedding(), name == EMBED_ORIGINS);
    }

    #[rstest]
    fn anything_but_an_exact_origin_is_refused(
        #[values(CORS_ORIGINS, EMBED_ORIGINS)] name: &'static str,
        #[values(
            "*",
            "null",
            "app.example.com",
            "https://*.example.com",
            "https://app.example.com/path",
            "https://app.example.com?",
            "https://app.example.com#",
            "https://user@app.example.com",
            "https://a;script-src",
            "file:///etc",
            "chrome-extension://abc",
            "https://app.test,*"
        )]
        list: &str,
    ) {
        let error = read_pairs(&[(name, list)]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} is wrong: it expects http or https origins")), "{list}: {error}");
    }

    #[rstest]
    #[case("javascript:alert(1)")]
    #[case("/subscribe")]
    #[case("https://ada:secret@app.test/")]
    fn pricing_page_leads_to_web_addresses_only(#[case] url: &str) {
        let error = read_pairs(&[(PRICING_ACTION_URL, url)]).unwrap_err().to_string();
        assert!(error.starts_with("PRICING_ACTION_URL is wrong"), "{error}");
    }
}
