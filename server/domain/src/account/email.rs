//! E-mail addresses in the normalized form in which they are stored, compared and mailed.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Maximum length of an address (RFC 5321, path).
const MAX_BYTES: usize = 254;
/// Maximum length of a local part (RFC 5321).
const LOCAL_MAX_BYTES: usize = 64;
/// What a local part may contain besides letters and digits (RFC 5322, `atext` and the dot).
///
/// The slash is left out, because an address with a slash looks like a URL.
const ATEXT: &str = "!#$%&'*+-=?^_`{|}~.";
const PUNYCODE: &str = "xn--";

/// An e-mail address: trimmed, lower case, composed (NFC), with its domain in Unicode.
///
/// Parsing accepts only addresses that can be mailed: an unquoted local part without slashes, and a domain that IDNA
/// can encode in ASCII. Invisible characters are refused, because two addresses that look alike would be two accounts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Email(String);

/// The text is not an e-mail address that can be mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an e-mail address, as ada@example.com")]
pub struct InvalidEmail;

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps an address from the database without validation: an earlier version may have accepted it by looser rules.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address by which to look up an account; `None` if the text is longer than an address may be.
    ///
    /// Also accepts addresses that only an earlier version accepted, in the form in which it stored them.
    pub fn for_lookup(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 2 * MAX_BYTES {
            return None;
        }
        let email = text.parse().unwrap_or_else(|InvalidEmail| Self(text.to_lowercase()));
        (email.0.len() <= MAX_BYTES).then_some(email)
    }

    /// The local part, and the domain in ASCII as in `xn--exmple-cua.de`.
    ///
    /// `None` for a stored address that can't be mailed.
    pub fn ascii_parts(&self) -> Option<(&str, String)> {
        let (local, domain) = self.0.split_once('@')?;
        is_local_part(local).then_some(())?;
        Some((local, to_ascii(domain)?))
    }

    /// The domain, in Unicode.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl std::str::FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.len() > 2 * MAX_BYTES || text.chars().any(is_invisible) {
            return Err(InvalidEmail);
        }
        let composed: String = text.nfc().collect::<String>().to_lowercase().nfc().collect();
        let (local, domain) = composed.split_once('@').ok_or(InvalidEmail)?;
        let in_ascii = to_ascii(domain).filter(|_| is_local_part(local)).ok_or(InvalidEmail)?;
        let email = if in_ascii.contains(PUNYCODE) {
            let (unicode, valid) = idna::domain_to_unicode(&in_ascii);
            valid.map_err(|_| InvalidEmail)?;
            format!("{local}@{unicode}")
        } else {
            format!("{local}@{in_ascii}")
        };
        let longest = email.len().max(local.len() + 1 + in_ascii.len());
        if longest <= MAX_BYTES { Ok(Self(email)) } else { Err(InvalidEmail) }
    }
}

/// Whether the text is a dot-atom (RFC 5322), extended by the Unicode characters of RFC 6531.
fn is_local_part(local: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_local_char);
    local.len() <= LOCAL_MAX_BYTES && local.split('.').all(is_part)
}

fn is_local_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || ATEXT.contains(c) } else { !c.is_whitespace() && !is_invisible(c) }
}

/// The domain in ASCII (IDNA); `None` if it is not a valid domain name.
fn to_ascii(domain: &str) -> Option<String> {
    let name = if domain.is_ascii() && !domain.contains(PUNYCODE) {
        domain.to_owned()
    } else {
        idna::domain_to_ascii_strict(domain).ok()?
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (name.len() <= 253 && name.split('.').all(is_label)).then_some(name)
}

/// Whether the character is invisible or changes the direction of writing: controls, zero-width and direction marks,
/// tags, variation selectors, fillers, private use.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

impl From<String> for Email {
    fn from(text: String) -> Self {
        Self::from_stored(text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::trimmed_and_lower(" Ada@Example.COM ", "ada@example.com", "example.com")]
    #[case::idn("Info@EXÄMPLE.de", "info@exämple.de", "xn--exmple-cua.de")]
    #[case::punycode("info@xn--exmple-cua.de", "info@exämple.de", "xn--exmple-cua.de")]
    #[case::decomposed("jose\u{301}@exa\u{308}mple.de", "josé@exämple.de", "xn--exmple-cua.de")]
    #[case::tagged("ada+dues@example.com", "ada+dues@example.com", "example.com")]
    #[case::one_label("ada@localhost", "ada@localhost", "localhost")]
    fn an_address_is_normalized_and_has_an_ascii_domain(
        #[case] input: &str,
        #[case] normalized: &str,
        #[case] domain: &str,
    ) {
        let email: Email = input.parse().unwrap();
        assert_eq!((email.as_str(), email.ascii_parts().unwrap().1.as_str()), (normalized, domain));
        assert_eq!(email.as_str().parse::<Email>().unwrap(), email);
    }

    #[test]
    fn invalid_addresses_are_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "ada",
            "@x",
            "a@",
            "a@b@c",
            "a b@c",
            "a\u{7}@c",
            "a<b>@example.com",
            "a,b@example.com",
            "\"a\"b@example.com",
            "www.evil.example/pay@example.com",
            "a\\b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-",
            "a@-x.de",
            "a@x-.de",
            "a@exa_mple.com",
            "a@b>c",
            "a@x..de",
            "a@.de",
            "a@de.",
            "a@[127.0.0.1]",
            "a@xn--a",
            "a@exa\u{338}mple\u{2260}.de\u{a0}x",
            long.as_str(),
        ] {
            assert_eq!(bad.parse::<Email>(), Err(InvalidEmail), "{bad:?}");
        }
    }

    #[test]
    fn invisible_characters_are_refused_in_every_position() {
        for c in [
            '\u{0}',
            '\r',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{e000}',
        ] {
            for text in [format!("a{c}da@example.com"), format!("ada@exam{c}ple.com"), format!("ada{c}@example.com")] {
                assert_eq!(text.parse::<Email>(), Err(InvalidEmail), "{text:?}");
            }
        }
    }

    #[test]
    fn addresses_stored_by_earlier_versions_can_be_read() {
        let odd: Email = serde_json::from_str(r#""a<b>@example.com""#).unwrap();
        assert_eq!((odd.as_str(), odd.ascii_parts()), ("a<b>@example.com", None));
    }

    proptest! {
        #[test]
        fn every_accepted_address_is_normalized_and_can_be_mailed(text in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(email) = text.parse::<Email>() {
                let (local, domain) = email.ascii_parts().unwrap();
                prop_assert!(domain.is_ascii() && !local.is_empty());
                prop_assert_eq!(email.as_str().parse::<Email>().unwrap(), email.clone());
                let decomposed: String = email.as_str().nfd().collect();
                prop_assert_eq!(decomposed.parse::<Email>().unwrap(), email);
            }
        }
    }
}
