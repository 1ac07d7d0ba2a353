//! User accounts with e-mail and password.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{account::Email, time::Timestamp};
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::GoogleError;
use crate::storage::{Transaction, ids};

const UID_CHARS: usize = 28;
const MIN_PASSWORD_CHARS: usize = 6;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
const ROUNDS: NonZeroU32 = NonZeroU32::new(50_000).unwrap();

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Google's `localId`.
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    /// Wall time, as everything in Firebase.
    pub(crate) created: Timestamp,
    pub(crate) last_login: Timestamp,
    password: HashedPassword,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HashedPassword {
    salt: String,
    hash: String,
}

impl Account {
    pub(super) fn new(email: String, password: HashedPassword, wall: Timestamp) -> Self {
        let id = ids::random(UID_CHARS);
        Self { id, email, email_verified: false, created: wall, last_login: wall, password }
    }

    /// The address in lower case, as Google stores it. `None` if it is not an e-mail address.
    pub(super) fn canonical(email: &str) -> Option<String> {
        email.parse::<Email>().ok().map(String::from)
    }

    pub(super) fn by_email(tx: &Transaction<'_>, email: &str) -> Option<Self> {
        tx.all::<Self>().find(|account| account.email == email).map(|account| Self::clone(account))
    }

    pub(super) fn has_password(&self, password: &str) -> bool {
        let (Ok(salt), Ok(hash)) = (STANDARD.decode(&self.password.salt), STANDARD.decode(&self.password.hash)) else {
            return false;
        };
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, password.as_bytes(), &hash).is_ok()
    }

    /// A `UserInfo` of the Identity Toolkit.
    pub(super) fn user_info(&self) -> Value {
        json!({
            "localId": self.id,
            "email": self.email,
            "emailVerified": self.email_verified,
            "providerUserInfo": self.provider_user_info(),
            "validSince": self.created.as_secs().to_string(),
            "createdAt": millis(self.created),
            "lastLoginAt": millis(self.last_login),
            "lastRefreshAt": self.last_login.rfc3339_millis(),
        })
    }

    pub(super) fn provider_user_info(&self) -> Value {
        json!([{ "providerId": "password", "email": self.email, "federatedId": self.email, "rawId": self.email }])
    }
}

impl HashedPassword {
    pub(super) fn new(password: &str) -> Result<Self, GoogleError> {
        if password.chars().count() < MIN_PASSWORD_CHARS {
            return Err(GoogleError::Refused("WEAK_PASSWORD : Password should be at least 6 characters"));
        }
        let salt: [u8; SALT_BYTES] = rand::rng().random();
        let mut hash = [0; HASH_BYTES];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, password.as_bytes(), &mut hash);
        Ok(Self { salt: STANDARD.encode(salt), hash: STANDARD.encode(hash) })
    }
}

/// Milliseconds since 1970, as text.
fn millis(at: Timestamp) -> String {
    at.as_micros().div_euclid(1000).to_string()
}
