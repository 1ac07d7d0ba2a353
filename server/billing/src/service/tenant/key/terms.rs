//! The request for a new key of a tenant or of the installation: its name, scopes, expiry and networks.

use std::net::IpAddr;

use domain::{account::names::has_hidden_characters, time::Timestamp};
use ipnet::IpNet;

use crate::service::{FieldErrors, ServiceError};

const NAME_MAX_CHARS: usize = 80;
/// Limit of networks that a key is restricted to.
const MAX_SOURCES: usize = 20;

/// A request for a new key.
#[derive(Clone, Debug)]
pub struct NewKey<S> {
    pub name: String,
    /// At least one, without duplicates.
    pub scopes: Vec<S>,
    /// Expiry, truncated to whole seconds; `None` for a key without one.
    pub expires_at: Option<Timestamp>,
    /// Networks that may use the key; empty for all.
    pub sources: Vec<IpNet>,
}

impl<S: Ord> NewKey<S> {
    /// Validates a request and reports all mistakes together. `known` lists the scopes for the error's text.
    pub(in crate::service) fn validated(self, now: Timestamp, known: &str) -> Result<Self, ServiceError> {
        let Self { name, mut scopes, expires_at, mut sources } = self;
        let mut fields = FieldErrors::new();
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || has_hidden_characters(&name) {
            fields.insert("name", format!("name must have 1 to {NAME_MAX_CHARS} characters, on one line."));
        }
        let asked_for = scopes.len();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            fields.insert("scopes", format!("scopes must name at least one of {known}."));
        } else if scopes.len() < asked_for {
            fields.insert("scopes", "scopes must name each scope once.".to_owned());
        }
        // Responses show whole seconds, so the key must expire at a whole second.
        let expires_at = expires_at.map(|end| Timestamp::from_secs(end.as_secs()));
        if expires_at.is_some_and(|end| end <= now) {
            fields.insert("expiresAt", "expiresAt must be in the future.".to_owned());
        }
        sources.sort_unstable();
        sources.dedup();
        if sources.len() > MAX_SOURCES {
            fields.insert("from", format!("from may name at most {MAX_SOURCES} networks."));
        }
        if fields.is_empty() {
            return Ok(Self { name, scopes, expires_at, sources });
        }
        Err(ServiceError::invalid(fields))
    }
}

/// Parses networks in CIDR notation or as single addresses. Anything else is a validation error of the field `from`.
pub fn parse_sources<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<IpNet>, ServiceError> {
    let parse = |text: &str| {
        let network = text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.to_canonical().into()));
        network.map(|network| network.trunc())
    };
    let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
    let parsed: Option<Vec<_>> = texts.map(parse).collect();
    parsed.ok_or_else(|| ServiceError::field("from", "from must name networks as 203.0.113.0/24 or 2001:db8::/32."))
}
