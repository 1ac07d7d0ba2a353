//! Firebase ID tokens (Firebase: "Verify ID tokens using a third-party JWT library").
//!
//! A token is accepted if Google's key set, fetched from the one configured URL, has the RSA key that signed it, and if
//! it was issued for our project, is within its lifetime and has a subject. Key locations in a token (`jku`, `x5u`,
//! `jwk`, `x5c`) are ignored.
//!
//! Not checked, since that requires an administrator's credentials: whether the account was disabled or its tokens were
//! revoked since this one was issued. A token is valid for an hour.

mod fetch;
mod keys;
#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use domain::{
    account::Email,
    time::{Clock, Timestamp},
};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use url::Url;

use fetch::Source;
use keys::{Keys, NoKey};

/// Firebase's tokens take about a kilobyte, custom claims included.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The accepted clock difference to Google, in either direction.
pub const LEEWAY_SECS: i64 = 30;
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
    /// The address as Firebase writes it; accounts by phone and anonymous ones have none.
    pub email: Option<String>,
    /// Whether Firebase has verified that the bearer receives mail at `email`.
    pub email_verified: bool,
    /// When the bearer signed in at Firebase.
    pub signed_in_at: Timestamp,
}

impl IdToken {
    /// Returns the e-mail address in the form in which addresses are compared.
    pub fn address(&self) -> Option<Email> {
        self.email.as_deref().and_then(|email| email.parse().ok())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// The token is not valid.
    #[error("the ID token is not valid")]
    Refused(#[from] Refusal),
    /// The token may be valid, but no key set is available. The log has the cause.
    #[error("no key set is available to verify the ID token")]
    Unavailable,
}

/// Why a token is refused: for the log, not for its sender.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    Oversized,
    #[error("the token can't be decoded, or its signature does not match")]
    Unbelievable(#[from] jsonwebtoken::errors::Error),
    #[error("the token is not signed with RS256")]
    Algorithm,
    #[error("the token has an unknown critical header")]
    CriticalHeader,
    #[error("the token has no key id")]
    KeyNotNamed,
    #[error("the key set lacks the token's key")]
    UnknownKey,
    #[error("the token is for another project")]
    Audience,
    #[error("the token is from another issuer")]
    Issuer,
    #[error("the token has expired")]
    Expired,
    #[error("the token was issued in the future")]
    IssuedInFuture,
    #[error("the sign-in is in the future")]
    LoggedInInFuture,
    #[error("the token has no valid subject")]
    Subject,
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
            keys: Keys::new(Source::new(jwks_url)?, wall.clone()),
            wall,
        })
    }

    pub fn project_id(&self) -> &str {
        &self.project_id
    }

    /// Verifies a token. Waits at most as long as one fetch of the key set.
    pub async fn verify(&self, token: &str) -> Result<IdToken, IdTokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::Oversized.into());
        }
        let header = decode_header(token).map_err(Refusal::from)?;
        if header.alg != Algorithm::RS256 {
            return Err(Refusal::Algorithm.into());
        }
        if header.crit.is_some() {
            return Err(Refusal::CriticalHeader.into());
        }
        let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(Refusal::KeyNotNamed)?;
        let key = self.keys.find(&kid).await.map_err(|error| match error {
            NoKey::Unknown => Refusal::UnknownKey.into(),
            NoKey::Unavailable => IdTokenError::Unavailable,
        })?;
        let claims = decode::<Claims>(token, &key, &signature_alone()).map_err(Refusal::from)?.claims;
        Ok(claims.judge(&self.project_id, &self.issuer, self.wall.now())?)
    }
}

impl std::fmt::Debug for FirebaseVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FirebaseVerifier").field("project_id", &self.project_id).finish_non_exhaustive()
    }
}

/// Returns rules that check the signature only. [`Claims::judge`] checks the claims: the library would read the system
/// clock and accept several audiences.
fn signature_alone() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
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
