//! One fetch of a key set: bounded in time and size, without redirects.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use reqwest::{Client, redirect};
use serde::Deserialize;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time-out of a whole fetch, discovery included: a request waits for it.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest response. Google's set has two keys in under a kilobyte; discovery documents take some kilobytes.
const MAX_BYTES: usize = 64 * 1024;
/// Used if the response has no `max-age`.
const DEFAULT_MAX_AGE_SECS: i64 = 300;
/// A lower bound, so that a source without caching is fetched at most once a second.
const SHORTEST_MAX_AGE_SECS: i64 = 1;
const LONGEST_MAX_AGE_SECS: i64 = 86_400;
/// OpenID Connect Discovery 1.0, section 4.
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no response")]
    Request(#[from] reqwest::Error),
    #[error("no whole response within {} seconds", TOTAL_TIMEOUT.as_secs())]
    TooSlow,
    /// Includes redirects, which are not followed.
    #[error("the response has status {0}")]
    Status(StatusCode),
    #[error("the response is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the response is neither a key set nor a discovery document")]
    Unreadable(#[from] serde_json::Error),
    #[error("the response has no key for signatures of an accepted algorithm")]
    NoKeys,
    #[error("the discovery document is of another issuer")]
    AnotherIssuer,
    #[error("the address of the keys is not https")]
    NotHttps,
}

/// A key of a set, and the algorithms that it verifies.
pub(super) struct VerifyingKey {
    decoding: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl VerifyingKey {
    pub(super) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// Whether the key verifies signatures of this algorithm, by its type and, if present, its `alg`.
    pub(super) fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

/// Where an issuer publishes its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    KeySet(Url),
    /// In the key set that this issuer's discovery document names. The document must state the same issuer.
    Issuer {
        issuer: String,
        /// Whether the key set may be at an http address, too.
        allows_http: bool,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeySet(url) => url.fmt(out),
            Self::Issuer { issuer, .. } => issuer.fmt(out),
        }
    }
}

/// A key set and how long it is valid from now.
pub(super) struct Fetched {
    pub(super) keys: HashMap<String, Arc<VerifyingKey>>,
    pub(super) max_age_secs: i64,
}

pub(super) struct Source {
    client: Client,
    place: Place,
    accepted: &'static [Algorithm],
}

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.place.fmt(out)
    }
}

impl Source {
    /// Makes a source of keys. Keys that are for none of the `accepted` algorithms are left out.
    pub(super) fn new(place: Place, accepted: &'static [Algorithm]) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()?;
        Ok(Self { client, place, accepted })
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        tokio::time::timeout(TOTAL_TIMEOUT, self.fetch_all()).await.map_err(|_| FetchError::TooSlow)?
    }

    async fn fetch_all(&self) -> Result<Fetched, FetchError> {
        let url = match &self.place {
            Place::KeySet(url) => url.clone(),
            Place::Issuer { issuer, allows_http } => self.discover(issuer, *allows_http).await?,
        };
        let (body, max_age_secs) = self.get(url.as_str()).await?;
        Ok(Fetched { keys: keys(&body, self.accepted)?, max_age_secs })
    }

    /// Returns the address of the issuer's key set.
    async fn discover(&self, issuer: &str, allows_http: bool) -> Result<Url, FetchError> {
        let (body, _) = self.get(&format!("{}{DISCOVERY_PATH}", issuer.trim_end_matches('/'))).await?;
        let Discovery { issuer: stated, jwks_uri } = serde_json::from_slice(&body)?;
        if stated != issuer {
            return Err(FetchError::AnotherIssuer);
        }
        let jwks_uri = Url::parse(&jwks_uri).map_err(|_| FetchError::NotHttps)?;
        if jwks_uri.scheme() == "https" || (allows_http && jwks_uri.scheme() == "http") {
            Ok(jwks_uri)
        } else {
            Err(FetchError::NotHttps)
        }
    }

    /// Fetches a document. Returns it and how long it may be cached.
    async fn get(&self, url: &str) -> Result<(Vec<u8>, i64), FetchError> {
        let mut answer = self.client.get(url).send().await?;
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
        Ok((body, max_age_secs))
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// The keys of a set (RFC 7517) that verify one of the `accepted` algorithms, by id. Other keys are skipped.
fn keys(body: &[u8], accepted: &[Algorithm]) -> Result<HashMap<String, Arc<VerifyingKey>>, FetchError> {
    let set: KeySet = serde_json::from_slice(body)?;
    let keys: HashMap<_, _> = set.keys.into_iter().filter_map(|value| key(value, accepted)).collect();
    if keys.is_empty() { Err(FetchError::NoKeys) } else { Ok(keys) }
}

fn key(value: serde_json::Value, accepted: &[Algorithm]) -> Option<(String, Arc<VerifyingKey>)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let of_its_type: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => return None,
    };
    let is_stated = |algorithm: Algorithm| match jwk.common.key_algorithm {
        None => true,
        Some(stated) => Algorithm::try_from(stated).is_ok_and(|stated| stated == algorithm),
    };
    let algorithms: Vec<_> =
        of_its_type.iter().copied().filter(|algorithm| accepted.contains(algorithm) && is_stated(*algorithm)).collect();
    if algorithms.is_empty() {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id?, Arc::new(VerifyingKey { decoding, algorithms })))
}

/// Returns for how many seconds a response may be cached (RFC 9111): its `max-age` minus its header `Age`, clamped.
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

    const RSA: &str = r#""kty":"RSA","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1","e":"AQAB""#;
    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;
    const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    /// The names of the keys that a set yields, and their algorithms.
    fn read(set: &str, accepted: &[Algorithm]) -> Vec<(String, Vec<Algorithm>)> {
        let mut read: Vec<_> = keys(set.as_bytes(), accepted)
            .unwrap()
            .into_iter()
            .map(|(kid, key)| (kid, key.algorithms.clone()))
            .collect();
        read.sort_by(|one, other| one.0.cmp(&other.0));
        read
    }

    #[test]
    fn only_keys_for_accepted_signatures_are_taken_from_a_set() {
        let set = format!(
            r#"{{"keys":[{{"kid":"a","use":"sig","alg":"RS256",{RSA}}},{{"kid":"b",{RSA}}},{{"kid":"c","use":"enc",{RSA}}},
            {{"kid":"d","alg":"RS512",{RSA}}},{{{RSA}}},{{"kid":"f","kty":"oct","k":"c2VjcmV0"}},{{"kid":"g","kty":"new"}},
            {{"kid":"h","kty":"RSA","n":"!","e":"AQAB"}},7,{{"kid":"i","alg":"HS256",{RSA}}},{{"kid":"j",{EC}}}]}}"#
        );
        let rsa = vec![Algorithm::RS256];
        assert_eq!(read(&set, &[Algorithm::RS256]), [("a".to_owned(), rsa.clone()), ("b".to_owned(), rsa)]);
        assert!(matches!(keys(br#"{"keys":[]}"#, &[Algorithm::RS256]), Err(FetchError::NoKeys)));
        assert!(matches!(keys(b"<html>", &[Algorithm::RS256]), Err(FetchError::Unreadable(_))));
    }

    #[test]
    fn a_key_verifies_the_algorithms_of_its_type_alone() {
        let all = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
        let set = format!(
            r#"{{"keys":[{{"kid":"a",{RSA}}},{{"kid":"b","alg":"PS256",{RSA}}},{{"kid":"c",{EC}}},{{"kid":"d",{ED}}},
            {{"kid":"e","alg":"ES256",{RSA}}},{{"kid":"f","alg":"EdDSA",{EC}}},{{"kid":"g","alg":"HS256","kty":"oct","k":"c2VjcmV0"}}]}}"#
        );
        let expected = [
            ("a", vec![Algorithm::RS256, Algorithm::PS256]),
            ("b", vec![Algorithm::PS256]),
            ("c", vec![Algorithm::ES256]),
            ("d", vec![Algorithm::EdDSA]),
        ];
        assert_eq!(read(&set, &all), expected.map(|(kid, algorithms)| (kid.to_owned(), algorithms)));
    }
}
