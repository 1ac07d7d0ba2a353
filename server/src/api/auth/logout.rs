//! `POST /api/v1/auth/logout`: ends the session; 204, also when there was none.

use axum::{Extension, http::StatusCode};
use billing::{identity::session, service::ServiceError};
use tower_sessions::Session;

use crate::api::ApiError;

/// Ends the session. Safe to repeat: without a session it answers 204 too.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "logOut",
    tag = "auth",
    security(()),
    responses((status = 204, description = "No session is open."))
)]
pub async fn log_out(Extension(session): Extension<Session>) -> Result<StatusCode, ApiError> {
    session::end(&session).await.map_err(ServiceError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
