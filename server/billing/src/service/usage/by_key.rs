//! Usage by key: what each API key reported of a feature in the last days.
//!
//! The ledger does not name keys, so that a commit stays narrow. Sums are kept in memory and written by the worker every
//! few seconds. They explain usage and decide nothing: a node that stops without notice loses its last seconds of them.

pub(super) mod sums;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use domain::{
    entitlement::{change::Change, history::Step},
    ids::{FeatureKey, TenantId},
};

use self::sums::SumKey;
use super::{
    super::{ServiceError, Usage, base::permission::KeyPrincipal},
    batch::{Operation, Outcome},
};
use crate::store::{
    StoreResult,
    usage::usage_by_key::{KeyDay, KeyUsageRow},
};

/// How many sums are written in one transaction. Few, so that usage need not wait for it.
const ROWS_A_WRITE: usize = 100;
/// How many days are shown.
pub const DAYS_SHOWN: u16 = 30;
/// Maximum number of keys that are listed.
const MAX_KEYS_LISTED: u16 = 50;

/// The tenant whose usage a call reports, and the key that it came with.
#[derive(Clone, Copy, Debug)]
pub struct UsageReporter<'a> {
    pub tenant: &'a TenantId,
    /// The id of the key; `None` for a call without a key.
    pub key: Option<&'a Arc<str>>,
}

impl<'a> From<&'a TenantId> for UsageReporter<'a> {
    fn from(tenant: &'a TenantId) -> Self {
        Self { tenant, key: None }
    }
}

impl<'a> From<&'a KeyPrincipal> for UsageReporter<'a> {
    fn from(holder: &'a KeyPrincipal) -> Self {
        Self { tenant: &holder.tenant, key: Some(&holder.key) }
    }
}

/// What one key reported of a feature in the last days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// The key's name; its id if it has none any more.
    pub name: String,
    /// Whether it is a key of the installation, which people of the workspace do not see in their list.
    pub is_installation: bool,
    pub is_revoked: bool,
    /// In the feature's unit.
    pub amount: u64,
}

impl Usage {
    /// Adds what keys reported in a batch that was committed. Repeats and refused calls do not count, and neither do
    /// changes of gauges that are no additions.
    pub(super) fn add_by_key(&self, operations: &[Operation], outcomes: &[Outcome]) {
        let counted = operations.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Counted(_)));
        let mut counted = counted.filter_map(|(operation, _)| Some((operation, operation.key.as_ref()?))).peekable();
        if counted.peek().is_none() {
            return;
        }
        let day = Step::Day.floor(self.billing_now());
        self.0.key_sums.add(counted.flat_map(|(operation, key)| {
            operation.parts.iter().filter_map(move |(feature, change)| match change {
                Change::Consume(amount) | Change::Record(amount) => {
                    Some(((operation.tenant().clone(), *feature, day, key.clone()), *amount))
                }
                Change::Release(_) | Change::Set(_) | Change::CorrectUp(_) | Change::CorrectDown(_) => None,
            })
        }));
    }

    /// Writes the sums that are in memory. Sums whose write fails are kept for the next one.
    pub(crate) async fn write_usage_by_key(&self) -> StoreResult<()> {
        let sums: Vec<_> = self.0.key_sums.take().into_iter().collect();
        let mut unwritten = sums.as_slice();
        let mut written = Ok(());
        while let (Ok(()), false) = (&written, unwritten.is_empty()) {
            let (rows, rest) = unwritten.split_at(unwritten.len().min(ROWS_A_WRITE));
            written = self.write_sums(rows).await;
            if written.is_ok() {
                unwritten = rest;
            }
        }
        self.0.key_sums.add(unwritten.iter().cloned());
        written
    }

    async fn write_sums(&self, sums: &[(SumKey, u64)]) -> StoreResult<()> {
        let features = &self.catalog().features;
        let days = sums.iter().filter_map(|((tenant, feature, day, key), amount)| {
            let feature = features.get(*feature)?.key.clone();
            Some(KeyDay { tenant: tenant.clone(), feature, day: *day, key: key.to_string(), amount: *amount })
        });
        let days: Vec<_> = days.collect();
        let mut tx = self.store().begin().await?;
        tx.connection().add_usage_by_key(&days).await?;
        tx.commit().await
    }

    /// Returns what keys reported of a feature in the last 30 days, the largest first, at most 50 keys. The last seconds
    /// may be missing.
    pub async fn usage_by_key(&self, tenant: &TenantId, feature: &FeatureKey) -> Result<Vec<KeyUsage>, ServiceError> {
        let from = Step::Day.back(Step::Day.floor(self.billing_now()), DAYS_SHOWN - 1);
        let mut reader = self.store().read().await?;
        let rows = reader.connection().list_usage_by_key(tenant, feature, from, MAX_KEYS_LISTED.into()).await?;
        let read = |KeyUsageRow { amount, name, is_installation, is_revoked }| KeyUsage {
            name,
            is_installation,
            is_revoked,
            amount: i64::unsigned_abs(amount),
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
