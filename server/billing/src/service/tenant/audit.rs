//! The audit log of a tenant: entries are written in the transaction of the change.

use domain::{
    account::{Email, Role, Viewer, WorkspaceUser, WorkspaceViewer},
    ids::TenantId,
    tenant::audit::{AuditAction, AuditActor, AuditEntry, NewAuditEntry},
};
use serde_json::json;

pub use crate::store::tenant::audit_log::{AuditFilter, AuditPosition};
use crate::{
    service::{Core, ServiceError, Tenants},
    store::{StoreResult, Tx},
};

/// One page of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<AuditPosition>,
}

impl Tenants {
    /// Lists at most `most` entries that match `filter`, the newest first, after the cursor `after`.
    pub async fn audit(
        &self,
        tenant: &TenantId,
        filter: &AuditFilter,
        after: Option<&AuditPosition>,
        most: u32,
    ) -> Result<AuditPage, ServiceError> {
        let mut entries =
            self.store().read().await?.connection().list_audit(tenant, filter, after, most.saturating_add(1)).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = entries.len() > most;
        entries.truncate(most);
        let last = entries.last().filter(|_| has_more);
        let next = last.map(|last| AuditPosition { at: last.at, id: last.id.clone() });
        Ok(AuditPage { entries, next })
    }
}

impl Core {
    /// Inserts an audit entry in the transaction of the change.
    pub(in crate::service) async fn record_audit(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        entry: NewAuditEntry,
    ) -> StoreResult<()> {
        tx.connection().insert_audit(tenant, &entry, self.wall_now()).await
    }

    /// Inserts an audit entry in a separate transaction, for a change that a provider has already made.
    pub(in crate::service) async fn record_audit_separately(
        &self,
        tenant: &TenantId,
        entry: NewAuditEntry,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        self.record_audit(&mut tx, tenant, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// Returns the viewer as an actor of the audit log.
pub(in crate::service) fn by(viewer: &Viewer) -> AuditActor {
    AuditActor::from(&viewer.actor())
}

/// Returns the viewer as an actor of the audit log. The viewer may be the user of a portal session.
pub(in crate::service) fn by_person(viewer: &WorkspaceViewer) -> AuditActor {
    match &viewer.user {
        WorkspaceUser::Account { account, other_memberships: _ } => AuditActor::User(account.user_id.clone()),
        WorkspaceUser::Portal(user) => AuditActor::PortalUser(user.external_id.clone()),
        WorkspaceUser::Token { user, .. } => AuditActor::TokenUser(user.clone()),
    }
}

/// Returns an audit entry whose target is a member's address.
pub(in crate::service) fn member_entry(
    by: AuditActor,
    action: AuditAction,
    email: &Email,
    role: Role,
) -> NewAuditEntry {
    NewAuditEntry { by, action, target: email.to_string(), details: json!({ "role": role }) }
}

#[cfg(test)]
mod tests;
