//! Secrets of a tenant: set, deleted, and used by Dues itself. No page or API response contains a value.
//!
//! Each value is sealed under the tenant's data key, bound to tenant and name. The data key is sealed under the
//! installation's sealing key. Setting and deleting lock the tenant's row, so that the plan's limit is exact.

mod notify;
mod rotate;

use domain::{
    account::Viewer,
    ids::TenantId,
    tenant::{
        actor::Actor,
        audit::{AuditAction, AuditActor, NewAuditEntry},
        portal::PortalPermission,
        scope::Scope,
        secret::{SecretMetadata, SecretName, VALUE_MAX_BYTES},
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub use self::rotate::Rotated;
use crate::{
    identity::{ClientAddress, factors::Confirmed, seal::SealingKey},
    mail::letters::SecretChange,
    service::{
        FieldErrors, Secrets, ServiceError,
        base::{
            internal_features::SECRETS,
            permission::{KeyPrincipal, PortalGrant, lock_viewer_role, require_admin},
        },
        usage::limit_check::enqueue_limit_check,
    },
    store::{Connection, Tx, tenant::sealed::SealedColumn},
};

/// The authority to manage a tenant's secrets: an owner or admin, or an API key with the scope `secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsAuthority {
    tenant: TenantId,
    by: Actor,
    /// The user whose role is checked again before a write; `None` for an API key and for a portal session.
    person: Option<Viewer>,
    /// The client address; `None` if it is unknown or no request caused the change.
    from: Option<ClientAddress>,
}

/// A [`SecretsAuthority`] with a recent re-authentication, which every write requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedSecretsAuthority(SecretsAuthority);

impl std::ops::Deref for ConfirmedSecretsAuthority {
    type Target = SecretsAuthority;

    fn deref(&self) -> &SecretsAuthority {
        &self.0
    }
}

impl SecretsAuthority {
    /// The authority of an admin over their current workspace.
    pub fn admin(viewer: &Viewer) -> Result<Self, ServiceError> {
        require_admin(viewer)?;
        let by = viewer.actor();
        Ok(Self { tenant: viewer.current_membership.tenant_id.clone(), by, person: Some(viewer.clone()), from: None })
    }

    /// The authority of an admin in a portal session whose link allows them to manage secrets.
    pub fn portal(grant: &PortalGrant) -> Result<Self, ServiceError> {
        let tenant = grant.tenant_for(PortalPermission::Secrets)?.clone();
        Ok(Self { tenant, by: grant.actor(), person: None, from: None })
    }

    /// The authority of an API key; `None` when the key lacks the scope.
    pub fn key(holder: &KeyPrincipal) -> Option<Self> {
        let (tenant, by) = (holder.tenant.clone(), holder.actor());
        holder.scopes.contains(&Scope::Secrets).then_some(Self { tenant, by, person: None, from: None })
    }

    /// Sets the client address, for the audit log and the notices to admins.
    #[must_use]
    pub fn calling_from(self, address: ClientAddress) -> Self {
        Self { from: Some(address), ..self }
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Converts to the authority that writes require.
    pub fn confirmed(self, _: &Confirmed) -> ConfirmedSecretsAuthority {
        ConfirmedSecretsAuthority(self)
    }

    /// Locks the tenant's row and checks the authority again: the user may have been removed since authentication.
    async fn lock_and_check(&self, tx: &mut Tx) -> Result<(), ServiceError> {
        match &self.person {
            Some(viewer) if lock_viewer_role(tx, viewer).await?.is_admin() => Ok(()),
            Some(_) => Err(ServiceError::AdminRequired),
            None if tx.connection().lock_tenant(&self.tenant).await? => Ok(()),
            None => Err(ServiceError::TenantNotFound),
        }
    }

    fn audit_entry(&self, action: AuditAction, name: &SecretName, mut details: Value) -> NewAuditEntry {
        if let (Some(from), Some(details)) = (self.from, details.as_object_mut()) {
            details.insert("from".to_owned(), from.0.to_string().into());
        }
        NewAuditEntry { by: AuditActor::from(&self.by), action, target: name.to_string(), details }
    }
}

impl Secrets {
    /// Stores a value under a name, or replaces it. The plan's limit is exact under concurrency; a replacement does not
    /// count.
    pub async fn set_secret(
        &self,
        authority: &ConfirmedSecretsAuthority,
        name: &str,
        value: &SecretString,
    ) -> Result<SecretMetadata, ServiceError> {
        let name = validate(name, value)?;
        self.ensure_can_store_secrets()?;
        let (tenant, now) = (&authority.tenant, self.wall_now());
        let mut tx = self.store().begin().await?;
        authority.lock_and_check(&mut tx).await?;
        let is_new = tx.connection().find_secret(tenant, &name).await?.is_none();
        if is_new {
            self.tenants().ensure_room_for_one(&mut tx.connection(), tenant, SECRETS).await?;
        }
        let key = match self.data_key(&mut tx.connection(), tenant).await? {
            Some(key) => key,
            None => self.new_data_key(&mut tx, tenant).await?,
        };
        let sealed = key.seal(&seal_context(tenant, &name), value.expose_secret().as_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("failed to seal a secret"))?;
        let kept = tx.connection().upsert_secret(tenant, &name, &sealed, now).await?;
        let entry = authority.audit_entry(AuditAction::SecretSet, &name, json!({ "replaced": !is_new }));
        self.record_audit(&mut tx, tenant, entry).await?;
        self.notify_admins(&mut tx, authority, &name, SecretChange::Set).await?;
        self.commit_count_change(tx, tenant).await?;
        Ok(kept)
    }

    /// Lists the secrets by name, without values.
    pub async fn list(&self, authority: &SecretsAuthority) -> Result<Vec<SecretMetadata>, ServiceError> {
        Ok(self.store().read().await?.connection().list_secrets(&authority.tenant).await?)
    }

    /// Deletes a secret. [`ServiceError::NotFound`] for an unknown name.
    pub async fn delete_secret(&self, authority: &ConfirmedSecretsAuthority, name: &str) -> Result<(), ServiceError> {
        const UNKNOWN: ServiceError = ServiceError::NotFound("secret");
        let name: SecretName = name.parse().map_err(|_| UNKNOWN)?;
        let tenant = &authority.tenant;
        let mut tx = self.store().begin().await?;
        authority.lock_and_check(&mut tx).await?;
        if !tx.connection().delete_secret(tenant, &name).await? {
            return Err(UNKNOWN);
        }
        self.record_audit(&mut tx, tenant, authority.audit_entry(AuditAction::SecretDeleted, &name, json!({}))).await?;
        self.notify_admins(&mut tx, authority, &name, SecretChange::Deleted).await?;
        self.commit_count_change(tx, tenant).await
    }

    /// Returns a secret's value; `None` for an unknown name. The audit log records actor and `purpose`.
    pub async fn use_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        purpose: &str,
        by: &Actor,
    ) -> Result<Option<SecretString>, ServiceError> {
        let mut tx = self.store().begin().await?;
        let Some(sealed) = tx.connection().find_secret(tenant, name).await? else { return Ok(None) };
        self.ensure_can_store_secrets()?;
        let key = self.data_key(&mut tx.connection(), tenant).await?.ok_or(ServiceError::SecretsKeyLost)?;
        let value = key.open(&seal_context(tenant, name), &sealed).map_err(|_| ServiceError::SecretsKeyLost)?;
        let value = String::from_utf8(value).map_err(|_| ServiceError::Internal("secret is not valid UTF-8"))?;
        tx.connection().update_secret_use(tenant, name, self.wall_now()).await?;
        let details = json!({ "purpose": purpose });
        let entry = NewAuditEntry {
            by: AuditActor::from(by),
            action: AuditAction::SecretUsed,
            target: name.to_string(),
            details,
        };
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        Ok(Some(value.into()))
    }

    /// Returns whether this installation can store secrets.
    pub fn can_store_secrets(&self) -> bool {
        self.sealing_key().is_lasting()
    }

    /// Fails with [`ServiceError::SecretsNotConfigured`] without `SECRETS_KEY`: the sealing key is then random and lost
    /// when the process ends.
    pub(in crate::service) fn ensure_can_store_secrets(&self) -> Result<(), ServiceError> {
        if self.can_store_secrets() { Ok(()) } else { Err(ServiceError::SecretsNotConfigured) }
    }

    /// Returns the tenant's data key; `None` before its first secret.
    async fn data_key(&self, link: &mut Connection<'_>, tenant: &TenantId) -> Result<Option<SealingKey>, ServiceError> {
        let Some(sealed) = link.find_data_key(tenant).await? else { return Ok(None) };
        let opened = self.sealing_key().open(&data_key_context(tenant), &sealed);
        let key = opened.ok().and_then(|bytes| SealingKey::from_bytes(&bytes).ok());
        key.map(Some).ok_or(ServiceError::SecretsKeyLost)
    }

    async fn new_data_key(&self, tx: &mut Tx, tenant: &TenantId) -> Result<SealingKey, ServiceError> {
        let cannot = ServiceError::Internal("failed to create a data key");
        let bytes = SealingKey::fresh_bytes();
        let sealed = self.sealing_key().seal(&data_key_context(tenant), bytes.expose_secret());
        let (Ok(key), Ok(sealed)) = (SealingKey::from_bytes(bytes.expose_secret()), sealed) else { return Err(cannot) };
        tx.connection().insert_data_key(tenant, &sealed, self.wall_now()).await?;
        Ok(key)
    }

    /// Commits a change of the number of secrets, invalidates caches and wakes the worker.
    async fn commit_count_change(&self, mut tx: Tx, tenant: &TenantId) -> Result<(), ServiceError> {
        enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        // The secret may be the provider key with which cached responses were read.
        self.0.provider_reads.invalidate(tenant);
        self.jobs_written().notify_one();
        Ok(())
    }
}

/// Validates name and value and reports all mistakes together.
fn validate(name: &str, value: &SecretString) -> Result<SecretName, ServiceError> {
    let mut fields = FieldErrors::new();
    let name: Option<SecretName> = name.parse().ok();
    if name.is_none() {
        let message = "key must have 1 to 64 letters, digits, '_', '-' or '.', and begin with a letter.";
        fields.insert("key", message.to_owned());
    }
    if !(1..=VALUE_MAX_BYTES).contains(&value.expose_secret().len()) {
        fields.insert("value", format!("value must have 1 to {VALUE_MAX_BYTES} bytes."));
    }
    match name {
        Some(name) if fields.is_empty() => Ok(name),
        _ => Err(ServiceError::invalid(fields)),
    }
}

/// Returns the context to which a sealed secret is bound. Unambiguous: neither id nor name contains a space.
fn seal_context(tenant: &TenantId, name: &SecretName) -> String {
    format!("secrets.sealed_value {tenant} {name}")
}

fn data_key_context(tenant: &TenantId) -> String {
    SealedColumn::DATA_KEYS.place(tenant.as_str())
}

#[cfg(test)]
mod tests;
