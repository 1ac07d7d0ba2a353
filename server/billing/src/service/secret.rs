//! Secrets that a workspace keeps: written, used and deleted, and never shown.
//!
//! Each is sealed under a key of its workspace's own, for its workspace and name alone; that key is sealed under the setting
//! `SECRETS_KEY`. Setting and deleting hold the tenant's row, so that as many are kept as the plan has room for.

mod notify;
mod rotate;

use domain::{
    account::Viewer,
    actor::Actor,
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::TenantId,
    scope::Scope,
    secret::{SecretMetadata, SecretName, VALUE_MAX_BYTES},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub use self::rotate::Rotated;
use super::{
    FieldErrors, ServiceError, Services,
    key::KeyHolder,
    reconcile::admin,
    team::own_role,
    usage::{SECRETS, alerts::want_a_look},
};
use crate::{
    identity::{ClientAddress, factors::Confirmed, seal::SealingKey},
    mail::letters::SecretChange,
    store::{Link, Tx, sealed::SealedColumn},
};

/// An owner or admin of a workspace, or a key of it with the scope `secrets`. Nobody else can be made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    tenant: TenantId,
    by: Actor,
    /// Whose role is looked at again.
    person: Option<Viewer>,
    /// Where the request came from; `None` where the installation itself works on secrets.
    from: Option<ClientAddress>,
}

/// A keeper who has confirmed who they are: only such a one writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedKeeper(Keeper);

impl std::ops::Deref for ConfirmedKeeper {
    type Target = Keeper;

    fn deref(&self) -> &Keeper {
        &self.0
    }
}

impl Keeper {
    /// Of the workspace that is open.
    pub fn admin(viewer: &Viewer) -> Result<Self, ServiceError> {
        admin(viewer)?;
        let by = Actor::User(viewer.user_id.clone());
        Ok(Self { tenant: viewer.current_membership.tenant_id.clone(), by, person: Some(viewer.clone()), from: None })
    }

    /// `None` when the key lacks the scope.
    pub fn key(holder: &KeyHolder) -> Option<Self> {
        let KeyHolder { key, tenant, scopes } = holder;
        let by = Actor::Key(key.to_string());
        scopes.contains(&Scope::Secrets).then(|| Self { tenant: tenant.clone(), by, person: None, from: None })
    }

    /// With the address that the request came from, for the audit log and for the admins who are told.
    #[must_use]
    pub fn calling_from(self, address: ClientAddress) -> Self {
        Self { from: Some(address), ..self }
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What may write, too.
    pub fn confirmed(self, _: &Confirmed) -> ConfirmedKeeper {
        ConfirmedKeeper(self)
    }

    /// Holds the tenant's row, and looks again: who asks may have been removed since she was recognised.
    async fn holds(&self, tx: &mut Tx) -> Result<(), ServiceError> {
        match &self.person {
            Some(viewer) if own_role(tx, viewer).await?.is_admin() => Ok(()),
            Some(_) => Err(ServiceError::AdminRequired),
            None if tx.link().lock_tenant(&self.tenant).await? => Ok(()),
            None => Err(ServiceError::TenantNotFound),
        }
    }

    fn deed(&self, action: AuditAction, name: &SecretName, mut details: Value) -> NewAuditEntry {
        if let (Some(from), Some(details)) = (self.from, details.as_object_mut()) {
            details.insert("from".to_owned(), from.0.to_string().into());
        }
        NewAuditEntry { by: AuditActor::from(&self.by), action, target: name.to_string(), details }
    }
}

impl Services {
    /// Keeps a value under a name, in the place of one that is kept there. Exact under concurrency: as many are kept as have a
    /// place; a new value in the place of another takes none.
    pub async fn set_secret(
        &self,
        keeper: &ConfirmedKeeper,
        name: &str,
        value: &SecretString,
    ) -> Result<SecretMetadata, ServiceError> {
        let name = checked(name, value)?;
        self.may_keep_secrets()?;
        let (tenant, now) = (&keeper.tenant, self.wall_now());
        let mut tx = self.store().begin().await?;
        keeper.holds(&mut tx).await?;
        let is_new = tx.link().find_secret(tenant, &name).await?.is_none();
        if is_new {
            self.room_for_one_more(&mut tx.link(), tenant, SECRETS).await?;
        }
        let key = match self.data_key(&mut tx.link(), tenant).await? {
            Some(key) => key,
            None => self.new_data_key(&mut tx, tenant).await?,
        };
        let sealed = key.seal(&place(tenant, &name), value.expose_secret().as_bytes());
        let sealed = sealed.map_err(|_| ServiceError::Internal("a secret can be sealed"))?;
        let kept = tx.link().upsert_secret(tenant, &name, &sealed, now).await?;
        let deed = keeper.deed(AuditAction::SecretSet, &name, json!({ "replaced": !is_new }));
        self.write_down(&mut tx, tenant, deed).await?;
        self.notify_admins(&mut tx, keeper, &name, SecretChange::Set).await?;
        self.counted(tx, tenant).await?;
        Ok(kept)
    }

    /// What is kept, by name: never a value.
    pub async fn secrets(&self, keeper: &Keeper) -> Result<Vec<SecretMetadata>, ServiceError> {
        Ok(self.store().read().await?.link().list_secrets(&keeper.tenant).await?)
    }

    pub async fn delete_secret(&self, keeper: &ConfirmedKeeper, name: &str) -> Result<(), ServiceError> {
        const UNKNOWN: ServiceError = ServiceError::NotFound("secret");
        let name: SecretName = name.parse().map_err(|_| UNKNOWN)?;
        let tenant = &keeper.tenant;
        let mut tx = self.store().begin().await?;
        keeper.holds(&mut tx).await?;
        if !tx.link().delete_secret(tenant, &name).await? {
            return Err(UNKNOWN);
        }
        self.write_down(&mut tx, tenant, keeper.deed(AuditAction::SecretDeleted, &name, json!({}))).await?;
        self.notify_admins(&mut tx, keeper, &name, SecretChange::Deleted).await?;
        self.counted(tx, tenant).await
    }

    /// A secret's value for somebody's `purpose`, which is written down with her; `None` when there is none of this name.
    pub async fn use_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        purpose: &str,
        by: &Actor,
    ) -> Result<Option<SecretString>, ServiceError> {
        let mut tx = self.store().begin().await?;
        let Some(sealed) = tx.link().find_secret(tenant, name).await? else { return Ok(None) };
        self.may_keep_secrets()?;
        let key = self.data_key(&mut tx.link(), tenant).await?.ok_or(ServiceError::SecretsKeyLost)?;
        let value = key.open(&place(tenant, name), &sealed).map_err(|_| ServiceError::SecretsKeyLost)?;
        let value = String::from_utf8(value).map_err(|_| ServiceError::Internal("a secret is a text"))?;
        tx.link().update_secret_use(tenant, name, self.wall_now()).await?;
        let details = json!({ "purpose": purpose });
        let deed = NewAuditEntry {
            by: AuditActor::from(by),
            action: AuditAction::SecretUsed,
            target: name.to_string(),
            details,
        };
        self.write_down(&mut tx, tenant, deed).await?;
        tx.commit().await?;
        Ok(Some(value.into()))
    }

    /// Whether secrets can be kept on this installation.
    pub fn keeps_secrets(&self) -> bool {
        self.sealing_key().is_lasting()
    }

    /// What is sealed under a key that ends with this process would be lost with it.
    pub(super) fn may_keep_secrets(&self) -> Result<(), ServiceError> {
        if self.keeps_secrets() { Ok(()) } else { Err(ServiceError::SecretsNotConfigured) }
    }

    /// The tenant's own key, opened.
    async fn data_key(&self, link: &mut Link<'_>, tenant: &TenantId) -> Result<Option<SealingKey>, ServiceError> {
        let Some(sealed) = link.find_data_key(tenant).await? else { return Ok(None) };
        let opened = self.sealing_key().open(&place_of_key(tenant), &sealed);
        let key = opened.ok().and_then(|bytes| SealingKey::from_bytes(&bytes).ok());
        key.map(Some).ok_or(ServiceError::SecretsKeyLost)
    }

    async fn new_data_key(&self, tx: &mut Tx, tenant: &TenantId) -> Result<SealingKey, ServiceError> {
        let cannot = ServiceError::Internal("a key can be made and sealed");
        let bytes = SealingKey::fresh_bytes();
        let sealed = self.sealing_key().seal(&place_of_key(tenant), bytes.expose_secret());
        let (Ok(key), Ok(sealed)) = (SealingKey::from_bytes(bytes.expose_secret()), sealed) else { return Err(cannot) };
        tx.link().insert_data_key(tenant, &sealed, self.wall_now()).await?;
        Ok(key)
    }

    /// Commits what has changed how many secrets there are.
    async fn counted(&self, mut tx: Tx, tenant: &TenantId) -> Result<(), ServiceError> {
        want_a_look(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.doubt(tenant);
        // One of them may be the key of the account whose lists are shown.
        self.0.provider_reads.invalidate(tenant);
        self.jobs_written().notify_one();
        Ok(())
    }
}

/// Checks what is to be kept, every field at once.
fn checked(name: &str, value: &SecretString) -> Result<SecretName, ServiceError> {
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

/// Where a secret opens: neither id nor name has a blank in it.
fn place(tenant: &TenantId, name: &SecretName) -> String {
    format!("secrets.sealed_value {tenant} {name}")
}

fn place_of_key(tenant: &TenantId) -> String {
    SealedColumn::DATA_KEYS.place(tenant.as_str())
}

#[cfg(test)]
mod tests;
