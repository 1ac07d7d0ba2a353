//! The RSA key that signs ID tokens. It is created on first use and then stored.

use std::sync::Arc;

use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::GoogleError;
use crate::storage::Transaction;

/// The length of a key's name before hex encoding. Like Google's, the encoded name has 40 digits.
const KID_BYTES: usize = 20;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SigningKey {
    /// The key's name, its `kid`.
    pub(crate) id: String,
    pkcs8: String,
}

/// The decoded key pair and its name, ready to sign and verify tokens.
pub(super) struct Signer {
    kid: String,
    pair: KeyPair,
}

impl Signer {
    pub(super) fn of(tx: &mut Transaction<'_>) -> Result<Self, GoogleError> {
        let stored = tx.all::<SigningKey>().next().map(Arc::clone);
        match stored {
            Some(stored) => Self::restore(&stored)
                .ok_or_else(|| internal_error("failed to decode the Firebase signing key in the journal")),
            None => Self::make(tx).ok_or_else(|| internal_error("failed to create a Firebase signing key")),
        }
    }

    fn restore(stored: &SigningKey) -> Option<Self> {
        let pair = KeyPair::from_pkcs8(&STANDARD.decode(&stored.pkcs8).ok()?).ok()?;
        Some(Self { kid: stored.id.clone(), pair })
    }

    fn make(tx: &mut Transaction<'_>) -> Option<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
        let named = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        let kid = hex::encode(named.as_ref().get(..KID_BYTES)?);
        tx.put(SigningKey { id: kid.clone(), pkcs8: STANDARD.encode(pkcs8.as_ref()) });
        Some(Self { kid, pair })
    }

    /// Signs the claims as a JWT.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, GoogleError> {
        let header = json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT" });
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| internal_error("failed to sign an ID token"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a JWT. `None` if this key did not sign it, or if it can't be decoded.
    pub(super) fn claims(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (_, claims) = message.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message.as_bytes(), &signature)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The public key as a JWK, in the format of Google's keys for ID tokens.
    pub(super) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            "kid": self.kid,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        })
    }
}

fn internal_error(message: &'static str) -> GoogleError {
    tracing::error!("{message}");
    GoogleError::Internal
}
