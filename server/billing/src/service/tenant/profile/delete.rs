//! Deleting and restoring a tenant.

use domain::{
    account::{Email, Role},
    ids::TenantId,
    subscription::UnmanagedReason,
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        external_id::TenantRef,
    },
    time::Timestamp,
};
use serde_json::json;

use super::record::{TenantProfile, lock_named};
use crate::{
    service::{
        Housekeeping, ServiceError, Tenants,
        base::permission::InstallationPrincipal,
        tenant::audit::member_entry,
        usage::{TenantEntitlements, limit_check::enqueue_limit_check},
        webhook::endpoint::TenantChange,
    },
    store::{Connection, StoreResult, Tx, tenant::tenants::Tenant},
};

/// How long a deleted tenant can be restored.
const RESTORABLE_SECS: i64 = 30 * 86_400;
const NO_OWNER: &str = "The workspace has no owner: the last one deleted their account. Send owner with the e-mail address \
     of an account, which becomes the owner.";

/// When a deleted tenant is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureTime {
    /// After the 30 days in which it can be restored.
    Later,
    AtOnce,
}

impl Housekeeping {
    /// Returns the time up to which deletions are due: tenants deleted then or earlier are to be erased now.
    pub(crate) fn erased_until(&self) -> Timestamp {
        due(self.wall_now())
    }
}

fn due(now: Timestamp) -> Timestamp {
    now.plus_secs(-RESTORABLE_SECS)
}

impl Tenants {
    /// Deletes a tenant: it stops resolving at once on this node and within a second on every other. Idempotent.
    ///
    /// [`ServiceError::SubscriptionLive`] while a provider bills it or may bill it. Nothing is changed at the provider.
    pub async fn delete_tenant(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        erasure: ErasureTime,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let tenant = lock_named(&mut tx, named).await?;
        self.mark_deleted(&mut tx, by.actor(), &tenant, erasure).await?;
        tx.commit().await?;
        self.0.views.invalidate(&tenant.id);
        match erasure {
            ErasureTime::Later => Ok(()),
            ErasureTime::AtOnce => self.erase(&tenant.id).await,
        }
    }

    /// Marks a locked tenant as deleted and announces it, in the caller's transaction. Idempotent.
    pub(super) async fn mark_deleted(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        tenant: &Tenant,
        erasure: ErasureTime,
    ) -> Result<(), ServiceError> {
        let now = self.wall_now();
        if is_billed(&mut tx.connection(), &tenant.id).await? {
            return Err(ServiceError::SubscriptionLive);
        }
        let deleted_at = match (tenant.deleted_at, erasure) {
            (Some(at), ErasureTime::Later) => at,
            (Some(at), ErasureTime::AtOnce) => at.min(due(now)),
            (None, ErasureTime::Later) => now,
            (None, ErasureTime::AtOnce) => due(now),
        };
        if tenant.deleted_at != Some(deleted_at) {
            tx.connection().update_deleted_at(&tenant.id, Some(deleted_at)).await?;
        }
        let details = json!({ "purge": erasure == ErasureTime::AtOnce });
        if tenant.deleted_at.is_none() {
            let deleted = (AuditAction::TenantDeleted, details);
            self.record_change(tx, by, tenant, deleted, TenantChange::Deleted).await?;
        } else if tenant.deleted_at != Some(deleted_at) {
            // The deletion was announced before. Only the audit log records that the erasure is now at once.
            let (action, target) = (AuditAction::TenantDeleted, tenant.id.to_string());
            self.record_audit(tx, &tenant.id, NewAuditEntry { by, action, target, details }).await?;
        }
        Ok(())
    }

    /// Restores a deleted tenant. Idempotent. [`ServiceError::TenantNotFound`] once its erasure is due.
    ///
    /// The last owner may have deleted their account since the deletion. `owner` is the address of the account that then
    /// becomes the owner; it changes nothing in a tenant that has one. A validation error if a tenant without an owner
    /// and without an external id is restored without `owner`: it would be open to no person.
    pub async fn restore_tenant(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        owner: Option<&str>,
    ) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        let mut tx = self.store().begin().await?;
        let mut tenant = lock_named(&mut tx, named).await?;
        if let Some(deleted_at) = tenant.deleted_at.take() {
            if deleted_at <= due(self.wall_now()) {
                return Err(ServiceError::TenantNotFound);
            }
            self.ensure_owner(&mut tx, by.actor(), &tenant, owner).await?;
            tx.connection().update_deleted_at(&tenant.id, None).await?;
            let restored = (AuditAction::TenantRestored, json!({}));
            self.record_change(&mut tx, by.actor(), &tenant, restored, TenantChange::Updated).await?;
        }
        let profile = self.profile_of(&mut tx.connection(), tenant).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        let entitlements = self.finish_change(&profile).await?;
        Ok((profile, entitlements))
    }

    /// Makes the account with the address `owner` the owner of a locked tenant that has none. No-op for a tenant with an
    /// owner.
    async fn ensure_owner(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        tenant: &Tenant,
        owner: Option<&str>,
    ) -> Result<(), ServiceError> {
        if tx.connection().count_owners(&tenant.id).await? > 0 {
            return Ok(());
        }
        let Some(owner) = owner else {
            // The product opens a tenant with an external id to its people by tokens and portal links.
            return if tenant.external_id.is_some() { Ok(()) } else { Err(ServiceError::field("owner", NO_OWNER)) };
        };
        let unknown = || ServiceError::field("owner", "owner must be the verified e-mail address of an account.");
        let email: Email = owner.parse().map_err(|_| unknown())?;
        let found = tx.connection().find_user_by_email(&email).await?.ok_or_else(unknown)?;
        tx.connection().lock_user(&found.id).await?;
        // Before the lock, the account may have been deleted or may have got another address.
        let user = tx.connection().find_user_by_email(&email).await?;
        let user = user.filter(|user| user.id == found.id && user.has_verified_address).ok_or_else(unknown)?;
        let entry = if let Some(member) = tx.connection().find_member(&tenant.id, &user.id).await? {
            tx.connection().update_role(&tenant.id, &user.id, Role::Owner).await?;
            let details = json!({ "role": Role::Owner, "before": member.role });
            NewAuditEntry { by, action: AuditAction::MemberRoleChanged, target: email.to_string(), details }
        } else {
            // Also without a free seat: only an owner can free one, or change the plan.
            tx.connection().insert_member(&tenant.id, &user.id, Role::Owner, self.billing_now()).await?;
            enqueue_limit_check(tx, &tenant.id, self.wall_now()).await?;
            member_entry(by, AuditAction::MemberJoined, &email, Role::Owner)
        };
        self.record_audit(tx, &tenant.id, entry).await?;
        Ok(())
    }
}

/// Whether a provider bills or may bill a subscription of the tenant. Subscriptions that no plan sells count.
pub(super) async fn is_billed(link: &mut Connection<'_>, tenant: &TenantId) -> StoreResult<bool> {
    let subscriptions = link.list_subscriptions(tenant).await?;
    if subscriptions.iter().any(|subscription| subscription.status.is_live()) {
        return Ok(true);
    }
    let unmanaged = link.list_unmanaged(tenant).await?;
    Ok(unmanaged.iter().any(|known| {
        known.is_shown && matches!(known.subscription.reason, UnmanagedReason::NoPlan | UnmanagedReason::Moved)
    }))
}
