//! Names of tenants: Dues' id, or the id that the product uses.

use std::{borrow::Borrow, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::ids::TenantId;

/// Maximum length of an external id.
pub const EXTERNAL_ID_MAX_BYTES: usize = 128;
const PREFIX: &str = "external:";
/// The length of a UUID with its hyphens.
const UUID_CHARS: usize = 36;

/// The id that the product uses for a tenant: 1 to 128 bytes of UTF-8 without control characters. Cheap to clone.
///
/// Compared byte for byte: texts that differ only in letter case or Unicode form are different ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(Arc<str>);

/// The text is not an external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an external id has 1 to 128 bytes of UTF-8 without control characters")]
pub struct InvalidExternalId;

impl ExternalId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lets callers look up a `&str` in maps whose keys are external ids.
impl Borrow<str> for ExternalId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ExternalId {
    type Error = InvalidExternalId;

    fn try_from(text: String) -> Result<Self, InvalidExternalId> {
        text.parse()
    }
}

impl std::str::FromStr for ExternalId {
    type Err = InvalidExternalId;

    fn from_str(text: &str) -> Result<Self, InvalidExternalId> {
        let fits = (1..=EXTERNAL_ID_MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidExternalId) }
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl std::fmt::Display for ExternalId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The name of a tenant in a URL path or another input: Dues' id, or `external:` and the product's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TenantRef {
    /// If the id is a UUID, it is in lower case.
    Id(TenantId),
    External(ExternalId),
}

/// The text is not in the form of a tenant's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is named by its id, or by external: and its external id")]
pub struct InvalidTenantRef;

impl TenantRef {
    /// Parses Dues' id of a tenant. Removes surrounding spaces, and converts a UUID to lower case.
    pub fn parse_id(text: &str) -> Result<TenantId, InvalidTenantRef> {
        let text = text.trim();
        let is_upper = is_uuid(text) && text.bytes().any(|byte| byte.is_ascii_uppercase());
        let id = if is_upper { text.to_ascii_lowercase().parse() } else { text.parse() };
        id.map_err(|_| InvalidTenantRef)
    }
}

impl std::str::FromStr for TenantRef {
    type Err = InvalidTenantRef;

    fn from_str(text: &str) -> Result<Self, InvalidTenantRef> {
        match text.strip_prefix(PREFIX) {
            Some(external) => external.parse().map(Self::External).map_err(|_| InvalidTenantRef),
            None => Self::parse_id(text).map(Self::Id),
        }
    }
}

impl std::fmt::Display for TenantRef {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(out),
            Self::External(id) => write!(out, "{PREFIX}{id}"),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == UUID_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_has_1_to_128_bytes_without_control_characters() {
        for good in ["a", "org/42", "tenant:x", " é%2F\u{1f600}", &"x".repeat(128), &"é".repeat(64)] {
            assert_eq!(good.parse::<ExternalId>().unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", "\0", "a\u{7f}", "\u{85}", &"x".repeat(129), &"é".repeat(65)] {
            assert_eq!(bad.parse::<ExternalId>(), Err(InvalidExternalId), "{bad:?}");
        }
    }

    #[test]
    fn an_external_id_is_found_by_its_text() {
        let known = std::collections::HashSet::from(["org/42", "é"].map(|text| text.parse::<ExternalId>().unwrap()));
        assert!(known.contains("org/42") && known.contains("é") && !known.contains("org/4"));
    }

    #[test]
    fn a_tenant_is_named_by_either_id() {
        for written in ["acme", "external:acme", "external:external:acme", "external:a b"] {
            assert_eq!(written.parse::<TenantRef>().unwrap().to_string(), written);
        }
        for bad in ["", "a b", "external:", "tenant:acme", "external:a\nb"] {
            assert_eq!(bad.parse::<TenantRef>(), Err(InvalidTenantRef), "{bad:?}");
        }
    }

    #[test]
    fn a_uuid_is_found_in_any_letter_case() {
        let upper = "0197E3C2-5D1A-7B0C-9A51-3F0D2E6B8A10";
        assert_eq!(TenantRef::parse_id(&format!(" {upper}\t")).unwrap().as_str(), upper.to_ascii_lowercase());
        assert_eq!(TenantRef::parse_id("Acme").unwrap().as_str(), "Acme");
    }
}
