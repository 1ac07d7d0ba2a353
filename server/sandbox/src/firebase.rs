//! The stand-in for Firebase Authentication: accounts by e-mail and password over the Identity Toolkit's wire protocol,
//! fresh tokens for old ones, and the public keys that ID tokens are verified with.
//!
//! Paths begin with Google's host names, as at Firebase's own emulator: `connectAuthEmulator` of its SDK finds them.

pub(crate) mod account;
mod call;
mod cross_origin;
mod error;
pub(crate) mod id_token;
mod jwks;
mod lookup;
pub(crate) mod refresh_token;
mod sign_in;
mod sign_up;
pub(crate) mod signing_key;
mod update;
pub(crate) mod verify;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::world::World;

/// The visible list of its routes.
pub(crate) fn routes() -> Router<Arc<World>> {
    // Called from pages of any site, as Google's are: each call says by itself who makes it.
    let for_clients = Router::new()
        .route("/identitytoolkit.googleapis.com/v1/accounts:signUp", post(sign_up::sign_up))
        .route("/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword", post(sign_in::sign_in))
        .route("/identitytoolkit.googleapis.com/v1/accounts:lookup", post(lookup::lookup))
        .route("/securetoken.googleapis.com/v1/token", post(refresh_token::exchange))
        .layer(middleware::from_fn(cross_origin::allow));
    let for_administrators = Router::new()
        .route("/identitytoolkit.googleapis.com/v1/projects/{project}/accounts:update", post(update::update));
    Router::new().merge(for_clients).merge(for_administrators).route("/jwks", get(jwks::jwks))
}
