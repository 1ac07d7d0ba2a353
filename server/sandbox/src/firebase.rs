//! The stand-in for Firebase Authentication: Identity Toolkit accounts with e-mail and password, token refresh, and
//! the public keys that verify ID tokens.
//!
//! Paths begin with Google's host names, as in Firebase's emulator, so that the SDK's `connectAuthEmulator` works.

pub(crate) mod account;
mod call;
mod cross_origin;
mod error;
pub(crate) mod id_token;
mod jwks;
mod lookup;
mod refresh;
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

use crate::storage::World;

/// All routes of the stand-in.
pub(crate) fn routes() -> Router<Arc<World>> {
    // Callable from pages of any site, as Google's API is: each call carries its credentials.
    let for_clients = Router::new()
        .route("/identitytoolkit.googleapis.com/v1/accounts:signUp", post(sign_up::sign_up))
        .route("/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword", post(sign_in::sign_in))
        .route("/identitytoolkit.googleapis.com/v1/accounts:lookup", post(lookup::lookup))
        .route("/securetoken.googleapis.com/v1/token", post(refresh::exchange))
        .layer(middleware::from_fn(cross_origin::allow));
    let for_administrators = Router::new()
        .route("/identitytoolkit.googleapis.com/v1/projects/{project}/accounts:update", post(update::update));
    Router::new().merge(for_clients).merge(for_administrators).route("/jwks", get(jwks::jwks))
}
