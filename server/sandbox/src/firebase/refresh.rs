//! `POST …/v1/token`: exchanges a refresh token for a new ID token.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    account::Account,
    call::Call,
    error::GoogleError,
    id_token::{self, EXPIRES_IN},
    refresh_token::RefreshToken,
};
use crate::storage::World;

pub(super) async fn exchange(State(world): State<Arc<World>>, call: Call) -> Result<Json<Value>, GoogleError> {
    if call.text("grant_type") != Some("refresh_token") {
        return Err(GoogleError::Refused("INVALID_GRANT_TYPE"));
    }
    let token = call.text("refresh_token").ok_or(GoogleError::Refused("MISSING_REFRESH_TOKEN"))?.to_owned();
    let answer = world.transact(move |tx| {
        let stored = RefreshToken::find(tx, &token).ok_or(GoogleError::Refused("INVALID_REFRESH_TOKEN"))?;
        let account = tx.get::<Account>(&stored.account).ok_or(GoogleError::Refused("USER_NOT_FOUND"))?;
        let id_token = id_token::issue(tx, &account, stored.auth_time)?;
        Ok(json!({
            "access_token": id_token,
            "expires_in": EXPIRES_IN,
            "token_type": "Bearer",
            "refresh_token": token,
            "id_token": id_token,
            "user_id": account.id,
            "project_id": tx.firebase_project,
        }))
    });
    answer.await.map(Json)
}
