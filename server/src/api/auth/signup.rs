//! `POST /api/v1/auth/signup`: `{"email","password","tenantName"?}` → a user with a workspace of her own, and a session cookie.

use axum::{Extension, Json, extract::State, http::StatusCode};
use billing::{
    Services,
    identity::{ClientAddress, session},
    service::{ServiceError, account::SignUp},
};
use domain::account::Role;
use serde::Serialize;
use tower_sessions::Session;

use crate::api::{ApiError, body::Fields};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignUpResponse {
    user_id: String,
    email: String,
    tenant_id: String,
    tenant_name: String,
    role: Role,
    created: bool,
}

/// 201 when the account is new, 200 when it was there with this very password, 401 with any other.
pub async fn sign_up(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    Extension(from): Extension<ClientAddress>,
    mut fields: Fields,
) -> Result<(StatusCode, Json<SignUpResponse>), ApiError> {
    let wish = SignUp {
        email: fields.text("email"),
        password: fields.text("password"),
        workspace: fields.optional_text("tenantName"),
    };
    fields.check()?;
    let signed_up = services.sign_up(wish, from).await.map_err(in_our_words)?;
    session::begin(&session, &signed_up.user, services.wall_now()).await.map_err(ServiceError::from)?;
    let signed_in = session::current(&session, services.wall_now()).await.map_err(ServiceError::from)?;
    let viewer = match signed_in {
        Some(signed_in) => services.viewer(&signed_in, None).await?,
        None => None,
    };
    let viewer = viewer.ok_or_else(ApiError::unauthenticated)?;
    let status = if signed_up.created { StatusCode::CREATED } else { StatusCode::OK };
    let response = SignUpResponse {
        user_id: viewer.user_id.into(),
        email: viewer.email,
        tenant_id: viewer.here.tenant_id.into(),
        tenant_name: viewer.here.tenant_name,
        role: viewer.here.role,
        created: signed_up.created,
    };
    Ok((status, Json(response)))
}

/// The form on the page calls the workspace's name otherwise.
fn in_our_words(error: ServiceError) -> ServiceError {
    let ServiceError::Validation { message, mut fields } = error else { return error };
    if let Some(mistake) = fields.remove("workspace") {
        fields.insert("tenantName", mistake);
    }
    ServiceError::Validation { message, fields }
}
