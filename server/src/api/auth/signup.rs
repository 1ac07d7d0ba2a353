//! `POST /api/v1/auth/signup`: `{"email","password","tenantName"?}` or `{"idToken","email","password"?,"tenantName"?}`
//! → a user with a new workspace, and a session cookie.

use axum::{Extension, Json, extract::State, http::StatusCode, response::IntoResponse};
use billing::{
    Services,
    identity::session,
    service::{
        ServiceError,
        account::{SignUp, firebase::TokenSignUp},
    },
};
use domain::account::Role;
use serde::Serialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use super::browser::{FromBrowser, begin_session};
use crate::api::{
    ApiError,
    operations::openapi::{Error, two_shapes},
    request::{
        body::{Body, Fields, ReadFields},
        language::StatedLanguage,
    },
};

/// By password, or by a Firebase ID token.
#[derive(Debug)]
pub enum SignUpRequest {
    Password(PasswordSignUp),
    Token(FirebaseSignUp),
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PasswordSignUp {
    email: String,
    password: String,
    /// Derived from the address when missing.
    tenant_name: Option<String>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "idToken": "firebase_id_token",
    "email": "user@example.com",
    "password": "optional_password_context"
}))]
pub struct FirebaseSignUp {
    id_token: String,
    /// The address in the token.
    email: String,
    /// Sets the account's password when the token's bearer first signs in to it, or later while it has none.
    password: Option<String>,
    /// Derived from the address when missing.
    tenant_name: Option<String>,
}

two_shapes!(SignUpRequest: PasswordSignUp, FirebaseSignUp);

impl ReadFields for SignUpRequest {
    fn read(fields: &mut Fields) -> Self {
        let (email, tenant_name) = (fields.text("email"), fields.optional_text("tenantName"));
        if fields.has("idToken") {
            let (id_token, password) = (fields.token("idToken"), fields.optional_text("password"));
            return Self::Token(FirebaseSignUp { id_token, email, password, tenant_name });
        }
        Self::Password(PasswordSignUp { email, password: fields.text("password"), tenant_name })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "userId": "01890b2e-0000-7000-8000-000000000001",
    "email": "user@example.com",
    "tenantId": "01890b2e-0000-7000-8000-000000000002",
    "tenantName": "Acme Robotics",
    "role": "owner",
    "created": true
}))]
pub struct SignUpResponse {
    user_id: String,
    email: String,
    tenant_id: String,
    tenant_name: String,
    role: Role,
    created: bool,
}

/// Creates an account with a new workspace, and signs in.
///
/// Safe to repeat: with the account's password, or an ID token of the same Firebase account, it is a login. An ID token
/// opens an existing account only if its e-mail address is verified and the account has no second factor.
#[utoipa::path(
    post,
    path = "/api/v1/auth/signup",
    operation_id = "signUp",
    tag = "auth",
    security(()),
    request_body = SignUpRequest,
    responses(
        (status = 201, description = "The account is new.", body = SignUpResponse),
        (status = 200, description = "The account exists already.", body = SignUpResponse),
        (status = 401, description = "`invalid_credentials`: the address has an account with another password.\n`unauthenticated`: the ID token is invalid, or the account has ended its sign-in since.\n`second_factor_required`: the account is there and has a second factor; nothing was linked or changed. Log in with its code.", body = Error),
        (status = 404, description = "`passwords_off`: this installation has no passwords; people sign in with an identity provider.", body = Error),
        (status = 409, description = "`email_not_verified`: the address has an account, and Firebase has not verified that it belongs to the user of the token.", body = Error),
        (status = 429, description = "`throttled`: too many tries for this address or from yours; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`firebase_not_configured`.", body = Error),
        (status = 503, description = "`firebase_unavailable`: the token can't be verified; try again.\n`busy`: too many passwords are waiting to be hashed; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn sign_up(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    FromBrowser(client): FromBrowser,
    language: StatedLanguage,
    Body(request): Body<SignUpRequest>,
) -> Result<impl IntoResponse, ApiError> {
    // With a password, the session counts from this time, before the password is verified, so that a password change in
    // between ends it. With a token, it counts from later: a sign-up that sets a password ends all earlier sessions.
    let asked_at = services.wall_now();
    let (signed_up, as_of) = match request {
        SignUpRequest::Password(PasswordSignUp { email, password, tenant_name }) => (
            services.accounts().sign_up(SignUp { email, password, workspace: tenant_name }, client.clone()).await,
            asked_at,
        ),
        SignUpRequest::Token(FirebaseSignUp { id_token, email, password, tenant_name }) => {
            let requested = TokenSignUp { id_token, email, password, workspace: tenant_name };
            (services.accounts().sign_up_by_token(requested, client.clone()).await, services.wall_now())
        }
    };
    let signed_up = signed_up.map_err(|error| error.with_field_name("workspace", "tenantName"))?;
    let device =
        begin_session(&services, &session, &signed_up.user, (as_of, signed_up.confirmed_at), None, (&client, language))
            .await?;
    let (now, lifetime) = (services.wall_now(), services.settings().limits.sessions);
    let signed_in = session::current(&session, services.store(), now, lifetime).await.map_err(ServiceError::from)?;
    let viewer = match signed_in {
        Some(signed_in) => services.accounts().viewer(&signed_in, None).await?,
        None => None,
    };
    let viewer = viewer.ok_or_else(ApiError::unauthenticated)?;
    let status = if signed_up.created { StatusCode::CREATED } else { StatusCode::OK };
    let response = SignUpResponse {
        email: viewer.email().map(ToString::to_string).unwrap_or_default(),
        user_id: viewer.user_id.into(),
        tenant_id: viewer.current_membership.tenant_id.into(),
        tenant_name: viewer.current_membership.tenant_name,
        role: viewer.current_membership.role,
        created: signed_up.created,
    };
    Ok((status, device, Json(response)))
}
