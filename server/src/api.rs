//! The JSON API: every route in one place, one endpoint a file.

mod auth;
mod billing;
mod body;
mod error;
mod health;
mod principal;

use axum::{
    Router,
    routing::{get, post},
};

use ::billing::Services;

pub use error::ApiError;

/// Below these, errors are told in JSON, also for what does not exist.
const ROOTS: [&str; 5] = ["api", "billing", "webhooks", "tenant", "rpc"];

pub fn is_api_path(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|root| ROOTS.contains(&root))
}

/// Routes that a session may open.
pub fn routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/auth/signup", post(auth::signup::sign_up))
        .route("/api/v1/auth/login", post(auth::login::log_in))
        .route("/api/v1/auth/logout", post(auth::logout::log_out))
        .route("/api/v1/auth/me", get(auth::me::me))
        .route("/api/v1/billing/checkout", post(billing::checkout::check_out))
        .route("/api/v1/billing/portal", post(billing::portal::open_portal))
        .route("/api/v1/billing/status", get(billing::status::status))
}

/// Routes that know their callers without a session, or need not know them.
pub fn sessionless_routes() -> Router<Services> {
    Router::new()
        .route("/api/v1/billing/webhook", post(billing::webhook::stripe))
        .route("/webhooks/billing/stripe", post(billing::webhook::stripe))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
}
