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
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    body::{Body, Fields, ReadFields},
    openapi::Error,
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SignUpRequest {
    email: String,
    password: String,
    /// Taken from the address when missing.
    tenant_name: Option<String>,
}

impl ReadFields for SignUpRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email"),
            password: fields.text("password"),
            tenant_name: fields.optional_text("tenantName"),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignUpResponse {
    user_id: String,
    email: String,
    tenant_id: String,
    tenant_name: String,
    role: Role,
    created: bool,
}

/// Makes an account with a workspace of its own, and signs in.
///
/// Safe to repeat: with the very password of the account it is a login.
#[utoipa::path(
    post,
    path = "/api/v1/auth/signup",
    operation_id = "signUp",
    tag = "auth",
    security(()),
    request_body = SignUpRequest,
    responses(
        (status = 201, description = "The account is new.", body = SignUpResponse),
        (status = 200, description = "The account was there, with this very password.", body = SignUpResponse),
        (status = 401, description = "`invalid_credentials`: the address has an account with another password.", body = Error),
        (status = 429, description = "`throttled`: too many tries for this address or from yours; `Retry-After` says when to come back.", body = Error),
    )
)]
pub async fn sign_up(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    Extension(from): Extension<ClientAddress>,
    Body(SignUpRequest { email, password, tenant_name }): Body<SignUpRequest>,
) -> Result<(StatusCode, Json<SignUpResponse>), ApiError> {
    let wish = SignUp { email, password, workspace: tenant_name };
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
        email: viewer.email.into(),
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
