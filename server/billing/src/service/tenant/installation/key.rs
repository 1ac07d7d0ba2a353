//! Keys of the installation: creation, listing, revocation. `tenant/key.rs` authenticates them, as it does keys of
//! tenants.

use domain::{
    ids::{TenantId, UserId},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        installation_scope::InstallationScope,
    },
    time::Timestamp,
};
use ipnet::IpNet;
use serde_json::json;

use crate::{
    identity::api_key::{FreshKey, is_key_id},
    service::{
        InstallationKeys, ServiceError,
        operator::{ConfirmedOperator, Operator},
        tenant::key::{CreatedKey, MAX_KEYS, NewKey},
    },
    store::tenant::installation_keys::InstallationKey,
};

/// All scopes, as the text of a validation error lists them.
const KNOWN_SCOPES: &str = "tenants, read, usage, billing, portal and webhooks";

/// A request for a new key of the installation.
pub type NewInstallationKey = NewKey<InstallationScope>;
/// A new key of the installation, with its plain text, which is shown only once.
pub type CreatedInstallationKey = CreatedKey<InstallationScope>;

/// On whose authority keys of the installation are created and revoked.
#[derive(Clone, Copy, Debug)]
pub enum InstallationAuthority<'a> {
    /// The operator on the command line.
    CommandLine,
    /// An operator who is signed in at the operator desk.
    Desk(&'a ConfirmedOperator),
}

impl InstallationAuthority<'_> {
    fn actor(self) -> AuditActor {
        match self {
            Self::CommandLine => AuditActor::Operator,
            Self::Desk(operator) => operator.by(),
        }
    }

    fn user(self) -> Option<UserId> {
        match self {
            Self::CommandLine => None,
            Self::Desk(operator) => Some(operator.user().clone()),
        }
    }
}

/// A key as listed, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInstallationKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<InstallationScope>,
    pub created_at: Timestamp,
    /// The address of the operator who created it on the desk; `None` for the command line.
    pub created_by: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub is_expired: bool,
    /// Exact to about a minute; `None` for an unused key.
    pub last_used_at: Option<Timestamp>,
    /// Networks that may use the key; empty for all.
    pub sources: Vec<IpNet>,
}

impl InstallationKeys {
    /// Creates a key. [`ServiceError::TooManyInstallationKeys`] when the installation has [`MAX_KEYS`].
    pub async fn create(
        &self,
        by: InstallationAuthority<'_>,
        request: NewInstallationKey,
    ) -> Result<CreatedInstallationKey, ServiceError> {
        let now = self.wall_now();
        let NewInstallationKey { name, scopes, expires_at, sources } = request.validated(now, KNOWN_SCOPES)?;
        let FreshKey { id, secret_hash, key } = FreshKey::new();
        let row = InstallationKey {
            id,
            name,
            scopes,
            secret_hash,
            created_at: now,
            created_by: by.user(),
            expires_at,
            last_used_at: None,
            sources,
        };
        let installation = TenantId::installation();
        let mut tx = self.store().begin().await?;
        tx.connection().lock_tenant(&installation).await?;
        if tx.connection().count_installation_keys().await? >= MAX_KEYS {
            return Err(ServiceError::TooManyInstallationKeys { most: MAX_KEYS });
        }
        tx.connection().insert_installation_key(&row).await?;
        let from: Vec<_> = row.sources.iter().map(ToString::to_string).collect();
        let details = json!({ "name": row.name, "scopes": row.scopes, "from": from });
        let action = AuditAction::InstallationKeyCreated;
        let entry = NewAuditEntry { by: by.actor(), action, target: row.id.clone(), details };
        self.record_audit(&mut tx, &installation, entry).await?;
        tx.commit().await?;
        let InstallationKey {
            id,
            name,
            scopes,
            secret_hash: _,
            created_at,
            created_by: _,
            expires_at,
            last_used_at: _,
            sources,
        } = row;
        Ok(CreatedKey { id, name, scopes, key, created_at, expires_at, sources })
    }

    /// Lists the keys that are not revoked, the newest first.
    pub async fn list(&self) -> Result<Vec<ListedInstallationKey>, ServiceError> {
        let now = self.wall_now();
        let keys = self.store().read().await?.connection().list_installation_keys().await?;
        Ok(keys.into_iter().map(|(key, created_by)| to_listed(key, created_by, now)).collect())
    }

    /// Lists the keys for an operator at the desk.
    pub async fn list_at_desk(&self, _: &Operator) -> Result<Vec<ListedInstallationKey>, ServiceError> {
        self.list().await
    }

    /// Revokes a key, at once on this node and within a second on every other. Idempotent.
    pub async fn revoke(&self, by: InstallationAuthority<'_>, id: &str) -> Result<(), ServiceError> {
        const UNKNOWN: ServiceError = ServiceError::NotFound("installation key");
        if !is_key_id(id) {
            return Err(UNKNOWN);
        }
        let installation = TenantId::installation();
        let mut tx = self.store().begin().await?;
        tx.connection().lock_tenant(&installation).await?;
        match tx.connection().find_installation_key_name(id).await?.ok_or(UNKNOWN)? {
            (_, true) => Ok(()),
            (name, false) => {
                tx.connection().revoke_installation_key(id, self.wall_now()).await?;
                let action = AuditAction::InstallationKeyRevoked;
                let entry =
                    NewAuditEntry { by: by.actor(), action, target: id.to_owned(), details: json!({ "name": name }) };
                self.record_audit(&mut tx, &installation, entry).await?;
                tx.commit().await?;
                self.0.views.invalidate(&installation);
                Ok(())
            }
        }
    }
}

fn to_listed(key: InstallationKey, created_by: Option<String>, now: Timestamp) -> ListedInstallationKey {
    let InstallationKey {
        id,
        name,
        scopes,
        secret_hash: _,
        created_at,
        created_by: _,
        expires_at,
        last_used_at,
        sources,
    } = key;
    let is_expired = expires_at.is_some_and(|end| end <= now);
    ListedInstallationKey { id, name, scopes, created_at, created_by, expires_at, is_expired, last_used_at, sources }
}

#[cfg(test)]
mod tests;
