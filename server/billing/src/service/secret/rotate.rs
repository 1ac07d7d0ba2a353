//! Another `SECRETS_KEY`, while nodes run: what is sealed under any is sealed anew under the first.

use domain::{
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::TenantId,
};
use serde_json::json;

use super::super::{ServiceError, Services};
use crate::store::sealed::SealedColumn;

/// What became of one column's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    pub column: SealedColumn,
    /// Those that are under the first key now.
    pub sealed: u64,
    /// Of these, those that were not before.
    pub anew: u64,
    /// Those that no key of the setting opens.
    pub unopened: u64,
}

impl Services {
    /// Seals everything under the first key of the setting. Each text is written by itself: whatever ends this, the next run goes
    /// on, and a run with nothing to do changes nothing.
    pub async fn rotate_secrets(&self) -> Result<Vec<Rotated>, ServiceError> {
        self.may_keep_secrets()?;
        let mut all = Vec::new();
        for column in SealedColumn::ALL {
            all.push(self.rotate(column).await?);
        }
        Ok(all)
    }

    /// Whether the setting has a key that opens what is stored, as far as a look at some of it tells: what another key seals from
    /// now on would be apart from the rest.
    pub async fn opens_what_is_kept(&self) -> Result<bool, ServiceError> {
        let column = SealedColumn::DATA_KEYS;
        let some = self.store().read().await?.link().list_sealed(column, "").await?;
        let opens = |key: &str, sealed: &str| self.sealing_key().open(&column.place(key), sealed).is_ok();
        Ok(!self.keeps_secrets() || some.is_empty() || some.iter().any(|(key, sealed)| opens(key, sealed)))
    }

    async fn rotate(&self, column: SealedColumn) -> Result<Rotated, ServiceError> {
        let mut rotated = Rotated { column, sealed: 0, anew: 0, unopened: 0 };
        let mut after = String::new();
        loop {
            let rows = self.store().read().await?.link().list_sealed(column, &after).await?;
            let Some((last, _)) = rows.last() else { return Ok(rotated) };
            after.clone_from(last);
            for (key, sealed) in rows {
                match self.sealing_key().reseal(&column.place(&key), &sealed) {
                    Ok(None) => rotated.sealed += 1,
                    Ok(Some(anew)) => {
                        let mut tx = self.store().begin().await?;
                        // Who wrote it in between sealed it under a key of her own setting: the next run looks at that.
                        let is_written = tx.link().update_sealed(column, &key, &sealed, &anew).await?;
                        if is_written && let Some((tenant, target)) = audited(column, &key) {
                            let deed = NewAuditEntry {
                                by: AuditActor::Operator,
                                action: AuditAction::SecretsResealed,
                                target,
                                details: json!({}),
                            };
                            self.write_down(&mut tx, &tenant, deed).await?;
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

/// The tenant whose audit log says that a row was sealed anew, and what it says was: the tenant's own key, or an endpoint.
fn audited(column: SealedColumn, key: &str) -> Option<(TenantId, String)> {
    if column == SealedColumn::DATA_KEYS {
        return Some((key.parse().ok()?, "secrets".to_owned()));
    }
    let (tenant, endpoint) = key.split_once(' ').filter(|_| column == SealedColumn::ENDPOINT_SECRETS)?;
    Some((tenant.parse().ok()?, endpoint.to_owned()))
}
