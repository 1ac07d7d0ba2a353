//! `POST /api/v1/auth/login`: `{"email","password"}` or `{"idToken"}` → 200, the caller, and a session cookie.

use axum::{Extension, Json, extract::State, response::IntoResponse};
use billing::{Services, service::account::firebase::TokenBearer};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{
    browser::{FromBrowser, begin_session},
    me::Me,
};
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
pub enum LoginRequest {
    Password(PasswordLogin),
    Token(TokenLogin),
}

#[derive(Debug, ToSchema)]
pub struct PasswordLogin {
    email: String,
    password: String,
    /// The code of the authenticator, or a recovery code, when the account has a second factor.
    code: Option<String>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct TokenLogin {
    /// An ID token of an account that has signed up with it.
    id_token: String,
    /// The code of the authenticator, or a recovery code, when the account has a second factor.
    code: Option<String>,
}

two_shapes!(LoginRequest: PasswordLogin, TokenLogin);

impl ReadFields for LoginRequest {
    fn read(fields: &mut Fields) -> Self {
        if fields.has("idToken") {
            return Self::Token(TokenLogin { id_token: fields.token("idToken"), code: fields.optional_text("code") });
        }
        Self::Password(PasswordLogin {
            email: fields.text("email"),
            password: fields.text("password"),
            code: fields.optional_text("code"),
        })
    }
}

/// Signs in and sets a session cookie.
///
/// An account with a second factor needs `code` too: of the authenticator, or a recovery code. Each works once.
///
/// The response is the same for a wrong password and an unknown address. Failures are throttled by account and address.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "logIn",
    tag = "auth",
    security(()),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in; the cookie is in `Set-Cookie`.", body = Me),
        (status = 401, description = "`invalid_credentials`: the password or the address is wrong.\n`unauthenticated`: the ID token is invalid, the account has ended its sign-in since, or no account has signed up with it.\n`second_factor_required`: the account has a second factor; send its `code` as well.\n`invalid_code`: the code is wrong or was used already.", body = Error),
        (status = 404, description = "`passwords_off`: this installation has no passwords; people sign in with an identity provider.", body = Error),
        (status = 429, description = "`throttled`: too many tries for this address or from yours; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`firebase_not_configured`.", body = Error),
        (status = 503, description = "`firebase_unavailable`: the token can't be verified; try again.\n`busy`: too many passwords are waiting to be hashed; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn log_in(
    State(services): State<Services>,
    Extension(session): Extension<Session>,
    FromBrowser(client): FromBrowser,
    language: StatedLanguage,
    Body(request): Body<LoginRequest>,
) -> Result<impl IntoResponse, ApiError> {
    // The session counts from this time, before the password is verified, so that a password change in between ends it.
    let now = services.wall_now();
    let (user, signed_in_at, code) = match request {
        LoginRequest::Password(PasswordLogin { email, password, code }) => {
            (services.accounts().log_in(&email, &password, client.clone()).await?, None, code)
        }
        LoginRequest::Token(TokenLogin { id_token, code }) => {
            let TokenBearer { user, signed_in_at } = services.accounts().log_in_by_token(&id_token).await?;
            (user, Some(signed_in_at), code)
        }
    };
    let device =
        begin_session(&services, &session, &user, (now, signed_in_at), code.as_deref(), (&client, language)).await?;
    Ok((device, Json(Me::of_session(&services, &session).await?)))
}
