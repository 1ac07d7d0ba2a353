//! The client that signs in: its address, and the cookie that identifies it as a known device.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderName, HeaderValue,
        header::{COOKIE, SET_COOKIE, USER_AGENT},
        request::Parts,
    },
    response::AppendHeaders,
};
use billing::{
    Services,
    identity::{ClientAddress, client::Client, device, session},
    service::ServiceError,
};
use domain::{ids::UserId, time::Timestamp};
use locales::Locale;
use tower_sessions::Session;

use crate::api::request::language::StatedLanguage;

/// The client of a sign-in attempt.
pub struct FromBrowser(pub Client);

pub(super) fn is_https(services: &Services) -> bool {
    services.settings().app_url.scheme() == "https"
}

impl FromRequestParts<Services> for FromBrowser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Infallible> {
        let name = device::cookie_name(is_https(services));
        let lines = parts.headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let cookie = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let unspecified = ClientAddress(std::net::Ipv4Addr::UNSPECIFIED.into());
        let address = parts.extensions.get::<ClientAddress>().copied().unwrap_or(unspecified);
        Ok(Self(Client::new(address, cookie, user_agent).reading(Locale::current())))
    }
}

/// Begins a session for a user whose first factor was verified at `at`, and returns the header that sets the device
/// cookie.
///
/// The account's mails follow the language that the request states, unless the user chose one.
///
/// Fails if the account has a second factor and `code` does not pass it. After a sign-in by ID token, `signed_in_at` is
/// when the user signed in at the issuer; `None` after a sign-in by password.
pub async fn begin_session(
    services: &Services,
    session: &Session,
    user: &UserId,
    (at, signed_in_at): (Timestamp, Option<Timestamp>),
    code: Option<&str>,
    (client, StatedLanguage(language)): (&Client, StatedLanguage),
) -> Result<AppendHeaders<Option<(HeaderName, HeaderValue)>>, ServiceError> {
    let known = match signed_in_at {
        Some(signed_in_at) => {
            services.accounts().complete_sign_in_by_token(user, at, signed_in_at, code, client).await?
        }
        None => services.accounts().complete_sign_in(user, at, code, client).await?,
    };
    session::begin(session, &known, client).await?;
    if let Some(language) = language
        && let Err(error) = services.accounts().note_language(user, language).await
    {
        tracing::warn!(%user, error = &error as &dyn std::error::Error, "failed to store the language of an account");
    }
    let value = services.accounts().device_cookie(user, client).await?;
    let (name, secs) = (device::cookie_name(is_https(services)), device::KEPT_SECS);
    let secure = if is_https(services) { "; Secure" } else { "" };
    let line = format!("{name}={value}; Max-Age={secs}; Path=/; SameSite=Lax; HttpOnly{secure}");
    Ok(AppendHeaders(HeaderValue::from_str(&line).ok().map(|line| (SET_COOKIE, line))))
}
