//! Enqueues the job that compares a tenant's counters with its limits (`alerts.rs`). Nothing is refused here.

use domain::{ids::TenantId, time::Timestamp};

use crate::store::{
    StoreResult, Tx,
    job::jobs::{JobRequest, Task},
};

/// Enqueues a comparison of a tenant's counters with its limits, in the transaction that changes limits or members. The
/// caller wakes the worker after the commit.
pub(in crate::service) async fn enqueue_limit_check(tx: &mut Tx, tenant: &TenantId, now: Timestamp) -> StoreResult<()> {
    let task = Task::CheckLimits { tenant: tenant.clone() };
    tx.connection().upsert_jobs(&[JobRequest { id: format!("limits of {tenant}"), task, run_at: now }], now).await
}
