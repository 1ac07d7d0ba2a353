//! The language that a request states.

use std::convert::Infallible;

use app::request::language::stated_language;
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
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

/// The language that a request states, for the provider's page, which may have languages that the installation lacks.
pub struct PageLanguage {
    pub stated: Option<Locale>,
    /// The tag that `Accept-Language` prefers; `None` if a language was chosen in the browser.
    accepted: Option<String>,
}

impl FromRequestParts<Services> for PageLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Infallible> {
        let StatedLanguage(stated) = StatedLanguage::from_request_parts(parts, services).await?;
        let mut cookies = parts.headers.clone();
        cookies.remove(header::ACCEPT_LANGUAGE);
        let is_chosen = stated_language(&cookies, services.settings().app_url.scheme() == "https").is_some();
        let header = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
        let accepted = header.filter(|_| !is_chosen).and_then(preferred).map(str::to_owned);
        Ok(Self { stated, accepted })
    }
}

impl PageLanguage {
    /// Returns the tag that `Accept-Language` prefers, if the installation lacks the language.
    pub fn foreign_tag(self) -> Option<String> {
        let Self { stated, accepted } = self;
        accepted.filter(|tag| stated.is_none_or(|stated| !is_same_language(tag, stated.tag())))
    }
}

/// Whether two tags have the same language, in any region.
fn is_same_language(one: &str, other: &str) -> bool {
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    language(one) == language(other)
}

/// Returns the tag with the highest weight, the first of equals (RFC 9110, section 12.5.4). A `*` and what is no tag are
/// left out.
fn preferred(header: &str) -> Option<&str> {
    let weighted = header.split(',').filter_map(|part| {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok());
        Some((tag.trim(), weight.filter(|weight| *weight > 0.0)?))
    });
    let tags = weighted.filter(|(tag, _)| is_tag(tag));
    let best = tags.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(tag, _)| tag)
}

/// Maximum length of a language tag (RFC 5646, section 4.4.1).
const TAG_MAX_CHARS: usize = 35;

/// Whether a text has the form of a language tag (BCP 47).
pub fn is_tag(text: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= TAG_MAX_CHARS && text.split('-').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_tag() {
        for tag in ["de", "pt-BR", "zh-Hant-TW", "es-419"] {
            assert!(is_tag(tag), "{tag}");
        }
        for other in ["", "-", "de_DE", "de-", "deutschland", "de DE", "ä"] {
            assert!(!is_tag(other), "{other}");
        }
    }

    #[test]
    fn the_preferred_language_has_the_highest_weight() {
        for (header, expected) in [
            ("fr", Some("fr")),
            ("fr-CA, en;q=0.5", Some("fr-CA")),
            ("en;q=0.5, pt-BR;q=0.8, *", Some("pt-BR")),
            ("en;q=0, it;q=0.1", Some("it")),
            ("*", None),
            ("fr;q=x", None),
            ("", None),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }
}
