//! Secrets stored for a workspace: their names and their metadata.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The longest value in bytes; large enough for a certificate with its chain.
pub const VALUE_MAX_BYTES: usize = 16 * 1024;
const NAME_MAX_BYTES: usize = 64;
/// The names of secrets that Dues itself reads when a workspace bills its own customers.
pub const WELL_KNOWN_SECRETS: [&str; 3] = ["polar_api_key", "polar_organization_id", "stripe_secret_key"];

/// The name of a secret: a letter, then letters, digits, `_`, `-` or `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// The text is not a valid name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret's name has 1 to {NAME_MAX_BYTES} letters, digits, '_', '-' or '.', a letter first")]
pub struct InvalidSecretName;

impl SecretName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for SecretName {
    type Err = InvalidSecretName;

    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        let is_name = text.len() <= NAME_MAX_BYTES
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidSecretName) }
    }
}

impl TryFrom<String> for SecretName {
    type Error = InvalidSecretName;

    fn try_from(text: String) -> Result<Self, InvalidSecretName> {
        text.parse()
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

impl std::fmt::Display for SecretName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The metadata of a secret; its value is never part of a list. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretMetadata {
    pub name: SecretName,
    pub created_at: Timestamp,
    /// When its value was last set.
    pub updated_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_short_and_ascii() {
        for good in ["polar_api_key", "S", "smtp-password.eu2", &"x".repeat(64)] {
            assert!(good.parse::<SecretName>().is_ok(), "{good}");
        }
        for bad in ["", "1st", "_x", ".", "..", "a b", "a/b", "é", "a\n", "a\0", &"x".repeat(65)] {
            assert_eq!(bad.parse::<SecretName>(), Err(InvalidSecretName), "{bad:?}");
        }
        assert!(WELL_KNOWN_SECRETS.iter().all(|name| name.parse::<SecretName>().is_ok()));
    }
}
