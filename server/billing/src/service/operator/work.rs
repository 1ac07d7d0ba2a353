//! Failing jobs, waiting events and other work for operators.

use domain::{
    tenant::audit::{AuditAction, NewAuditEntry},
    time::Timestamp,
};
use serde_json::json;

use super::{
    super::{
        AccountWarning, Operators, ServiceError,
        subscription::{activity::FailingJob, unmanaged::UnmanagedOverview},
    },
    ConfirmedOperator, OPERATOR_PAGE_ROWS, Operator, Owner, PendingCounts, Place, TenantUnknownObject, UnhandledEvent,
};
use crate::store::job::operator_work::TenantFailedJob;

/// A failed job and its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFailingJob {
    pub job: FailingJob,
    /// `None` if the job belongs to no tenant.
    pub tenant: Option<Owner>,
}

impl From<TenantFailedJob> for TenantFailingJob {
    fn from(failed: TenantFailedJob) -> Self {
        let TenantFailedJob { job, tenant } = failed;
        Self { job: job.into(), tenant }
    }
}

/// A page of failing jobs and unprocessed events, the oldest first.
#[derive(Clone, Debug)]
pub struct Work {
    pub counts: PendingCounts,
    pub failing: Vec<TenantFailingJob>,
    /// Cursor of the next page; `None` on the last.
    pub next_failing: Option<Place>,
    pub waiting: Vec<UnhandledEvent>,
    pub next_waiting: Option<Place>,
    /// Providers whose key is for another account.
    pub accounts: Vec<AccountWarning>,
    /// Objects that a provider no longer knows, the oldest first.
    pub unknown: Vec<TenantUnknownObject>,
    pub next_unknown: Option<Place>,
    pub unmanaged: UnmanagedOverview,
    /// Wall time.
    pub now: Timestamp,
}

impl Operators {
    /// Returns the page of each list after its cursor, or the first page if the cursor is `None`. Runs a constant
    /// number of statements.
    pub async fn operator_work(
        &self,
        _: &Operator,
        failing_after: Option<&Place>,
        waiting_after: Option<&Place>,
        unknown_after: Option<&Place>,
    ) -> Result<Work, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let counts = link.count_pending().await?;
        let mut failing = link.list_failed_jobs_of_all(failing_after).await?;
        let next_failing = Place::truncate_page(&mut failing, OPERATOR_PAGE_ROWS, |last| last.into());
        let mut waiting = link.list_unhandled_events(waiting_after).await?;
        let next_waiting = Place::truncate_page(&mut waiting, OPERATOR_PAGE_ROWS, |last| last.into());
        let mut unknown = link.list_all_unknown(unknown_after).await?;
        let next_unknown = Place::truncate_page(&mut unknown, OPERATOR_PAGE_ROWS, |last| last.into());
        drop(reader);
        let unmanaged = self.subscriptions().unmanaged_of_all().await?;
        let accounts = self.providers().account_warnings();
        let now = self.wall_now();
        Ok(Work {
            counts,
            failing: failing.into_iter().map(TenantFailingJob::from).collect(),
            next_failing,
            waiting,
            next_waiting,
            accounts,
            unknown,
            next_unknown,
            unmanaged,
            now,
        })
    }

    /// Schedules an immediate retry of a failing job of any tenant.
    pub async fn retry_job_of_any_tenant(&self, operator: &ConfirmedOperator, job: &str) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // PostgreSQL rejects texts with a zero character.
        let found = if job.contains('\0') { None } else { tx.connection().find_failed_job(job).await? };
        let TenantFailedJob { job: troubled, tenant } =
            found.ok_or(ServiceError::NotFound("job that waits for another try"))?;
        tx.connection().reschedule_job(job, now).await?;
        if let Some((tenant, _)) = tenant {
            // Record only the kind of the task: its data may contain an address.
            let task = troubled.task.as_ref().and_then(|task| serde_json::to_value(task).ok());
            let details = json!({ "task": task.as_ref().and_then(|task| task["task"].as_str()) });
            let entry = NewAuditEntry {
                by: operator.by(),
                action: AuditAction::JobRescheduled,
                target: job.to_owned(),
                details,
            };
            self.record_audit(&mut tx, &tenant, entry).await?;
        }
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), job, "operator rescheduled a job");
        self.jobs_written().notify_one();
        Ok(())
    }
}
