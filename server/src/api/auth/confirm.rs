//! `POST /api/v1/auth/confirm`: `{"password"}` or `{"code"}` → 204: confirms the caller's identity for fifteen minutes.

use axum::{Extension, extract::State, http::StatusCode};
use billing::{
    Services,
    identity::session,
    service::{ServiceError, account::settings::Proof},
};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::browser::FromBrowser;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::Person,
    request::body::{Body, Fields, ReadFields},
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "password": "correct horse battery staple" }))]
pub struct ConfirmRequest {
    /// The account's password. Not needed with `code`.
    password: Option<String>,
    /// The code of the authenticator, or a recovery code.
    code: Option<String>,
}

impl ReadFields for ConfirmRequest {
    fn read(fields: &mut Fields) -> Self {
        let code = fields.optional_text("code");
        let password = if code.is_some() { fields.optional_text("password") } else { Some(fields.text("password")) };
        Self { password, code }
    }
}

/// Confirms that the caller is still the person who signed in. Creating keys, secrets, second factors and changing
/// addresses require it when the last confirmation or sign-in is more than fifteen minutes ago.
#[utoipa::path(
    post,
    path = "/api/v1/auth/confirm",
    operation_id = "confirmIdentity",
    tag = "auth",
    security(("session" = [])),
    request_body = ConfirmRequest,
    responses(
        (status = 204, description = "Confirmed, for fifteen minutes."),
        (status = 401, description = "`invalid_credentials`: the password is wrong.\n`invalid_code`: the code is wrong or was used already.\n`unauthenticated`: the caller is not signed in.", body = Error),
        (status = 404, description = "`passwords_off`: this installation has no passwords; people sign in with an identity provider.", body = Error),
        (status = 409, description = "`sign_in_again`: the account has neither a password nor a second factor.", body = Error),
        (status = 429, description = "`throttled`: too many tries; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn confirm(
    State(services): State<Services>,
    Person(account): Person,
    Extension(session): Extension<Session>,
    FromBrowser(client): FromBrowser,
    Body(ConfirmRequest { password, code }): Body<ConfirmRequest>,
) -> Result<StatusCode, ApiError> {
    let now = services.wall_now();
    let lifetime = services.settings().limits.sessions;
    let signed_in = session::current(&session, services.store(), now, lifetime).await.map_err(ServiceError::from)?;
    // Only a session can be confirmed here: for an ID token, the time of its bearer's sign-in counts.
    if signed_in.is_none_or(|signed_in| signed_in.user != account.user_id) {
        return Err(ApiError::session_required());
    }
    let proof = match (&code, &password) {
        (Some(code), _) => Proof::Code(code),
        (None, password) => Proof::Password(password.as_deref().unwrap_or_default()),
    };
    services.accounts().confirm(&account, proof, &client).await?;
    session::confirm(&session, now).await.map_err(ServiceError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
