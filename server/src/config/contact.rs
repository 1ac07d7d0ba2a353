//! The contact for vulnerability reports.

use std::{fmt, str::FromStr};

use domain::account::Email;
use url::Url;

pub(super) const EXPECTS: &str = "an address to write to, as mailto:security@example.com, or an https address";

/// A `mailto:` or `https:` URL, as RFC 9116 requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(Url);

/// The text is neither an e-mail address nor a `mailto:` or `https:` URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a contact is a mailto: or https: address")]
pub struct InvalidContact;

impl FromStr for Contact {
    type Err = InvalidContact;

    /// A bare e-mail address becomes a `mailto:` URL.
    fn from_str(text: &str) -> Result<Self, InvalidContact> {
        let text = text.trim();
        if text.parse::<Email>().is_ok() {
            return Url::parse(&format!("mailto:{text}")).map(Self).map_err(|_| InvalidContact);
        }
        let url = Url::parse(text).map_err(|_| InvalidContact)?;
        let is_contact = match url.scheme() {
            "mailto" => url.path().parse::<Email>().is_ok(),
            "https" => url.username().is_empty() && url.password().is_none(),
            _ => false,
        };
        if is_contact { Ok(Self(url)) } else { Err(InvalidContact) }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("security@example.com", Some("mailto:security@example.com"))]
    #[case("mailto:security@example.com", Some("mailto:security@example.com"))]
    #[case(" https://example.com/report ", Some("https://example.com/report"))]
    #[case("http://example.com/report", None)]
    #[case("https://ada:secret@example.com/", None)]
    #[case("mailto:ada", None)]
    #[case("security@example.com\nCanonical: https://evil.test", None)]
    #[case("javascript:alert(1)", None)]
    #[case("tel:+4930123456", None)]
    fn contact_is_a_mail_address_or_https_url(#[case] text: &str, #[case] contact: Option<&str>) {
        assert_eq!(text.parse::<Contact>().ok().map(|contact| contact.to_string()).as_deref(), contact);
    }
}
