//! Failing jobs, waiting events and other work for operators.

use domain::{
    audit::{AuditAction, NewAuditEntry},
    time::Timestamp,
};
use serde_json::json;

use super::{
    super::{AccountWarning, ServiceError, Services, unmanaged::UnmanagedAtDesk},
    ConfirmedOperator, DESK_PAGE, FailingJob, ListedUnknown, Operator, Place, WaitingEvent, WorkCounts,
};

/// A page of failing jobs and unprocessed events, the oldest first.
#[derive(Clone, Debug)]
pub struct Work {
    pub counts: WorkCounts,
    pub failing: Vec<FailingJob>,
    /// Cursor of the next page; `None` on the last.
    pub next_failing: Option<Place>,
    pub waiting: Vec<WaitingEvent>,
    pub next_waiting: Option<Place>,
    /// Providers whose key is for another account.
    pub accounts: Vec<AccountWarning>,
    /// Objects that a provider no longer knows, the oldest first.
    pub unknown: Vec<ListedUnknown>,
    pub next_unknown: Option<Place>,
    pub unmanaged: UnmanagedAtDesk,
    /// Wall time.
    pub now: Timestamp,
}

impl Services {
    /// Returns a page of each list after its cursor. Runs a constant number of statements.
    pub async fn desk_work(
        &self,
        _: &Operator,
        failing_after: Option<&Place>,
        waiting_after: Option<&Place>,
        unknown_after: Option<&Place>,
    ) -> Result<Work, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let counts = link.count_work().await?;
        let mut failing = link.list_failing_jobs(failing_after).await?;
        let next_failing = Place::cut(&mut failing, DESK_PAGE, |last| last.into());
        let mut waiting = link.list_waiting_events(waiting_after).await?;
        let next_waiting = Place::cut(&mut waiting, DESK_PAGE, |last| last.into());
        let mut unknown = link.list_all_unknown(unknown_after).await?;
        let next_unknown = Place::cut(&mut unknown, DESK_PAGE, |last| last.into());
        drop(reader);
        let unmanaged = self.unmanaged_of_all().await?;
        let accounts = self.account_warnings();
        let now = self.wall_now();
        Ok(Work {
            counts,
            failing,
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
    pub async fn desk_try_again(&self, operator: &ConfirmedOperator, job: &str) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // PostgreSQL rejects texts with a zero character.
        let found = if job.contains('\0') { None } else { tx.link().find_failing_job(job).await? };
        let FailingJob { job: troubled, tenant } =
            found.ok_or(ServiceError::NotFound("job that waits for another try"))?;
        tx.link().hasten_job(job, now).await?;
        if let Some((tenant, _)) = tenant {
            // Only the kind: the task's data may contain an address.
            let task = troubled.task.as_ref().and_then(|task| serde_json::to_value(task).ok());
            let details = json!({ "task": task.as_ref().and_then(|task| task["task"].as_str()) });
            let entry = NewAuditEntry {
                by: operator.by(),
                action: AuditAction::JobRescheduled,
                target: job.to_owned(),
                details,
            };
            self.write_down(&mut tx, &tenant, entry).await?;
        }
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), job, "operator rescheduled a job");
        self.jobs_written().notify_one();
        Ok(())
    }
}
