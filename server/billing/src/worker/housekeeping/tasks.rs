//! Housekeeping: folds old usage and deletes old rows in slices, each a transaction. Sums are exact after each slice,
//! so that a task may stop after any slice and resume later, on any node.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use domain::{catalog::FeatureKind, ids::FeatureKey, time::Timestamp};

use crate::{
    service::{Housekeeping, operator::RevenueSnapshot},
    store::{Connection, StoreResult, job::old_rows::OldRows},
};

const SECS_PER_DAY: i64 = 86_400;
/// How long imports are kept, with their rows.
const IMPORTS_KEPT_SECS: i64 = 90 * SECS_PER_DAY;
/// How long the lease of a task lasts. Each slice renews it.
const LEASE_SECS: i64 = 30;
/// How long usage by key is kept, in days.
const USAGE_BY_KEY_DAYS: i64 = 92;
/// Minimum time that a node waits for another node's lease to lapse.
const MIN_LEASE_WAIT: Duration = Duration::from_secs(1);

/// The histogram of how long transactions of housekeeping took.
pub const HOUSEKEEPING_TRANSACTION_SECONDS: &str = "housekeeping_transaction_seconds";

/// A task of housekeeping. One node at a time works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HousekeepingTask {
    /// Shorten the history of usage.
    Usage(UsageTask),
    /// Delete rows that are older than their retention.
    Delete(OldRows),
    /// Erase tenants that were deleted long ago.
    EraseTenants,
    /// Store the revenue of the current month.
    SnapshotRevenue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageTask {
    /// Fold events of the ledger into their counters.
    FoldEvents,
    /// Delete counters of periods whose events were folded.
    DeleteCounters,
    /// Fold hourly roll-ups into days.
    FoldHours,
}

domain::all_variants!(
    /// In the order in which they run.
    UsageTask { FoldEvents, DeleteCounters, FoldHours }
);

/// What a slice did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// How many rows were folded or deleted.
    pub(crate) rows: u64,
    /// How long that took, without the lease and the commit.
    pub(crate) wrote: Duration,
    /// How long its transaction took, with the commit and without the wait for it to begin.
    pub(crate) took: Duration,
}

impl HousekeepingTask {
    /// Every task.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let usage = UsageTask::ALL.map(Self::Usage).into_iter();
        usage.chain(OldRows::ALL.map(Self::Delete)).chain([Self::EraseTenants, Self::SnapshotRevenue])
    }

    /// The name in leases, logs and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Usage(UsageTask::FoldEvents) => "fold_events",
            Self::Usage(UsageTask::DeleteCounters) => "delete_counters",
            Self::Usage(UsageTask::FoldHours) => "fold_hours",
            Self::Delete(rows) => rows.as_str(),
            Self::EraseTenants => "erase_tenants",
            Self::SnapshotRevenue => "snapshot_revenue",
        }
    }
}

/// Describes the metrics of housekeeping.
pub(crate) fn describe() {
    metrics::describe_histogram!(
        HOUSEKEEPING_TRANSACTION_SECONDS,
        metrics::Unit::Seconds,
        "How long transactions of housekeeping took, by task."
    );
}

impl Housekeeping {
    /// Whether a task has rows that are due: a look-up on an index, without a write lock.
    pub(crate) async fn is_housekeeping_due(&self, task: HousekeepingTask) -> StoreResult<bool> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        match task {
            HousekeepingTask::Usage(UsageTask::FoldEvents) => link.has_old_events(self.events_folded_before()).await,
            HousekeepingTask::Usage(UsageTask::DeleteCounters) => {
                // A counter stays until all events of its period are folded.
                if link.has_old_events(self.events_folded_before()).await? {
                    return Ok(false);
                }
                for (feature, before) in self.counters_deleted_before() {
                    if link.has_old_counters(feature, before).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            HousekeepingTask::Usage(UsageTask::FoldHours) => link.has_old_hours(self.hours_folded_before()).await,
            HousekeepingTask::Delete(rows) => link.has_old_rows(rows, self.deleted_until(rows)).await,
            HousekeepingTask::EraseTenants => Ok(link.find_tenant_to_erase(self.erased_until()).await?.is_some()),
            HousekeepingTask::SnapshotRevenue => self.is_revenue_snapshot_due(&mut link).await,
        }
    }

    /// Returns how long to wait for the lease of another holder to lapse: from [`MIN_LEASE_WAIT`] to [`LEASE_SECS`].
    /// `None` if no other holder has a lease. Takes no write lock.
    pub(crate) async fn time_until_lease_lapses(
        &self,
        task: HousekeepingTask,
        holder: &str,
    ) -> StoreResult<Option<Duration>> {
        let mut reader = self.store().read().await?;
        let lapses_at = reader.connection().find_other_housekeeping_lease(task.as_str(), holder).await?;
        let now = self.wall_now();
        let left = lapses_at.filter(|at| *at > now).map(|at| at.as_micros().abs_diff(now.as_micros()));
        let longest = Duration::from_secs(LEASE_SECS.unsigned_abs());
        Ok(left.map(|micros| Duration::from_micros(micros).clamp(MIN_LEASE_WAIT, longest)))
    }

    /// Runs one slice of a task, of about `most` rows, in a transaction. `None` if another holder has the task's lease.
    pub(crate) async fn run_housekeeping_slice(
        &self,
        task: HousekeepingTask,
        holder: &str,
        most: i64,
    ) -> StoreResult<Option<Slice>> {
        // All subscriptions are read before the transaction, which would hold up the writers for as long.
        let revenue = match task {
            HousekeepingTask::SnapshotRevenue => Some(self.read_revenue().await?),
            HousekeepingTask::Usage(_) | HousekeepingTask::Delete(_) | HousekeepingTask::EraseTenants => None,
        };
        let mut tx = self.store().begin().await?;
        let started_at = Instant::now();
        let now = self.wall_now();
        let lapses_at = now.plus_secs(LEASE_SECS);
        if !tx.connection().take_housekeeping_lease(task.as_str(), holder, now, lapses_at).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let writes_since = Instant::now();
        let rows = self.write_slice(tx.connection(), task, most, revenue.as_ref()).await?;
        let wrote = writes_since.elapsed();
        tx.commit().await?;
        let took = started_at.elapsed();
        metrics::histogram!(HOUSEKEEPING_TRANSACTION_SECONDS, "task" => task.as_str()).record(took);
        Ok(Some(Slice { rows, wrote, took }))
    }

    /// Ends the lease of a task, so that another node need not wait for it to lapse.
    pub(crate) async fn release_housekeeping(&self, task: HousekeepingTask, holder: &str) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.connection().release_housekeeping_lease(task.as_str(), holder).await?;
        tx.commit().await
    }

    async fn write_slice(
        &self,
        mut link: Connection<'_>,
        task: HousekeepingTask,
        most: i64,
        revenue: Option<&RevenueSnapshot>,
    ) -> StoreResult<u64> {
        match task {
            HousekeepingTask::Usage(UsageTask::FoldEvents) => link.fold_events(self.events_folded_before(), most).await,
            HousekeepingTask::Usage(UsageTask::DeleteCounters) => {
                for (feature, before) in self.counters_deleted_before() {
                    let rows = link.delete_old_counters(feature, before, most).await?;
                    if rows > 0 {
                        return Ok(rows);
                    }
                }
                Ok(0)
            }
            HousekeepingTask::Usage(UsageTask::FoldHours) => link.fold_hours(self.hours_folded_before(), most).await,
            HousekeepingTask::Delete(rows) => link.delete_old_rows(rows, self.deleted_until(rows), most).await,
            HousekeepingTask::EraseTenants => self.erase_due(&mut link, most).await,
            HousekeepingTask::SnapshotRevenue => match revenue {
                Some(revenue) => revenue.store(&mut link).await,
                None => Ok(0),
            },
        }
    }

    fn events_kept_secs(&self) -> i64 {
        self.settings().usage_events_kept_days * SECS_PER_DAY
    }

    fn events_folded_before(&self) -> Timestamp {
        self.wall_now().plus_secs(-self.events_kept_secs())
    }

    /// Returns each counted feature with the time before which a period must have begun for its counter to be deleted.
    fn counters_deleted_before(&self) -> impl Iterator<Item = (&FeatureKey, Timestamp)> {
        // Take the earlier clock, so that no counter that may still be used is deleted.
        let kept_since = self.wall_now().min(self.billing_now()).plus_secs(-self.events_kept_secs());
        self.catalog().features.iter().filter_map(move |feature| match feature.kind {
            FeatureKind::Counter(period) => Some((&feature.key, kept_since.plus_secs(-period.max_secs()))),
            _ => None,
        })
    }

    fn hours_folded_before(&self) -> Timestamp {
        self.settings().worker.retention.usage_hours_before(self.billing_now())
    }

    /// Returns the earliest time since which no event and no hour can have been folded.
    pub(crate) fn whole_hours_from(&self) -> Timestamp {
        // Events are folded by wall time and counted by billing time. The billing clock has never been further ahead of
        // the wall clock than it is now.
        self.billing_now().plus_secs(-self.events_kept_secs()).max(self.hours_folded_before())
    }

    /// Returns the time until which rows are deleted.
    fn deleted_until(&self, rows: OldRows) -> Timestamp {
        let now = self.wall_now();
        let retention = self.settings().worker.retention;
        match rows {
            OldRows::LoginFailures | OldRows::LoginSlots | OldRows::Sessions => now,
            OldRows::PortalSessions
            | OldRows::PasswordResets
            | OldRows::AddressVerifications
            | OldRows::AddressChanges
            | OldRows::AccountMails
            | OldRows::Invitations => retention.ended_links_before(now),
            OldRows::GivenUpJobs => retention.given_up_jobs_before(now),
            OldRows::WebhookMessages => retention.webhook_messages_before(now),
            OldRows::IdempotencyKeys => retention.idempotency_keys_before(now),
            OldRows::InboxEvents => retention.inbox_events_before(now),
            OldRows::RevenueChanges => self.revenue_changes_read_from(),
            OldRows::UsageByKey => self.billing_now().plus_secs(-USAGE_BY_KEY_DAYS * SECS_PER_DAY),
            OldRows::ImportSubscriptions | OldRows::ImportRows | OldRows::Imports => now.plus_secs(-IMPORTS_KEPT_SECS),
        }
    }
}

#[cfg(test)]
impl Housekeeping {
    /// Runs a task until nothing is due.
    pub(crate) async fn finish_housekeeping(&self, task: HousekeepingTask) {
        while self.is_housekeeping_due(task).await.unwrap() {
            let slice = self.run_housekeeping_slice(task, "test", 500).await.unwrap();
            assert!(slice.unwrap().rows > 0, "{task:?} makes no progress");
        }
    }

    /// Folds events and hours that are older than their retention. Sums and days stay.
    pub(crate) async fn fold_usage(&self) {
        for task in UsageTask::ALL.map(HousekeepingTask::Usage) {
            self.finish_housekeeping(task).await;
        }
    }
}
