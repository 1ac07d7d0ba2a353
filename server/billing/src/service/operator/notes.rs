//! Operators' notes about tenants. Tenants do not see them: they are audited in the log of the installation.

use domain::{
    ids::TenantId,
    tenant::audit::{AuditAction, NewAuditEntry},
};
use serde_json::json;

use super::{
    super::{Operators, ServiceError, base::idempotency::KeyedRequest},
    ConfirmedOperator,
};
pub use crate::store::tenant::tenant_notes::{MAX_NOTES, TenantNote};

/// The maximum length of a note about a tenant or about a request.
pub const NOTE_MAX_CHARS: usize = 2000;

impl Operators {
    /// Adds a note about a tenant. A validation error if the text is empty or too long, or if the tenant has
    /// [`MAX_NOTES`].
    ///
    /// `form_key` is the random key of the form that was sent. A repeat with the same key and text adds nothing and
    /// gets the first answer. With an empty key, every call adds a note.
    pub async fn add_note(
        &self,
        operator: &ConfirmedOperator,
        tenant: &TenantId,
        (form_key, text): (&str, &str),
    ) -> Result<(), ServiceError> {
        let text = plain_note(text).filter(|text| !text.is_empty());
        let wrong = || format!("note must have 1 to {NOTE_MAX_CHARS} characters of plain text.");
        let text = text.ok_or_else(|| ServiceError::field("note", wrong()))?;
        // An edited text under a key that was sent before, as after the browser's Back, is a new note.
        let id = match form_key {
            "" => uuid::Uuid::now_v7().to_string(),
            key => KeyedRequest::new(&[tenant.as_str().as_bytes(), key.as_bytes()], &[text.as_bytes()]).attempt(),
        };
        let mut tx = self.store().begin().await?;
        // Serializes additions, so that the maximum holds.
        tx.connection().lock_tenant(tenant).await?;
        let found = tx.connection().find_tenant(tenant).await?;
        // A deleted tenant may be erased already.
        found.filter(|tenant| tenant.deleted_at.is_none()).ok_or(ServiceError::TenantNotFound)?;
        if !tx.connection().insert_tenant_note(tenant, (&id, &text), operator.user(), self.wall_now()).await? {
            return Ok(());
        }
        if tx.connection().count_tenant_notes(tenant).await? > MAX_NOTES as u64 {
            let full = format!("A tenant may have at most {MAX_NOTES} notes. Delete one first.");
            return Err(ServiceError::field("note", full));
        }
        let entry = note_entry(operator, AuditAction::NoteAdded, tenant, &id);
        self.record_audit(&mut tx, &TenantId::installation(), entry).await?;
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), %tenant, note = id, "operator added a note");
        Ok(())
    }

    /// Deletes a note about a tenant.
    pub async fn delete_note(
        &self,
        operator: &ConfirmedOperator,
        tenant: &TenantId,
        id: &str,
    ) -> Result<(), ServiceError> {
        let not_found = ServiceError::NotFound("note");
        // PostgreSQL rejects texts with a zero character.
        if id.contains('\0') {
            return Err(not_found);
        }
        let mut tx = self.store().begin().await?;
        if !tx.connection().delete_tenant_note(tenant, id).await? {
            return Err(not_found);
        }
        let entry = note_entry(operator, AuditAction::NoteDeleted, tenant, id);
        self.record_audit(&mut tx, &TenantId::installation(), entry).await?;
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), %tenant, note = id, "operator deleted a note");
        Ok(())
    }
}

fn note_entry(operator: &ConfirmedOperator, action: AuditAction, tenant: &TenantId, id: &str) -> NewAuditEntry {
    NewAuditEntry { by: operator.by(), action, target: tenant.to_string(), details: json!({ "note": id }) }
}

/// Returns the trimmed note; `None` if it is too long or no plain text.
pub(super) fn plain_note(note: &str) -> Option<String> {
    let note = note.replace("\r\n", "\n").trim().to_owned();
    let is_plain = note.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    (is_plain && note.chars().count() <= NOTE_MAX_CHARS).then_some(note)
}
