//! Making and changing a tenant.

use domain::{
    entitlement::overrides::Overrides,
    subscription::Provider,
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
        tenant::customer::{NewLink, lock_customer_links},
        usage::TenantEntitlements,
        webhook::endpoint::TenantChange,
    },
    store::{StoreError, Tx, subscription::customers::Customer, tenant::tenants::Tenant},
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
        let (put, _) = self.put_with_customers(by, external, change, &[]).await?;
        Ok(put)
    }

    /// Creates or changes a tenant as [`Self::put_tenant`] does, and links it to customers, each at another provider.
    /// Returns the linked customers, also those that were linked before. [`ServiceError::CustomerTaken`] if another
    /// tenant has a customer, and a conflict if Dues would end a subscription of the customer as a duplicate.
    pub(in crate::service) async fn put_with_customers(
        &self,
        by: &InstallationPrincipal,
        external: &ExternalId,
        change: ProfileChange,
        customers: &[NewLink],
    ) -> Result<(PutTenant, Vec<(Provider, Customer)>), ServiceError> {
        let change = validate(change)?;
        let named = TenantRef::External(external.clone());
        for _ in 0..MAX_TRIES {
            let mut tx = self.store().begin().await?;
            if !customers.is_empty() {
                lock_customer_links(&mut tx).await?;
            }
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
                match self.insert_named(&mut tx, by.actor(), external, change.clone()).await? {
                    Some(tenant) => (tenant, true),
                    // Another call has created the tenant: the next try finds it.
                    None => continue,
                }
            };
            let mut linked = Vec::new();
            for new in customers {
                let link = self.link_beside_orders(&mut tx, by.actor(), &tenant.id, new).await?;
                linked.push((new.provider, link));
            }
            let profile = self.profile_of(&mut tx.connection(), tenant).await?;
            tx.commit().await?;
            let entitlements = self.finish_change(&profile).await?;
            return Ok((PutTenant { profile, entitlements, created }, linked));
        }
        Err(CHANGING)
    }

    /// Creates the tenant of an external id that no tenant has, in the caller's transaction. `None` if another call has
    /// created it meanwhile.
    pub(in crate::service) async fn make_named(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        external: &ExternalId,
        change: ProfileChange,
    ) -> Result<Option<Tenant>, ServiceError> {
        self.insert_named(tx, by, external, validate(change)?).await
    }

    async fn insert_named(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        external: &ExternalId,
        change: CheckedChange,
    ) -> Result<Option<Tenant>, ServiceError> {
        let Some(name) = change.name.clone() else {
            let required = FieldErrors::from([("name", "name is required for a new tenant.".to_owned())]);
            return Err(ServiceError::invalid(required));
        };
        let mut tenant = Tenant::new(new_id()?, name, Overrides::default(), self.billing_now());
        tenant.external_id = Some(external.clone());
        let tenant = change.apply(&tenant)?;
        if !tx.connection().insert_tenant_once(&tenant).await? {
            return Ok(None);
        }
        let made = (AuditAction::TenantCreated, json!({}));
        self.record_change(tx, by, &tenant, made, TenantChange::Created).await?;
        Ok(Some(tenant))
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

    /// Returns the profile and the entitlements of a tenant that was read before and may have changed since.
    pub(in crate::service) async fn current_profile(
        &self,
        before: &TenantProfile,
    ) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        let mut reader = self.store().read().await?;
        let found = reader.connection().find_tenant(&before.tenant_plan.tenant.id).await?;
        let tenant = found.ok_or(ServiceError::TenantNotFound)?;
        let profile = self.profile_of(&mut reader.connection(), tenant).await?;
        drop(reader);
        let entitlements = self.finish_change(&profile).await?;
        Ok((profile, entitlements))
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
