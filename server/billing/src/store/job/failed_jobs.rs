//! Failed jobs, as shown to their tenant. Times are wall time.

use domain::{ids::TenantId, time::Timestamp};

use super::jobs::{NEVER, Task};
use crate::store::{
    Connection, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, statements,
};

statements! {
    RESCHEDULE_JOB = "UPDATE jobs SET run_at = $2, fair_at = fair_at + $2 - run_at \
         WHERE job_id = $1 AND locked_until <= $2 AND run_at > $2";
}

row_statements! {
    // The tenant's jobs, and those with the bound ids: jobs for the tenant's objects at a provider.
    LIST_FAILED = "SELECT job_id, task, attempts, run_at, last_error, created_at FROM jobs WHERE last_error IS NOT NULL \
         AND (tenant_id = $2 OR job_id IN (SELECT sent.value ->> 0 FROM " ROWS ")) ORDER BY created_at, job_id LIMIT 50";
}

/// A failed job. It is retried unless it was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedJob {
    pub id: String,
    /// `None` for a task that this version does not know.
    pub task: Option<Task>,
    /// How often it has failed in a row.
    pub attempts: i64,
    pub next_try: Timestamp,
    pub error: String,
    pub created_at: Timestamp,
}

impl FailedJob {
    /// Whether it failed for good. It is then only retried on request.
    pub fn is_given_up(&self) -> bool {
        self.next_try == NEVER
    }
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct FailedJobRow {
    job_id: String,
    task: String,
    attempts: i64,
    run_at: i64,
    last_error: String,
    created_at: i64,
}

impl FailedJobRow {
    pub(in crate::store) fn read(self) -> FailedJob {
        let Self { job_id, task, attempts, run_at, last_error, created_at } = self;
        FailedJob {
            id: job_id,
            task: serde_json::from_str(&task).ok(),
            attempts,
            next_try: Timestamp::from_micros(run_at),
            error: last_error,
            created_at: Timestamp::from_micros(created_at),
        }
    }
}

impl Connection<'_> {
    /// Lists failed jobs of a tenant, oldest first, at most 50. Includes the jobs with an id in `followers`, which
    /// fetch the tenant's objects at a provider.
    pub async fn list_failed_jobs(&mut self, tenant: &TenantId, followers: &[String]) -> StoreResult<Vec<FailedJob>> {
        let statement = self.row_statement(LIST_FAILED);
        let rows: Vec<FailedJobRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(followers.iter().map(|id| (id,)))?)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        Ok(rows.into_iter().map(FailedJobRow::read).collect())
    }

    /// Makes a waiting job due now.
    pub async fn reschedule_job(&mut self, id: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RESCHEDULE_JOB)
            .bind(id)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
