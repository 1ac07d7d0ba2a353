//! One fetch of the key set: bounded in time and size, without redirects.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse},
};
use reqwest::{Client, redirect};
use serde::Deserialize;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time-out of a whole fetch: a request waits for it.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
/// Google's set has two keys in under a kilobyte.
const MAX_BYTES: usize = 64 * 1024;
/// Used if the response has no `max-age`.
const DEFAULT_MAX_AGE_SECS: i64 = 300;
/// A lower bound, so that a source without caching is fetched at most once a second.
const SHORTEST_MAX_AGE_SECS: i64 = 1;
const LONGEST_MAX_AGE_SECS: i64 = 86_400;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no response")]
    Request(#[from] reqwest::Error),
    /// Includes redirects, which are not followed.
    #[error("the response has status {0}")]
    Status(StatusCode),
    #[error("the response is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the response is not a key set")]
    Unreadable(#[from] serde_json::Error),
    #[error("the response has no RSA key for signatures")]
    NoKeys,
}

/// A key set and how long it is valid from now.
pub(super) struct Fetched {
    pub(super) keys: HashMap<String, Arc<DecodingKey>>,
    pub(super) max_age_secs: i64,
}

pub(super) struct Source {
    client: Client,
    url: Url,
}

impl Source {
    pub(super) fn new(url: Url) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()?;
        Ok(Self { client, url })
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        let mut answer = self.client.get(self.url.clone()).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let max_age_secs = max_age_secs(answer.headers());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { keys: keys(&body)?, max_age_secs })
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// The keys of a set (RFC 7517) that can sign an ID token, by id. Other keys are skipped.
fn keys(body: &[u8]) -> Result<HashMap<String, Arc<DecodingKey>>, FetchError> {
    let set: KeySet = serde_json::from_slice(body)?;
    let keys: HashMap<_, _> = set.keys.into_iter().filter_map(key).collect();
    if keys.is_empty() { Err(FetchError::NoKeys) } else { Ok(keys) }
}

fn key(value: serde_json::Value) -> Option<(String, Arc<DecodingKey>)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let is_rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
    let is_for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let is_for_rs256 = matches!(jwk.common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    let decoding = DecodingKey::from_jwk(&jwk).ok().filter(|_| is_rsa && is_for_signatures && is_for_rs256)?;
    Some((jwk.common.key_id?, Arc::new(decoding)))
}

/// How long the response may be cached (RFC 9111): `max-age` less its `Age`.
fn max_age_secs(headers: &HeaderMap) -> i64 {
    let directives = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<_> =
        directives.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase()).collect();
    let secs = |text: &str| text.trim_matches('"').parse::<u32>().ok().map(i64::from);
    let age = headers.get(header::AGE).and_then(|value| value.to_str().ok()).and_then(secs).unwrap_or_default();
    let max_age = directives.iter().find_map(|directive| directive.strip_prefix("max-age=").and_then(secs));
    let is_to_be_kept = !directives.iter().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache"));
    let secs = if is_to_be_kept { max_age.map_or(DEFAULT_MAX_AGE_SECS, |max_age| max_age - age) } else { 0 };
    secs.clamp(SHORTEST_MAX_AGE_SECS, LONGEST_MAX_AGE_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_lifetime_follows_the_response_headers() {
        let kept = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            max_age_secs(&headers)
        };
        assert_eq!(kept(&[("cache-control", "public, max-age=19283, must-revalidate, no-transform")]), 19283);
        assert_eq!(kept(&[("cache-control", "public"), ("cache-control", "Max-Age=\"60\"")]), 60);
        assert_eq!(kept(&[("cache-control", "max-age=600"), ("age", "590")]), 10);
        assert_eq!(kept(&[("cache-control", "max-age=600"), ("age", "900")]), SHORTEST_MAX_AGE_SECS);
        assert_eq!(kept(&[("cache-control", "no-store, max-age=600")]), SHORTEST_MAX_AGE_SECS);
        assert_eq!(kept(&[("cache-control", "max-age=31536000")]), LONGEST_MAX_AGE_SECS);
        for silent in [&[][..], &[("cache-control", "max-age=soon")], &[("cache-control", "public")]] {
            assert_eq!(kept(silent), DEFAULT_MAX_AGE_SECS);
        }
    }

    #[test]
    fn only_rsa_signing_keys_are_taken_from_a_set() {
        let rsa = r#""kty":"RSA","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1","e":"AQAB""#;
        let set = format!(
            r#"{{"keys":[{{"kid":"a","use":"sig","alg":"RS256",{rsa}}},{{"kid":"b",{rsa}}},{{"kid":"c","use":"enc",{rsa}}},
            {{"kid":"d","alg":"RS512",{rsa}}},{{{rsa}}},{{"kid":"f","kty":"oct","k":"c2VjcmV0"}},{{"kid":"g","kty":"new"}},
            {{"kid":"h","kty":"RSA","n":"!","e":"AQAB"}},7]}}"#
        );
        let mut names: Vec<_> = keys(set.as_bytes()).unwrap().into_keys().collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        assert!(matches!(keys(br#"{"keys":[]}"#), Err(FetchError::NoKeys)));
        assert!(matches!(keys(b"<html>"), Err(FetchError::Unreadable(_))));
    }
}
