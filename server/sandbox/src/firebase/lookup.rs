//! `POST …/v1/accounts:lookup`: the account of an ID token.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{call::Call, error::GoogleError, id_token};
use crate::storage::World;

pub(super) async fn lookup(State(world): State<Arc<World>>, call: Call) -> Result<Json<Value>, GoogleError> {
    let token = call.text("idToken").ok_or(GoogleError::Refused("MISSING_ID_TOKEN"))?.to_owned();
    let account = world.transact(move |tx| id_token::bearer(tx, &token)).await?;
    Ok(Json(json!({ "kind": "identitytoolkit#GetAccountInfoResponse", "users": [account.user_info()] })))
}
