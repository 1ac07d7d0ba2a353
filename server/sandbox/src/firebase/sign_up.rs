//! `POST …/v1/accounts:signUp`: creates an account with e-mail and password.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    account::{Account, HashedPassword},
    call::Call,
    error::GoogleError,
    id_token::{EXPIRES_IN, Tokens},
};
use crate::storage::World;

pub(super) async fn sign_up(State(world): State<Arc<World>>, call: Call) -> Result<Json<Value>, GoogleError> {
    if call.text("email").is_none() && call.text("password").is_none() {
        // Such a call asks for an anonymous account, which works only in projects that have enabled it.
        return Err(GoogleError::Refused("ADMIN_ONLY_OPERATION"));
    }
    let (email, password) = call.credentials()?;
    let answer = world.transact(move |tx| {
        let password = HashedPassword::new(&password)?;
        if Account::by_email(tx, &email).is_some() {
            return Err(GoogleError::Refused("EMAIL_EXISTS"));
        }
        let account = Account::new(email, password, tx.wall);
        tx.put(account.clone());
        let Tokens { id_token, refresh_token } = Tokens::after_login(tx, &account)?;
        Ok(json!({
            "kind": "identitytoolkit#SignupNewUserResponse",
            "idToken": id_token,
            "email": account.email,
            "refreshToken": refresh_token,
            "expiresIn": EXPIRES_IN,
            "localId": account.id,
        }))
    });
    answer.await.map(Json)
}
