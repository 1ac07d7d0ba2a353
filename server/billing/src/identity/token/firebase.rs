//! Firebase ID tokens (Firebase: "Verify ID tokens using a third-party JWT library").
//!
//! A token is accepted if Google's key set, fetched from the one configured URL, has the RSA key that signed it, and if
//! it was issued for the configured project, is within its lifetime and has a subject. Key locations in a token
//! (`jku`, `x5u`, `jwk`, `x5c`) are ignored.
//!
//! Not checked, because the check requires an administrator's credentials: whether the account was disabled or its
//! tokens were revoked after the token was issued. A token is valid for an hour.

#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use domain::{
    account::Email,
    time::{Clock, Timestamp},
};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

pub use super::{IdTokenError, LEEWAY_SECS, MAX_TOKEN_BYTES, Refusal};
use super::{
    fetch::{Place, Source},
    key_set::Keys,
    signed_claims,
};

/// Firebase signs with no other algorithm.
const ACCEPTED: &[Algorithm] = &[Algorithm::RS256];
/// Firebase: "`sub` must be a non-empty string", and a uid has at most 128 characters.
const MAX_SUBJECT_CHARS: usize = 128;

/// Which project's ID tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirebaseConfig {
    pub project_id: String,
    /// The URL of the public keys; no other URL is fetched.
    pub jwks_url: Url,
}

/// The claims of an accepted token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdToken {
    /// The account's id in the project.
    pub subject: String,
    /// The e-mail address as Firebase writes it; `None` for phone and anonymous accounts.
    pub email: Option<String>,
    /// Whether Firebase has verified that the bearer receives mail at `email`.
    pub email_verified: bool,
    /// When the bearer signed in at Firebase.
    pub signed_in_at: Timestamp,
}

impl IdToken {
    /// Returns the e-mail address in the form in which addresses are compared; `None` if it is missing or not valid.
    pub fn address(&self) -> Option<Email> {
        self.email.as_deref().and_then(|email| email.parse().ok())
    }
}

/// Verifies ID tokens of one project. Shared by all requests: it caches the key set.
pub struct FirebaseVerifier {
    project_id: String,
    issuer: String,
    wall: Arc<dyn Clock>,
    keys: Keys,
}

impl FirebaseVerifier {
    /// Makes a verifier. Fetches nothing: the first [`Self::verify`] fetches the key set. `wall` is the clock for token
    /// lifetimes and the key set's age.
    pub fn new(config: FirebaseConfig, wall: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let FirebaseConfig { project_id, jwks_url } = config;
        Ok(Self {
            issuer: format!("https://securetoken.google.com/{project_id}"),
            project_id,
            keys: Keys::new(Source::new(Place::KeySet(jwks_url), ACCEPTED)?, wall.clone()),
            wall,
        })
    }

    pub fn project_id(&self) -> &str {
        &self.project_id
    }

    /// Verifies a token. Waits at most as long as one fetch of the key set.
    pub async fn verify(&self, token: &str) -> Result<IdToken, IdTokenError> {
        let claims: Claims = signed_claims(token, &self.keys, ACCEPTED).await?;
        Ok(claims.judge(&self.project_id, &self.issuer, self.wall.now())?)
    }
}

impl std::fmt::Debug for FirebaseVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FirebaseVerifier").field("project_id", &self.project_id).finish_non_exhaustive()
    }
}

/// The claims that are checked; times in seconds since 1970.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    iat: i64,
    auth_time: i64,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

impl Claims {
    fn judge(self, project_id: &str, issuer: &str, now: Timestamp) -> Result<IdToken, Refusal> {
        let (earliest, latest) = (now.plus_secs(-LEEWAY_SECS).as_secs(), now.plus_secs(LEEWAY_SECS).as_secs());
        if self.aud != project_id {
            return Err(Refusal::Audience);
        }
        if self.iss != issuer {
            return Err(Refusal::Issuer);
        }
        if self.exp <= earliest {
            return Err(Refusal::Expired);
        }
        if self.iat > latest {
            return Err(Refusal::IssuedInFuture);
        }
        if self.auth_time > latest {
            return Err(Refusal::LoggedInInFuture);
        }
        if self.sub.is_empty() || self.sub.chars().count() > MAX_SUBJECT_CHARS {
            return Err(Refusal::Subject);
        }
        let email = self.email.filter(|email| !email.is_empty());
        let signed_in_at = Timestamp::from_secs(self.auth_time);
        Ok(IdToken { subject: self.sub, signed_in_at, email_verified: self.email_verified && email.is_some(), email })
    }
}

#[cfg(test)]
mod tests;
