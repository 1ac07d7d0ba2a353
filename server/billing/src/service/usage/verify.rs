//! Verifies counters and roll-ups against the ledger, and repairs them.

use std::collections::BTreeMap;

use domain::{
    entitlement::alert::UsageLevel,
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{
    super::{ServiceError, Usage},
    limit_check::enqueue_limit_check,
};
use crate::store::{Tx, usage::usage_counters::CounterKey};

/// What kind of number is derived from the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DerivedKind {
    Counter,
    Hour,
}

/// A number that differs from the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub tenant: TenantId,
    pub feature: FeatureKey,
    pub of: DerivedKind,
    /// Start of the counter's period or of the hour; `None` for a gauge.
    pub since: Option<Timestamp>,
    /// The stored number.
    pub stands: i128,
    /// The number by the ledger.
    pub should_be: i128,
}

/// The outcome of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifySummary {
    pub tenants: u64,
    pub counters: u64,
    pub discrepancies: Vec<Discrepancy>,
}

impl Usage {
    /// Compares counters and roll-ups with the ledger, one tenant at a time with its counters locked; `only` limits
    /// this to one tenant. Corrects them if `repair`.
    pub async fn verify_usage(&self, only: Option<&TenantId>, repair: bool) -> Result<VerifySummary, ServiceError> {
        let mut verified = VerifySummary::default();
        self.roll_up_hours().await?;
        if let Some(tenant) = only {
            self.store().read().await?.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
            self.verify_tenant(tenant, repair, &mut verified).await?;
            return Ok(verified);
        }
        let mut last = None;
        loop {
            let tenants = self.store().read().await?.connection().list_tenants_after(last.as_ref()).await?;
            for tenant in &tenants {
                self.verify_tenant(tenant, repair, &mut verified).await?;
            }
            last = tenants.into_iter().next_back();
            if last.is_none() {
                return Ok(verified);
            }
        }
    }

    async fn verify_tenant(
        &self,
        tenant: &TenantId,
        repair: bool,
        verified: &mut VerifySummary,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().roll_up_all_events().await?;
        let keys: Vec<_> =
            tx.connection().list_balances(tenant).await?.into_iter().map(|balance| balance.counter).collect();
        let held = tx.connection().lock_counters(&keys).await?;
        let level = |key: &CounterKey| {
            held.iter().find(|held| keys.get(held.place) == Some(key)).map_or(UsageLevel::default(), |held| held.level)
        };
        let balances = tx.connection().list_balances(tenant).await?;
        let counted: BTreeMap<_, _> = sums(tx.connection().sum_by_counter(tenant).await?);
        let mut wrong = Vec::new();
        let mut corrected = Vec::new();
        for balance in &balances {
            let should_be = i128::from(balance.folded) + counted.get(&balance.counter).copied().unwrap_or_default();
            if should_be != i128::from(balance.used) {
                wrong.push(discrepancy(&balance.counter, DerivedKind::Counter, balance.used.into(), should_be));
                let used = u64::try_from(should_be).unwrap_or_default();
                corrected.push((balance.counter.clone(), used, level(&balance.counter)));
            }
        }
        let hours = self.wrong_hours(&mut tx, tenant).await?;
        wrong.extend(
            hours.iter().map(|(hour, stands, should_be)| discrepancy(hour, DerivedKind::Hour, *stands, *should_be)),
        );
        verified.tenants += 1;
        verified.counters += u64::try_from(balances.len()).unwrap_or_default();
        if repair && !wrong.is_empty() {
            let now = self.wall_now();
            tx.connection().update_counters(&corrected, now).await?;
            enqueue_limit_check(&mut tx, tenant, now).await?;
            for (hour, _, amount) in hours {
                tx.connection().update_hour_amount(&hour, i64::try_from(amount).unwrap_or_default()).await?;
            }
            tx.commit().await?;
            self.0.views.invalidate(tenant);
        } else {
            tx.rollback().await?;
        }
        verified.discrepancies.append(&mut wrong);
        Ok(())
    }

    /// Returns the hours whose roll-up differs from the ledger, each with the amounts by the roll-up and by the ledger.
    ///
    /// Compares only hours of which nothing is folded yet: folding deletes events and merges hours.
    async fn wrong_hours(&self, tx: &mut Tx, tenant: &TenantId) -> Result<Vec<(CounterKey, i128, i128)>, ServiceError> {
        let whole_from = Some(self.housekeeping().whole_hours_from());
        let is_whole = |(hour, _): &(CounterKey, i128)| hour.period_start >= whole_from;
        let rolled_up = sums(tx.connection().list_hour_amounts(tenant).await?);
        let mut kept: BTreeMap<_, _> = rolled_up.into_iter().filter(is_whole).collect();
        let mut wrong = Vec::new();
        for (hour, should_be) in sums(tx.connection().sum_by_hour(tenant).await?).into_iter().filter(is_whole) {
            let stands = kept.remove(&hour).unwrap_or_default();
            if stands != should_be {
                wrong.push((hour, stands, should_be));
            }
        }
        wrong.extend(kept.into_iter().filter(|(_, stands)| *stands != 0).map(|(hour, stands)| (hour, stands, 0)));
        // An erasure folds all events of a deleted tenant, and its hours stay. The tenant is read after the ledger, so
        // that no erasure is missed.
        let found = tx.connection().find_tenant(tenant).await?;
        Ok(if found.is_some_and(|tenant| tenant.deleted_at.is_none()) { wrong } else { Vec::new() })
    }
}

fn sums(sums: Vec<crate::store::usage::usage_sums::Sum>) -> BTreeMap<CounterKey, i128> {
    sums.into_iter().map(|sum| (sum.counter, sum.amount)).collect()
}

fn discrepancy(key: &CounterKey, of: DerivedKind, stands: i128, should_be: i128) -> Discrepancy {
    let CounterKey { tenant, feature, period_start } = key.clone();
    Discrepancy { tenant, feature, of, since: period_start, stands, should_be }
}
