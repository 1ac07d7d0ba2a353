//! Rotation of the sealing key while nodes run: re-seals all sealed values under the first configured key.

use domain::{
    ids::TenantId,
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::json;

use crate::{
    service::{Secrets, ServiceError},
    store::tenant::sealed::SealedColumn,
};

/// Result of the rotation of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    pub column: SealedColumn,
    /// Number of values that are sealed under the first key now.
    pub sealed: u64,
    /// Number of these that this run re-sealed.
    pub anew: u64,
    /// Number of values that no configured key opens.
    pub unopened: u64,
}

impl Secrets {
    /// Re-seals all values under the first configured key. Idempotent. Each value is written in its own
    /// transaction, so that a run after an interruption continues.
    pub async fn rotate_secrets(&self) -> Result<Vec<Rotated>, ServiceError> {
        self.ensure_can_store_secrets()?;
        let mut all = Vec::new();
        for column in SealedColumn::ALL {
            all.push(self.rotate(column).await?);
        }
        Ok(all)
    }

    /// Returns whether the configured keys open at least one of a sample of the stored data keys; `true` if none is
    /// stored or no key is configured.
    ///
    /// If no key opens them, new values would be sealed under another key than the stored ones.
    pub async fn can_open_stored_secrets(&self) -> Result<bool, ServiceError> {
        let column = SealedColumn::DATA_KEYS;
        let some = self.store().read().await?.connection().list_sealed(column, "").await?;
        let opens = |key: &str, sealed: &str| self.sealing_key().open(&column.place(key), sealed).is_ok();
        Ok(!self.can_store_secrets() || some.is_empty() || some.iter().any(|(key, sealed)| opens(key, sealed)))
    }

    async fn rotate(&self, column: SealedColumn) -> Result<Rotated, ServiceError> {
        let mut rotated = Rotated { column, sealed: 0, anew: 0, unopened: 0 };
        let mut after = String::new();
        loop {
            let rows = self.store().read().await?.connection().list_sealed(column, &after).await?;
            let Some((last, _)) = rows.last() else { return Ok(rotated) };
            after.clone_from(last);
            for (key, sealed) in rows {
                match self.sealing_key().reseal(&column.place(&key), &sealed) {
                    Ok(None) => rotated.sealed += 1,
                    Ok(Some(anew)) => {
                        let mut tx = self.store().begin().await?;
                        // A concurrent writer may have sealed the value under another key: the next run handles it.
                        let is_written = tx.connection().update_sealed(column, &key, &sealed, &anew).await?;
                        if is_written && let Some((tenant, target)) = audited(column, &key) {
                            let entry = NewAuditEntry {
                                by: AuditActor::Operator,
                                action: AuditAction::SecretsResealed,
                                target,
                                details: json!({}),
                            };
                            self.record_audit(&mut tx, &tenant, entry).await?;
                        }
                        tx.commit().await?;
                        rotated.sealed += u64::from(is_written);
                        rotated.anew += u64::from(is_written);
                    }
                    Err(_) => rotated.unopened += 1,
                }
            }
        }
    }
}

/// Returns the tenant and the target of the audit entry for a re-sealed row; `None` if the column gets no entry.
fn audited(column: SealedColumn, key: &str) -> Option<(TenantId, String)> {
    if column == SealedColumn::DATA_KEYS {
        return Some((key.parse().ok()?, "secrets".to_owned()));
    }
    let (tenant, endpoint) = key.split_once(' ').filter(|_| column == SealedColumn::ENDPOINT_SECRETS)?;
    Some((tenant.parse().ok()?, endpoint.to_owned()))
}
