//! Making and changing a tenant.

use domain::{
    entitlement::overrides::Overrides,
    tenant::{
        audit::{AuditAction, AuditActor},
        external_id::{ExternalId, TenantRef},
    },
};
use serde_json::{Value, json};

use super::{
    input::{CheckedChange, ProfileChange, validate},
    record::{TenantProfile, find_named, lock_named},
};
use crate::{
    service::{
        FieldErrors, ServiceError, Tenants,
        base::{core::new_id, permission::InstallationPrincipal},
        usage::TenantEntitlements,
        webhook::endpoint::TenantChange,
    },
    store::{StoreError, Tx, tenant::tenants::Tenant},
};

/// Maximum number of attempts of a change. An attempt fails if another call creates or erases the tenant, or changes
/// its external id, meanwhile.
const MAX_TRIES: usize = 5;
/// The error after the last try.
const CHANGING: ServiceError = ServiceError::Conflict("The tenant is being changed by other requests. Try again.");

/// The result of [`Tenants::put_tenant`].
#[derive(Clone, Debug)]
pub struct PutTenant {
    pub profile: TenantProfile,
    pub entitlements: TenantEntitlements,
    /// Whether this call made the tenant.
    pub created: bool,
}

impl Tenants {
    /// Creates the tenant of an external id, or changes it. A new tenant needs a name. Idempotent, also under
    /// concurrent calls on any node: one of them creates it. [`ServiceError::TenantDeleted`] while a deleted tenant has
    /// the external id.
    pub async fn put_tenant(
        &self,
        by: &InstallationPrincipal,
        external: &ExternalId,
        change: ProfileChange,
    ) -> Result<PutTenant, ServiceError> {
        let change = validate(change)?;
        let named = TenantRef::External(external.clone());
        for _ in 0..MAX_TRIES {
            let mut tx = self.store().begin().await?;
            let is_known = match find_named(&mut tx.connection(), &named).await {
                Ok(_) => true,
                Err(ServiceError::TenantNotFound) => false,
                Err(error) => return Err(error),
            };
            let (tenant, created) = if is_known {
                let tenant = match lock_named(&mut tx, &named).await {
                    Ok(tenant) => tenant,
                    Err(ServiceError::TenantNotFound) => continue,
                    Err(error) => return Err(error),
                };
                if tenant.deleted_at.is_some() {
                    return Err(ServiceError::TenantDeleted);
                }
                let changed = change.clone().apply(&tenant)?;
                self.write_change(&mut tx, by.actor(), &tenant, &changed).await?;
                (changed, false)
            } else {
                let Some(name) = change.name.clone() else {
                    let required = FieldErrors::from([("name", "name is required for a new tenant.".to_owned())]);
                    return Err(ServiceError::invalid(required));
                };
                let mut tenant = Tenant::new(new_id()?, name, Overrides::default(), self.billing_now());
                tenant.external_id = Some(external.clone());
                let tenant = change.clone().apply(&tenant)?;
                if !tx.connection().insert_tenant_once(&tenant).await? {
                    // Another call has created the tenant: the next try finds it.
                    continue;
                }
                let made = (AuditAction::TenantCreated, json!({}));
                self.record_change(&mut tx, by.actor(), &tenant, made, TenantChange::Created).await?;
                (tenant, true)
            };
            let profile = self.profile_of(&mut tx.connection(), tenant).await?;
            tx.commit().await?;
            let entitlements = self.finish_change(&profile).await?;
            return Ok(PutTenant { profile, entitlements, created });
        }
        Err(CHANGING)
    }

    /// Changes a tenant. [`ServiceError::ExternalIdTaken`] if another tenant, also a deleted one, has the external id.
    pub async fn change_tenant(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        change: ProfileChange,
    ) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        let change = validate(change)?;
        for _ in 0..MAX_TRIES {
            match self.try_change(by, named, change.clone()).await {
                // PostgreSQL ends one of two calls that exchange external ids, since each waits for the other.
                Err(ServiceError::Store(error)) if error.is_lost_race() => {}
                outcome => return outcome,
            }
        }
        Err(CHANGING)
    }

    /// One attempt of a change, in one transaction.
    async fn try_change(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        change: CheckedChange,
    ) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        let mut tx = self.store().begin().await?;
        let tenant = lock_named(&mut tx, named).await?;
        if tenant.deleted_at.is_some() {
            return Err(ServiceError::TenantNotFound);
        }
        let changed = change.apply(&tenant)?;
        self.write_change(&mut tx, by.actor(), &tenant, &changed).await?;
        let profile = self.profile_of(&mut tx.connection(), changed).await?;
        tx.commit().await?;
        let entitlements = self.finish_change(&profile).await?;
        Ok((profile, entitlements))
    }

    /// Writes and announces the change from `before` to `after`. No-op if they are equal.
    pub(super) async fn write_change(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        before: &Tenant,
        after: &Tenant,
    ) -> Result<(), ServiceError> {
        if before == after {
            return Ok(());
        }
        match tx.connection().update_profile(after).await {
            Err(StoreError::Conflict) => return Err(ServiceError::ExternalIdTaken),
            outcome => outcome?,
        }
        let changed = (AuditAction::TenantChanged, json!({ "fields": changed_fields(before, after) }));
        Ok(self.record_change(tx, by, after, changed, TenantChange::Updated).await?)
    }

    /// Applies a committed change to this node's memory, and returns the entitlements for the answer.
    pub(super) async fn finish_change(&self, profile: &TenantProfile) -> Result<TenantEntitlements, ServiceError> {
        self.0.views.invalidate(&profile.tenant_plan.tenant.id);
        self.current_entitlements(profile).await
    }
}

/// Returns the names of the fields that differ. The audit log stores these instead of the values, which may be
/// personal data.
fn changed_fields(before: &Tenant, after: &Tenant) -> Value {
    let fields = [
        ("name", before.name != after.name),
        ("email", before.email != after.email),
        ("metadata", before.metadata != after.metadata),
        ("externalId", before.external_id != after.external_id),
    ];
    fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect()
}
