//! What was done in a workspace: written down with it, and read by those who answer for it.

use domain::{
    account::{Email, Role, Viewer},
    audit::{AuditAction, AuditActor, AuditEntry, NewAuditEntry},
    ids::TenantId,
};
use serde_json::json;

use super::{ServiceError, Services};
pub use crate::store::audit_log::{AuditFilter, AuditPlace};
use crate::store::{StoreResult, Tx};

/// One page of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Where to go on; `None` where there is no more.
    pub next: Option<AuditPlace>,
}

impl Services {
    /// At most so many entries, the newest first, behind `after`.
    pub async fn audit(
        &self,
        tenant: &TenantId,
        filter: &AuditFilter,
        after: Option<&AuditPlace>,
        most: u32,
    ) -> Result<AuditPage, ServiceError> {
        let mut entries =
            self.store().read().await?.link().list_audit(tenant, filter, after, most.saturating_add(1)).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = entries.len() > most;
        entries.truncate(most);
        let last = entries.last().filter(|_| has_more);
        let next = last.map(|last| AuditPlace { at: last.at, id: last.id.clone() });
        Ok(AuditPage { entries, next })
    }

    /// Writes down what the transaction does.
    pub(super) async fn write_down(&self, tx: &mut Tx, tenant: &TenantId, deed: NewAuditEntry) -> StoreResult<()> {
        tx.link().insert_audit(tenant, &deed, self.wall_now()).await
    }

    /// Writes down what is done already, and elsewhere: what a provider said yes to.
    pub(super) async fn write_down_done(&self, tenant: &TenantId, deed: NewAuditEntry) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        self.write_down(&mut tx, tenant, deed).await?;
        Ok(tx.commit().await?)
    }
}

/// Somebody signed in.
pub(super) fn by(viewer: &Viewer) -> AuditActor {
    AuditActor::User(viewer.user_id.clone())
}

/// What is done to somebody, told by her address.
pub(super) fn of_member(by: AuditActor, action: AuditAction, email: &Email, role: Role) -> NewAuditEntry {
    NewAuditEntry { by, action, target: email.to_string(), details: json!({ "role": role }) }
}

#[cfg(test)]
mod tests;
