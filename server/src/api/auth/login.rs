//! `POST /api/v1/auth/login`: `{"email","password"}` → 200, who I am, and a session cookie.

use axum::{Extension, Json, extract::State};
use billing::{
    Services,
    identity::{ClientAddress, session},
    service::ServiceError,
};
use tower_sessions::Session;

use super::me::Me;
use crate::api::{ApiError, body::Fields};

/// Answers 401 `invalid_credentials` alike for a wrong password and an unknown address, 429 after too many failures.
pub async fn log_in(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    Extension(from): Extension<ClientAddress>,
    mut fields: Fields,
) -> Result<Json<Me>, ApiError> {
    let (email, password) = (fields.text("email"), fields.text("password"));
    fields.check()?;
    let user = services.log_in(&email, &password, from).await?;
    session::begin(&session, &user, services.wall_now()).await.map_err(ServiceError::from)?;
    Ok(Json(Me::of_session(&services, &session).await?))
}
