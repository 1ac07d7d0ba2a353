//! `GET /jwks`: the public keys, in the format of Google's key set for `securetoken@system.gserviceaccount.com`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
};
use serde_json::{Value, json};

use super::{error::GoogleError, signing_key::Signer};
use crate::storage::World;

const KEPT_FOR: &str = "public, max-age=3600, must-revalidate, no-transform";

pub(super) async fn jwks(
    State(world): State<Arc<World>>,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), GoogleError> {
    let key = world.transact(|tx| Signer::of(tx).map(|signer| signer.jwk())).await?;
    Ok(([(header::CACHE_CONTROL, KEPT_FOR)], Json(json!({ "keys": [key] }))))
}
