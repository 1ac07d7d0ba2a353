//! `POST …/v1/accounts:signInWithPassword`.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    account::Account,
    call::Call,
    error::GoogleError,
    id_token::{EXPIRES_IN, Tokens},
};
use crate::storage::World;

/// Signs a user in. A wrong password and an unknown address get the same error, as in projects with e-mail enumeration
/// protection, which is the default since September 2023.
pub(super) async fn sign_in(State(world): State<Arc<World>>, call: Call) -> Result<Json<Value>, GoogleError> {
    let (email, password) = call.credentials()?;
    let answer = world.transact(move |tx| {
        let mut account = Account::by_email(tx, &email)
            .filter(|account| account.has_password(&password))
            .ok_or(GoogleError::Refused("INVALID_LOGIN_CREDENTIALS"))?;
        account.last_login = tx.wall;
        tx.put(account.clone());
        let Tokens { id_token, refresh_token } = Tokens::after_login(tx, &account)?;
        Ok(json!({
            "kind": "identitytoolkit#VerifyPasswordResponse",
            "localId": account.id,
            "email": account.email,
            "displayName": "",
            "idToken": id_token,
            "registered": true,
            "refreshToken": refresh_token,
            "expiresIn": EXPIRES_IN,
        }))
    });
    answer.await.map(Json)
}
