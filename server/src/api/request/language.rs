//! The language that a request states.

use std::convert::Infallible;

use app::request::language::stated_language;
use axum::{extract::FromRequestParts, http::request::Parts};
use billing::Services;
use locales::Locale;

/// The language that a request states: chosen in the browser, else accepted by it. `None` if it states none that the
/// installation has.
pub struct StatedLanguage(pub Option<Locale>);

impl FromRequestParts<Services> for StatedLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Infallible> {
        let is_https = services.settings().app_url.scheme() == "https";
        Ok(Self(stated_language(&parts.headers, is_https)))
    }
}
