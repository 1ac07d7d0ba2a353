//! `POST /api/v1/auth/logout`: ends the session, here and in the store; 204, also when there was none.

use axum::{Extension, http::StatusCode};
use billing::{identity::session, service::ServiceError};
use tower_sessions::Session;

use crate::api::ApiError;

pub async fn log_out(Extension(session): Extension<Session>) -> Result<StatusCode, ApiError> {
    session::end(&session).await.map_err(ServiceError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
