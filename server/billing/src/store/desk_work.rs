//! What fails and what waits, whoever it is about, for operators. Times are wall time.

use domain::ids::TenantId;

use super::{
    Link, StoreResult,
    inbox::{ReceivedEvent, ReceivedEventRow},
    on_backend, parse,
    place::Place,
    statements,
    troubled_jobs::{TroubledJob, TroubledJobRow},
};

statements! {
    LIST_FAILING = "SELECT jobs.job_id, jobs.task, jobs.attempts, jobs.run_at, jobs.last_error, jobs.created_at, \
         jobs.tenant_id, tenants.name AS tenant_name FROM jobs LEFT JOIN tenants ON tenants.tenant_id = jobs.tenant_id \
         WHERE jobs.last_error IS NOT NULL AND (jobs.created_at, jobs.job_id) > ($1, $2) \
         ORDER BY jobs.created_at, jobs.job_id LIMIT 51";
    FIND_FAILING = "SELECT jobs.job_id, jobs.task, jobs.attempts, jobs.run_at, jobs.last_error, jobs.created_at, \
         jobs.tenant_id, tenants.name AS tenant_name FROM jobs LEFT JOIN tenants ON tenants.tenant_id = jobs.tenant_id \
         WHERE jobs.last_error IS NOT NULL AND jobs.job_id = $1";
    LIST_WAITING = "SELECT provider, event_id, kind, state, received_at, handled_at FROM inbox \
         WHERE state = 'received' AND (received_at, event_id) > ($1, $2) ORDER BY received_at, event_id LIMIT 51";
    COUNT_WORK = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM jobs WHERE last_error IS NOT NULL), \
         (SELECT count(*) FROM inbox WHERE state = 'received')";
}

/// A job that has failed, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingJob {
    pub job: TroubledJob,
    /// With its name; `None` for what is nobody's own.
    pub tenant: Option<(TenantId, String)>,
}

/// How much is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkCounts {
    /// All jobs, also those that wait for their hour.
    pub jobs: u64,
    pub failing: u64,
    /// Events that were taken in and not handled.
    pub waiting: u64,
}

#[derive(sqlx::FromRow)]
struct FailingJobRow {
    #[sqlx(flatten)]
    job: TroubledJobRow,
    tenant_id: Option<String>,
    tenant_name: Option<String>,
}

impl FailingJobRow {
    fn read(self) -> StoreResult<FailingJob> {
        let Self { job, tenant_id, tenant_name } = self;
        let tenant = match tenant_id {
            Some(id) => Some((parse(&id, "jobs.tenant_id")?, tenant_name.unwrap_or(id))),
            None => None,
        };
        Ok(FailingJob { job: job.read(), tenant })
    }
}

impl Link<'_> {
    /// The oldest first; one more than a page.
    pub async fn list_failing_jobs(&mut self, after: Option<&Place>) -> StoreResult<Vec<FailingJob>> {
        let (at, id) = Place::or_first(after);
        let rows: Vec<FailingJobRow> = on_backend!(self, connection => sqlx::query_as(LIST_FAILING)
            .bind(at)
            .bind(id)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(FailingJobRow::read).collect()
    }

    /// `None` where it is done, or has not failed.
    pub async fn find_failing_job(&mut self, id: &str) -> StoreResult<Option<FailingJob>> {
        let row: Option<FailingJobRow> = on_backend!(self, connection => sqlx::query_as(FIND_FAILING)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(FailingJobRow::read).transpose()
    }

    /// Events that were taken in and not handled, the oldest first; one more than a page.
    pub async fn list_waiting_events(&mut self, after: Option<&Place>) -> StoreResult<Vec<ReceivedEvent>> {
        let (at, id) = Place::or_first(after);
        let rows: Vec<ReceivedEventRow> = on_backend!(self, connection => sqlx::query_as(LIST_WAITING)
            .bind(at)
            .bind(id)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(ReceivedEventRow::read).collect()
    }

    pub async fn count_work(&mut self) -> StoreResult<WorkCounts> {
        let (jobs, failing, waiting): (i64, i64, i64) =
            on_backend!(self, connection => sqlx::query_as(COUNT_WORK).fetch_one(&mut **connection).await?);
        Ok(WorkCounts { jobs: jobs.unsigned_abs(), failing: failing.unsigned_abs(), waiting: waiting.unsigned_abs() })
    }
}

/// Where a list goes on behind a row.
impl From<&FailingJob> for Place {
    fn from(failing: &FailingJob) -> Self {
        Self { at: failing.job.created_at, id: failing.job.id.clone() }
    }
}

impl From<&ReceivedEvent> for Place {
    fn from(event: &ReceivedEvent) -> Self {
        Self { at: event.received_at, id: event.id.clone() }
    }
}
