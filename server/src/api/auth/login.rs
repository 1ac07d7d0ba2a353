//! `POST /api/v1/auth/login`: `{"email","password"}` → 200, who I am, and a session cookie.

use axum::{Extension, Json, extract::State};
use billing::{
    Services,
    identity::{ClientAddress, session},
    service::ServiceError,
};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::me::Me;
use crate::api::{
    ApiError,
    body::{Body, Fields, ReadFields},
    openapi::Error,
};

#[derive(Debug, ToSchema)]
pub struct LoginRequest {
    email: String,
    password: String,
}

impl ReadFields for LoginRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email"), password: fields.text("password") }
    }
}

/// Signs in: a session cookie.
///
/// The answer is the same for a wrong password and an unknown address. Failures are throttled by account and address.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "logIn",
    tag = "auth",
    security(()),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in; the cookie is in `Set-Cookie`.", body = Me),
        (status = 401, description = "`invalid_credentials`.", body = Error),
        (status = 429, description = "`throttled`: too many tries for this address or from yours; `Retry-After` says when to come back.", body = Error),
    )
)]
pub async fn log_in(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    Extension(from): Extension<ClientAddress>,
    Body(LoginRequest { email, password }): Body<LoginRequest>,
) -> Result<Json<Me>, ApiError> {
    // Read before the password was: one that was replaced meanwhile has ended this session, too.
    let now = services.wall_now();
    let user = services.log_in(&email, &password, from).await?;
    session::begin(&session, &user, now).await.map_err(ServiceError::from)?;
    Ok(Json(Me::of_session(&services, &session).await?))
}
