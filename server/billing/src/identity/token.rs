//! Signed tokens (JWT): verification of bearer tokens, and sign-in with an identity provider.
//!
//! A token is accepted if the key set of its issuer, fetched from the one configured place, has the key that signed it,
//! if that key is for the token's algorithm, and if the token's claims are valid. Key locations in a token
//! (`jku`, `x5u`, `jwk`, `x5c`) are ignored.

mod fetch;
pub mod firebase;
pub mod issuer;
mod key_set;
pub mod provider;

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde::de::DeserializeOwned;

use key_set::{Keys, NoKey};

/// The longest token that is verified. Issuers' tokens take one to four kilobytes, custom claims included.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The accepted clock difference to an issuer, in either direction.
pub const LEEWAY_SECS: i64 = 30;

#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// The token is not valid.
    #[error("the token is not valid")]
    Refused(#[from] Refusal),
    /// The token may be valid, but no key set is available. The log has the cause.
    #[error("no key set is available to verify the token")]
    Unavailable,
}

/// Why a token is refused: for the log, not for its sender.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    Oversized,
    #[error("the token can't be decoded, or its signature does not match")]
    Unbelievable(#[from] jsonwebtoken::errors::Error),
    #[error("the token is signed with an algorithm that is not accepted, or that its key is not for")]
    Algorithm,
    #[error("the token has an unknown critical header")]
    CriticalHeader,
    #[error("the token has no key id")]
    KeyNotNamed,
    #[error("the key set lacks the token's key")]
    UnknownKey,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token is from another issuer")]
    Issuer,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token was issued in the future")]
    IssuedInFuture,
    #[error("the sign-in is in the future")]
    LoggedInInFuture,
    #[error("the token has no valid subject")]
    Subject,
    #[error("the claim {0} is missing or malformed")]
    Claim(&'static str),
}

/// Verifies that a key of the set signed the token, and returns the token's claims unchecked. Waits at most as long as
/// one fetch of the key set.
async fn signed_claims<T: DeserializeOwned>(
    token: &str,
    keys: &Keys,
    accepted: &[Algorithm],
) -> Result<T, IdTokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::Oversized.into());
    }
    let Header { alg, kid, crit, .. } = decode_header(token).map_err(Refusal::from)?;
    if !accepted.contains(&alg) {
        return Err(Refusal::Algorithm.into());
    }
    if crit.is_some() {
        return Err(Refusal::CriticalHeader.into());
    }
    let kid = kid.filter(|kid| !kid.is_empty()).ok_or(Refusal::KeyNotNamed)?;
    let key = keys.find(&kid).await.map_err(|error| match error {
        NoKey::Unknown => Refusal::UnknownKey.into(),
        NoKey::Unavailable => IdTokenError::Unavailable,
    })?;
    // The key decides which algorithms it verifies: a token can't choose another.
    if !key.allows(alg) {
        return Err(Refusal::Algorithm.into());
    }
    Ok(decode(token, key.decoding(), &signature_alone(alg)).map_err(Refusal::from)?.claims)
}

/// Returns rules that check the signature only. The callers check the claims: the library would read the system clock
/// and accept several audiences.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
