//! Users without an account in Dues. A bearer token identifies them, from an issuer that the product uses.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest subject of a token, in bytes.
pub const SUBJECT_MAX_BYTES: usize = 255;

/// A person whom an issuer's token names. They have no account in Dues.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenUser {
    issuer: Arc<str>,
    subject: Arc<str>,
}

/// The text can't be the subject of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subject has 1 to {SUBJECT_MAX_BYTES} bytes of UTF-8 without control characters")]
pub struct InvalidSubject;

impl TokenUser {
    /// Makes the user with the id `subject` at the issuer with the URL `issuer`.
    pub fn new(issuer: &str, subject: &str) -> Result<Self, InvalidSubject> {
        let fits = (1..=SUBJECT_MAX_BYTES).contains(&subject.len()) && !subject.chars().any(char::is_control);
        if fits { Ok(Self { issuer: issuer.into(), subject: subject.into() }) } else { Err(InvalidSubject) }
    }

    /// The id of the person at the issuer.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

/// The text form: the issuer, a space, and the subject. Issuers are URLs, which contain no space.
impl std::fmt::Display for TokenUser {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.issuer, self.subject)
    }
}

impl std::str::FromStr for TokenUser {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let (issuer, subject) = text.split_once(' ').ok_or(InvalidSubject)?;
        Self::new(issuer, subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_subject_at_two_issuers_is_two_people() {
        let [one, other] =
            ["https://a.example", "https://b.example"].map(|issuer| TokenUser::new(issuer, "auth0|a b").unwrap());
        assert_ne!(one, other);
        assert_eq!(one.to_string(), "https://a.example auth0|a b");
        assert_eq!(one.to_string().parse(), Ok(one));
    }

    #[test]
    fn a_subject_is_short_and_has_no_control_characters() {
        for bad in ["", "a\nb", "\0", &"x".repeat(256)] {
            assert_eq!(TokenUser::new("https://a.example", bad), Err(InvalidSubject), "{bad:?}");
        }
        assert!(TokenUser::new("https://a.example", &"x".repeat(255)).is_ok());
    }
}
