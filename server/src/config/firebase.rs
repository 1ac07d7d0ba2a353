//! Firebase's settings: the project of accepted ID tokens, and the URL of their keys.

use billing::identity::firebase::FirebaseConfig;
use url::{Host, Url};

use super::{SettingError, Settings};

/// Google's key set for ID tokens.
const GOOGLE_KEYS_URL: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";

pub(super) fn read(settings: &Settings) -> Result<Option<FirebaseConfig>, SettingError> {
    let Some(project_id) = settings.get("FIREBASE_PROJECT_ID") else {
        return match settings.get("FIREBASE_JWKS_URL") {
            Some(_) => Err(settings.wrong("FIREBASE_PROJECT_ID", "the project's id, as FIREBASE_JWKS_URL is set")),
            None => Ok(None),
        };
    };
    if !project_id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte)) {
        return Err(settings.wrong("FIREBASE_PROJECT_ID", "the id of a project, as acme-billing-1234"));
    }
    let expects = "an https address, or http on this machine or with ALLOW_SANDBOX=1";
    let jwks_url: Url = settings.parsed("FIREBASE_JWKS_URL", GOOGLE_KEYS_URL, expects)?;
    // An attacker who can replace the keys in transit can impersonate any account.
    let is_safe = match jwks_url.scheme() {
        "https" => true,
        "http" => is_loopback(&jwks_url) || settings.get("ALLOW_SANDBOX") == Some("1"),
        _ => false,
    };
    if !is_safe {
        return Err(settings.wrong("FIREBASE_JWKS_URL", expects));
    }
    Ok(Some(FirebaseConfig { project_id: project_id.to_owned(), jwks_url }))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
