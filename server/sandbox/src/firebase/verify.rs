//! `POST /firebase/accounts/{id}/verify`: the board's button, in place of the link that Firebase would send by mail.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::post,
};
use serde_json::json;

use super::{account::Account, error::GoogleError};
use crate::{
    page::input::{Input, Refusal},
    storage::{Transaction, World},
};

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/firebase/accounts/{id}/verify", post(press))
}

async fn press(State(world): State<Arc<World>>, Path(id): Path<String>, input: Input) -> Result<Response, Refusal> {
    let set = world.transact(move |tx| set(tx, &id, true)).await;
    let account = set.map_err(|error| match error {
        GoogleError::Internal => Refusal::internal(),
        _ => Refusal::not_found("There is no such Firebase account."),
    })?;
    Ok(input.answer(json!({ "localId": account.id, "emailVerified": account.email_verified })))
}

/// Sets whether the e-mail is verified. ID tokens issued before keep the former value.
pub(super) fn set(tx: &mut Transaction<'_>, id: &str, verified: bool) -> Result<Account, GoogleError> {
    let found = tx.get::<Account>(id).ok_or(GoogleError::Refused("USER_NOT_FOUND"))?;
    let mut account = Account::clone(&found);
    account.email_verified = verified;
    tx.put(account.clone());
    Ok(account)
}
