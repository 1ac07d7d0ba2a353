//! Polar's organization access token. It has all rights until its scopes are set.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::Account;
use crate::{polar::error::PolarError, storage::Transaction};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    /// The token's digest, as in [`Account::key`].
    pub(crate) id: String,
    pub(crate) scopes: Vec<String>,
}

/// Scopes of a request. A token needs one of them.
#[derive(Debug)]
pub(crate) struct RequiredScopes(Vec<String>);

impl RequiredScopes {
    /// The scopes for a method and a path below `/v1`. The write scope includes reading.
    pub(crate) fn for_request(method: &Method, path: &str) -> Self {
        let object = path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default().replace('-', "_");
        let write = format!("{object}:write");
        Self(if method == Method::GET { vec![format!("{object}:read"), write] } else { vec![write] })
    }

    /// Fails if the token's scopes are set and contain none of the required scopes.
    pub(crate) fn check(&self, tx: &Transaction<'_>, account: &Account) -> Result<(), PolarError> {
        let Some(token) = tx.get::<AccessToken>(&account.key) else { return Ok(()) };
        let is_allowed = token.scopes.iter().any(|scope| self.0.contains(scope));
        if is_allowed { Ok(()) } else { Err(PolarError::insufficient_scope()) }
    }
}
