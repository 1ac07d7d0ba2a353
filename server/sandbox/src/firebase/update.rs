//! `POST …/v1/projects/{project}/accounts:update`: an admin sets whether an account's e-mail is verified.
//! The Admin SDK's `updateUser(uid, {emailVerified})` makes this call.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, header},
};
use serde_json::{Value, json};

use super::{account::Account, call::Fields, error::GoogleError, verify};
use crate::storage::World;

/// The credential that the Admin SDK sends to an emulator.
const OWNER: &str = "Bearer owner";

pub(super) async fn update(
    State(world): State<Arc<World>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, GoogleError> {
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != OWNER) {
        return Err(GoogleError::Forbidden("Send Authorization: Bearer owner, as the Admin SDK does at an emulator."));
    }
    if project != world.firebase_project {
        return Err(GoogleError::Refused("PROJECT_NOT_FOUND"));
    }
    if fields.other_than(&["localId", "emailVerified"]) {
        return Err(GoogleError::InvalidRequest("The sandbox changes emailVerified of a localId, and nothing else."));
    }
    let id = fields.text("localId").ok_or(GoogleError::Refused("MISSING_LOCAL_ID"))?.to_owned();
    let verified =
        fields.flag("emailVerified").ok_or(GoogleError::InvalidRequest("emailVerified must be true or false."))?;
    let account: Account = world.transact(move |tx| verify::set(tx, &id, verified)).await?;
    Ok(Json(json!({
        "kind": "identitytoolkit#SetAccountInfoResponse",
        "localId": account.id,
        "email": account.email,
        "emailVerified": account.email_verified,
        "providerUserInfo": account.provider_user_info(),
    })))
}
