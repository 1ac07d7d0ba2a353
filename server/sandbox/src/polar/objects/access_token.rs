//! Polar: "Organization Access Token". Any token opens its account with every right, until its scopes are named.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::Account;
use crate::{polar::error::PolarError, world::Unit};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    /// The token's digest, as in [`Account::key`].
    pub(crate) id: String,
    pub(crate) scopes: Vec<String>,
}

/// What a call needs, as its method and path say: a token has one of these.
#[derive(Debug)]
pub(crate) struct Needed(Vec<String>);

impl Needed {
    /// `path` is the one below `/v1`. Who may write may read, too.
    pub(crate) fn by(method: &Method, path: &str) -> Self {
        let object = path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default().replace('-', "_");
        let write = format!("{object}:write");
        Self(if method == Method::GET { vec![format!("{object}:read"), write] } else { vec![write] })
    }

    /// Refuses a token whose scopes are named and not among these.
    pub(crate) fn check(&self, unit: &Unit<'_>, account: &Account) -> Result<(), PolarError> {
        let Some(token) = unit.get::<AccessToken>(&account.key) else { return Ok(()) };
        let may = token.scopes.iter().any(|scope| self.0.contains(scope));
        if may { Ok(()) } else { Err(PolarError::insufficient_scope()) }
    }
}
