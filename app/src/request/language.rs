//! The language of the reader: chosen in the footer, else the signed-in user's, else accepted by the browser.

use http::{HeaderMap, header};
use locales::{Locale, installed, negotiate};

use crate::request::cookie::{PageCookie, cookie_in};

/// The language that was chosen in this browser.
pub(crate) const LANGUAGE: PageCookie = PageCookie::everywhere("language");
/// The language that the signed-in user chose in another browser. It ends with the session.
pub(crate) const ACCOUNT_LANGUAGE: PageCookie = PageCookie::everywhere("account_language");

/// Returns the language for a request: the [stated](stated_language) one, else the installation's default.
pub fn language_of(headers: &HeaderMap, is_https: bool) -> Locale {
    stated_language(headers, is_https).unwrap_or_else(|| installed().default())
}

/// Returns the language that a request states: that chosen in this browser, else the user's, else the browser's first
/// that the installation has.
pub fn stated_language(headers: &HeaderMap, is_https: bool) -> Option<Locale> {
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        negotiate(installed(), header)
    };
    let of_account = || kept(headers, is_https, ACCOUNT_LANGUAGE);
    chosen_language(headers, is_https).or_else(of_account).or_else(accepted)
}

/// Returns the language that was chosen in the browser, at the foot of a page.
pub fn chosen_language(headers: &HeaderMap, is_https: bool) -> Option<Locale> {
    kept(headers, is_https, LANGUAGE)
}

fn kept(headers: &HeaderMap, is_https: bool, cookie: PageCookie) -> Option<Locale> {
    cookie_in(headers, &cookie.name(is_https)).and_then(|tag| installed().get(&tag))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn language(cookie: &'static str, accepted: &'static str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
        language_of(&headers, false).tag()
    }

    #[test]
    fn the_choice_precedes_what_the_browser_accepts() {
        assert_eq!(language("language=en", "de"), "en");
        assert_eq!(language("language=xx", "de-AT, en;q=0.1"), "de");
        assert_eq!(language("account_language=de; language=en", "de"), "en");
        assert_eq!(language("account_language=de", "en"), "de");
        assert_eq!(language("theme=dark", "fr"), "en");
        assert_eq!(language("__Host-language=de", "en"), "en", "the name over https");
    }
}
