//! Finds tenants by either id, locks them, adds plan, customer and revision, and records changes.

use domain::{
    ids::TenantId,
    subscription::{Provider, current_subscription},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        external_id::TenantRef,
    },
};
use serde_json::Value;

use crate::{
    service::{
        ServiceError, Tenants, subscription::membership::TenantPlan, usage::TenantEntitlements,
        webhook::endpoint::TenantChange,
    },
    store::{Connection, StoreError, StoreResult, Tx, tenant::tenants::Tenant},
};

/// A tenant with its plan, customer and revision.
#[derive(Clone, Debug)]
pub struct TenantProfile {
    pub tenant_plan: TenantPlan,
    /// The tenant's customer id at the provider of its subscription, or of new checkouts if it has no subscription.
    pub customer: Option<String>,
    /// Grows with each change of the subscription, limits and profile. The same on every node.
    pub revision: i64,
}

impl Tenants {
    /// Returns the id of a tenant that is not deleted.
    pub(super) async fn present_id(&self, named: &TenantRef) -> Result<TenantId, ServiceError> {
        Ok(find_present(&mut self.store().read().await?.connection(), named).await?.id)
    }

    /// Returns the usage of every feature, from a view that is no older than the profile.
    pub(super) async fn current_entitlements(
        &self,
        profile: &TenantProfile,
    ) -> Result<TenantEntitlements, ServiceError> {
        let tenant = &profile.tenant_plan.tenant.id;
        let entitlements = self.usage().tenant_entitlements(tenant).await?;
        if entitlements.revision >= profile.revision {
            return Ok(entitlements);
        }
        // The view does not have a change yet that another node made within the last second.
        self.0.views.invalidate(tenant);
        self.usage().tenant_entitlements(tenant).await
    }

    /// Adds a tenant's plan, customer and revision.
    pub(super) async fn profile_of(&self, link: &mut Connection<'_>, tenant: Tenant) -> StoreResult<TenantProfile> {
        self.profiles_of(link, vec![tenant]).await?.pop().ok_or(StoreError::Corrupt("a tenant's profile"))
    }

    /// Adds each tenant's plan, customer and revision, in the same order. Runs a constant number of statements.
    pub(super) async fn profiles_of(
        &self,
        link: &mut Connection<'_>,
        tenants: Vec<Tenant>,
    ) -> StoreResult<Vec<TenantProfile>> {
        let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id.clone()).collect();
        let mut revisions = vec![0; ids.len()];
        for (place, revision) in link.list_revisions(&ids).await? {
            if let Some(known) = revisions.get_mut(place) {
                *known = revision;
            }
        }
        let mut subscriptions = link.list_subscriptions_of_many(&ids).await?;
        let mut customers = link.list_customers_of_many(&ids).await?;
        let profiles = tenants.into_iter().zip(revisions).map(|(tenant, revision)| {
            let all = subscriptions.remove(&tenant.id).unwrap_or_default();
            let subscription = current_subscription(self.catalog(), &all).cloned();
            let provider = subscription.as_ref().map(|current| current.provider).or(self.provider().name());
            let customer = customer_at(provider, customers.remove(&tenant.id).unwrap_or_default());
            let entitlements = self.entitlements(&tenant, subscription.as_ref());
            TenantProfile { tenant_plan: TenantPlan { tenant, subscription, entitlements }, customer, revision }
        });
        Ok(profiles.collect())
    }

    /// Records a change in the audit log and announces it, in its transaction.
    pub(super) async fn record_change(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        tenant: &Tenant,
        (action, details): (AuditAction, Value),
        announced: TenantChange,
    ) -> StoreResult<()> {
        let entry = NewAuditEntry { by, action, target: tenant.id.to_string(), details };
        self.record_audit(tx, &tenant.id, entry).await?;
        self.endpoints().announce_tenant(tx, announced, tenant).await
    }
}

fn customer_at(provider: Option<Provider>, customers: Vec<(Provider, String)>) -> Option<String> {
    customers.into_iter().find(|(at, _)| Some(*at) == provider).map(|(_, customer)| customer)
}

/// Finds a tenant by either id, also a deleted one.
pub(super) async fn find_named(link: &mut Connection<'_>, named: &TenantRef) -> Result<Tenant, ServiceError> {
    let found = match named {
        TenantRef::Id(id) => link.find_tenant(id).await?,
        TenantRef::External(external) => link.find_any_by_external_id(external).await?,
    };
    found.ok_or(ServiceError::TenantNotFound)
}

/// Finds a tenant that is not deleted.
pub(super) async fn find_present(link: &mut Connection<'_>, named: &TenantRef) -> Result<Tenant, ServiceError> {
    let tenant = find_named(link, named).await?;
    if tenant.deleted_at.is_some() { Err(ServiceError::TenantNotFound) } else { Ok(tenant) }
}

/// Finds a tenant, also a deleted one, and locks it until the transaction ends.
pub(super) async fn lock_named(tx: &mut Tx, named: &TenantRef) -> Result<Tenant, ServiceError> {
    let found = find_named(&mut tx.connection(), named).await?;
    tx.connection().lock_tenant(&found.id).await?;
    let tenant = tx.connection().find_tenant(&found.id).await?.ok_or(ServiceError::TenantNotFound)?;
    match named {
        // Another transaction has changed the external id before this one got the lock.
        TenantRef::External(external) if tenant.external_id.as_ref() != Some(external) => {
            Err(ServiceError::TenantNotFound)
        }
        _ => Ok(tenant),
    }
}
