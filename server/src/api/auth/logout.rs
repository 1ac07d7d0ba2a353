//! `POST /api/v1/auth/logout`: ends the session; 204, also when there was none.

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse},
};
use billing::{Services, identity::session, service::ServiceError};
use tower_sessions::Session;

use super::browser::is_https;
use crate::api::ApiError;

/// Ends the session. Safe to repeat: without a session the response is 204 as well.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "logOut",
    tag = "auth",
    security(()),
    responses((status = 204, description = "No session is open."))
)]
pub async fn log_out(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
) -> Result<impl IntoResponse, ApiError> {
    session::end(&session).await.map_err(ServiceError::from)?;
    // Deletes the cookies in which pages keep drafts and secrets of the user.
    let deletions: Vec<_> =
        app::request::sign_out::deletions(is_https(&services)).into_iter().map(|line| (SET_COOKIE, line)).collect();
    Ok((StatusCode::NO_CONTENT, AppendHeaders(deletions)))
}
