//! API keys of a tenant.

use domain::{ids::TenantId, scope::Scope, time::Timestamp};

use super::{ServiceError, Services};
use crate::{
    identity::api_key::{FreshKey, SentKey},
    store::api_keys::ApiKey,
};

const NAME_MAX_CHARS: usize = 80;

/// A new key, with the one sight of it in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub key: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// Whoever holds a key: one tenant, and what the key may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    pub key: String,
    pub tenant: TenantId,
    pub scopes: Vec<Scope>,
}

impl Services {
    pub async fn create_key(
        &self,
        tenant: &TenantId,
        name: &str,
        mut scopes: Vec<Scope>,
        expires_at: Option<Timestamp>,
    ) -> Result<MadeKey, ServiceError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
            return Err(ServiceError::field(
                "name",
                format!("name must have 1 to {NAME_MAX_CHARS} characters, on one line."),
            ));
        }
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(ServiceError::field(
                "scopes",
                "scopes must name at least one of read, usage, billing and secrets.",
            ));
        }
        let now = self.wall_now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(ServiceError::field("expiresAt", "expiresAt must be in the future."));
        }
        let FreshKey { id, secret_hash, key } = FreshKey::new();
        let row = ApiKey {
            tenant: tenant.clone(),
            id,
            name: name.to_owned(),
            scopes,
            secret_hash,
            created_at: now,
            expires_at,
        };
        let mut tx = self.store().begin().await?;
        tx.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        tx.link().insert_key(&row).await?;
        tx.commit().await?;
        let ApiKey { id, name, scopes, created_at, expires_at, tenant: _, secret_hash: _ } = row;
        Ok(MadeKey { id, name, scopes, key, created_at, expires_at })
    }

    /// Who holds the key; `None` for one that is unknown, revoked or expired. Asked of the store each time, so that a
    /// revocation holds at once on every node.
    pub async fn key_holder(&self, token: &str) -> Result<Option<KeyHolder>, ServiceError> {
        let Some(sent) = SentKey::parse(token) else { return Ok(None) };
        let found = self.store().read().await?.link().find_key(sent.id, self.wall_now()).await?;
        Ok(found.filter(|key| sent.matches(&key.secret_hash)).map(|ApiKey { id, tenant, scopes, .. }| KeyHolder {
            key: id,
            tenant,
            scopes,
        }))
    }
}
