//! ID tokens: they state a user's identity and are valid for an hour.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{account::Account, error::GoogleError, refresh_token::RefreshToken, signing_key::Signer};
use crate::storage::Transaction;

const LIFETIME_SECS: i64 = 3600;
pub(super) const EXPIRES_IN: &str = "3600";

/// The tokens that a sign-in returns.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) refresh_token: String,
}

impl Tokens {
    pub(super) fn after_login(tx: &mut Transaction<'_>, account: &Account) -> Result<Self, GoogleError> {
        let id_token = issue(tx, account, account.last_login)?;
        Ok(Self { id_token, refresh_token: RefreshToken::issue(tx, account) })
    }
}

/// Signs an ID token. `auth_time` is when the user signed in, which a refreshed token keeps.
pub(super) fn issue(tx: &mut Transaction<'_>, account: &Account, auth_time: Timestamp) -> Result<String, GoogleError> {
    let project = tx.firebase_project;
    let now = tx.wall.as_secs();
    let claims = json!({
        "iss": format!("https://securetoken.google.com/{project}"),
        "aud": project,
        "auth_time": auth_time.as_secs(),
        "user_id": account.id,
        "sub": account.id,
        "iat": now,
        "exp": now + LIFETIME_SECS,
        "email": account.email,
        "email_verified": account.email_verified,
        "firebase": { "identities": { "email": [account.email] }, "sign_in_provider": "password" },
    });
    Signer::of(tx)?.sign(&claims)
}

/// The account of an ID token. Fails if this sandbox did not sign the token, or it has expired.
pub(super) fn bearer(tx: &mut Transaction<'_>, token: &str) -> Result<Account, GoogleError> {
    let claims = Signer::of(tx)?.claims(token).ok_or(GoogleError::Refused("INVALID_ID_TOKEN"))?;
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= tx.wall.as_secs()) {
        return Err(GoogleError::Refused("TOKEN_EXPIRED"));
    }
    let account = claims.get("sub").and_then(Value::as_str).and_then(|id| tx.get::<Account>(id));
    account.map(|account| Account::clone(&account)).ok_or(GoogleError::Refused("USER_NOT_FOUND"))
}
