//! `POST …/v1/token`: exchanges a refresh token for a new ID token.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::{Json, extract::State};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    account::Account,
    call::Call,
    error::GoogleError,
    id_token::{self, EXPIRES_IN},
};
use crate::storage::{Unit, World, ids};

const CHARS: usize = 120;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    /// Hash of the token, so that a reader of the data folder can't sign in with it.
    pub(crate) id: String,
    account: String,
    /// When the user signed in.
    auth_time: Timestamp,
}

impl RefreshToken {
    pub(super) fn issue(unit: &mut Unit<'_>, account: &Account) -> String {
        let token = ids::random(CHARS);
        unit.put(Self { id: hash(&token), account: account.id.clone(), auth_time: account.last_login });
        token
    }
}

fn hash(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

pub(super) async fn exchange(State(world): State<Arc<World>>, call: Call) -> Result<Json<Value>, GoogleError> {
    if call.text("grant_type") != Some("refresh_token") {
        return Err(GoogleError::Refused("INVALID_GRANT_TYPE"));
    }
    let token = call.text("refresh_token").ok_or(GoogleError::Refused("MISSING_REFRESH_TOKEN"))?.to_owned();
    let answer = world.transact(move |unit| {
        let stored = unit.get::<RefreshToken>(&hash(&token)).ok_or(GoogleError::Refused("INVALID_REFRESH_TOKEN"))?;
        let account = unit.get::<Account>(&stored.account).ok_or(GoogleError::Refused("USER_NOT_FOUND"))?;
        let id_token = id_token::issue(unit, &account, stored.auth_time)?;
        Ok(json!({
            "access_token": id_token,
            "expires_in": EXPIRES_IN,
            "token_type": "Bearer",
            "refresh_token": token,
            "id_token": id_token,
            "user_id": account.id,
            "project_id": unit.firebase_project,
        }))
    });
    answer.await.map(Json)
}
