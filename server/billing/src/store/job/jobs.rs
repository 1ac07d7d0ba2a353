//! The job queue. Times are wall time.

use std::collections::HashSet;

use domain::{ids::TenantId, time::Timestamp};

use crate::{
    store::{
        Connection, StoreError, StoreResult,
        dialect::{json_rows, row_statements},
        on_backend,
    },
    trace,
};

mod fairness;
mod lane;
mod notice;
mod task;
use fairness::{BatchPlaces, MOST_AHEAD_SECS, SPAN_SECS};
pub use lane::Lane;
pub use notice::{AccountNotice, SecretNotice};
pub use task::Task;

/// The `run_at` of a job that was given up: the last second of the year 9999.
pub const NEVER: Timestamp = Timestamp::from_secs(253_402_300_799);

/// A job that is due later than this is not run in the trace that requested it, which would stay open for so long.
const TRACED_AHEAD_SECS: i64 = 60;

/// A job that this worker has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    pub id: String,
    /// As it was written, perhaps by a version that knows other tasks: use [`ClaimedJob::task`].
    text: String,
    /// The number of attempts, including the current one.
    pub attempts: i64,
    /// How many times the job had been requested when it was claimed.
    wanted: i64,
    /// Unique. A claim that was taken over no longer matches.
    pub(super) claim: String,
    /// The `traceparent` of the request for the job, if it was traced.
    pub(crate) traceparent: Option<String>,
}

crate::store::statements! {
    // Each write of a worker is fenced by its claim: after another worker's claim it changes no row.
    RENEW_JOB = "UPDATE jobs SET locked_until = $3 WHERE job_id = $1 AND claim = $2";
    DELAY_JOB = "UPDATE jobs SET run_at = $3, fair_at = fair_at + $3 - run_at, locked_until = 0, last_error = $4, \
         claim = NULL WHERE job_id = $1 AND claim = $2";
    MOVE_JOB = "UPDATE jobs SET lane = $3 WHERE job_id = $1 AND claim = $2";
    // The expression of the index `jobs_next`.
    FIND_NEXT_RUN = "SELECT CASE WHEN run_at > locked_until THEN run_at ELSE locked_until END FROM jobs WHERE lane = $1 \
         ORDER BY CASE WHEN run_at > locked_until THEN run_at ELSE locked_until END LIMIT 1";
    COUNT_JOBS = "SELECT count(*) FROM jobs";
    COUNT_JOBS_BY_LANE = "SELECT lane, count(*) FROM jobs GROUP BY lane";
}

row_statements! {
    // `start_at` is the lane's position (`$3` is `SPAN_SECS` ago). `own` are the tenant's waiting jobs, at most a span
    // ahead: see `fairness`. A request for a claimed job makes the job due again at the requested time. A request for a
    // waiting job makes the job due at the earlier of both times, and writes nothing if that changes nothing. So does a
    // further request for a claimed job: a job is claimed for ten seconds once it is due, so that its `run_at` is later
    // than ten seconds before the end of the claim only if it was requested since.
    UPSERT_JOBS = "INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at, tenant_id, lane, fair_at, \
         traceparent) \
         SELECT placed.value ->> 0, placed.value ->> 1, placed.run_at, 0, 0, $2, placed.tenant_id, placed.lane, \
         COALESCE((SELECT max(own.fair_at) + 1000000 FROM \
         (SELECT waiting.fair_at, waiting.run_at FROM jobs AS waiting WHERE waiting.tenant_id = placed.tenant_id \
         AND waiting.lane = placed.lane AND waiting.fair_at > placed.start_at - 1000000 \
         AND waiting.fair_at <= placed.run_at + 900000000 ORDER BY waiting.fair_at DESC LIMIT 900) AS own \
         WHERE own.run_at <= placed.run_at), placed.start_at) + 1000000 * CAST(placed.value ->> 5 AS BIGINT), \
         placed.value ->> 6 \
         FROM (SELECT sent.value, CAST(sent.value ->> 2 AS BIGINT) AS run_at, sent.value ->> 3 AS tenant_id, \
         sent.value ->> 4 AS lane, CAST(sent.value ->> 2 AS BIGINT) - COALESCE($2 - (SELECT ahead.fair_at \
         FROM jobs AS ahead WHERE ahead.lane = sent.value ->> 4 AND ahead.fair_at >= $3 AND ahead.fair_at < $2 \
         AND ahead.run_at <= $2 AND ahead.locked_until <= $2 ORDER BY ahead.fair_at LIMIT 1), 0) AS start_at FROM "
        ROWS ") AS placed WHERE true ON CONFLICT (job_id) DO UPDATE SET wanted = jobs.wanted + 1, run_at = CASE \
         WHEN jobs.locked_until > excluded.created_at OR jobs.run_at > excluded.run_at THEN excluded.run_at \
         ELSE jobs.run_at END, fair_at = CASE \
         WHEN jobs.locked_until > excluded.created_at OR jobs.run_at > excluded.run_at THEN excluded.fair_at \
         ELSE jobs.fair_at END, traceparent = COALESCE(excluded.traceparent, jobs.traceparent) \
         WHERE jobs.run_at > excluded.run_at OR excluded.traceparent IS NOT NULL OR CASE WHEN jobs.claim IS NULL \
         THEN jobs.locked_until > excluded.created_at ELSE jobs.run_at <= jobs.locked_until - 10000000 END";
    // The jobs whose claims are held, locked in the order of the bytes of their ids, in which requests lock them, too.
    LOCK_CLAIMED = "SELECT CAST(sent.value ->> 0 AS BIGINT) AS place, jobs.wanted FROM "
        ROWS " JOIN jobs ON jobs.job_id = sent.value ->> 1 AND jobs.claim = sent.value ->> 2"
        LOCK " ORDER BY jobs.job_id COLLATE \"C\" FOR UPDATE OF jobs";
    DELETE_JOBS = "DELETE FROM jobs WHERE job_id IN (SELECT sent.value ->> 0 FROM " ROWS ")";
    RETURN_JOBS = "UPDATE jobs SET locked_until = 0, attempts = 0, last_error = NULL, claim = NULL \
         WHERE job_id IN (SELECT sent.value ->> 0 FROM " ROWS ")";
    // The requests that the first statement would not write, by their index. Only for SQLite, where no other writer can
    // claim these jobs meanwhile.
    LIST_WAITING = "SELECT CAST(sent.value ->> 0 AS BIGINT) AS place FROM "
        ROWS " JOIN jobs ON jobs.job_id = sent.value ->> 1 WHERE jobs.run_at <= CAST(sent.value ->> 2 AS BIGINT) \
         AND CASE WHEN jobs.claim IS NULL THEN jobs.locked_until <= $2 ELSE jobs.run_at > jobs.locked_until - 10000000 END";
}

/// A job that runs once for any number of requests. A request while it runs makes it run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRequest {
    /// Requests for the same work have the same id.
    pub id: String,
    pub task: Task,
    pub run_at: Timestamp,
}

impl ClaimedJob {
    /// Parses the task. Called after the claim is committed, so that an unreadable task is retried like any other
    /// failure.
    pub fn task(&self) -> StoreResult<Task> {
        serde_json::from_str(&self.text).map_err(|_| StoreError::Corrupt("jobs.task"))
    }
}

#[derive(sqlx::FromRow)]
struct ClaimedJobRow {
    job_id: String,
    task: String,
    attempts: i64,
    wanted: i64,
    traceparent: Option<String>,
}

impl Connection<'_> {
    /// Inserts a job, in the transaction that makes the work necessary. Returns the job's id.
    pub async fn insert_job(&mut self, task: &Task, run_at: Timestamp, now: Timestamp) -> StoreResult<String> {
        let id = uuid::Uuid::now_v7().to_string();
        // Log lines of a job have the job's id. This line connects the job to its request.
        tracing::debug!(job = id, ?task, "inserting a job");
        self.upsert_jobs(&[JobRequest { id: id.clone(), task: task.clone(), run_at }], now).await?;
        Ok(id)
    }

    /// Claims the next due job of a lane until `locked_until`, in an order that is fair among tenants. Another worker
    /// may claim the job once the claim lapses.
    pub async fn claim_job(
        &mut self,
        lane: Lane,
        now: Timestamp,
        locked_until: Timestamp,
    ) -> StoreResult<Option<ClaimedJob>> {
        let statement = self.claim_job_statement();
        let claim = uuid::Uuid::now_v7().to_string();
        let row: Option<ClaimedJobRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(now.as_micros())
            .bind(locked_until.as_micros())
            .bind(lane.as_str())
            .bind(now.plus_secs(MOST_AHEAD_SECS).as_micros())
            .bind(&claim)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|ClaimedJobRow { job_id, task, attempts, wanted, traceparent }| ClaimedJob {
            id: job_id,
            text: task,
            attempts,
            wanted,
            claim,
            traceparent,
        }))
    }

    /// Extends the claim on a job. `false` if the claim is lost.
    pub async fn renew_job(&mut self, job: &ClaimedJob, locked_until: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(RENEW_JOB)
            .bind(&job.id)
            .bind(&job.claim)
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Requests jobs, no two with the same id. Jobs of one tenant are claimed in the given order. They run in the trace
    /// of the caller.
    pub async fn upsert_jobs(&mut self, jobs: &[JobRequest], now: Timestamp) -> StoreResult<()> {
        let traceparent = trace::current().traceparent();
        let jobs: Vec<_> = jobs.iter().map(|job| (job, traceparent.as_deref())).collect();
        self.upsert_job_rows(&jobs, now).await.map(drop)
    }

    /// Like [`Self::upsert_jobs`], with the `traceparent` of each job. Returns how many jobs were written: a job that
    /// will run in any case, no later than requested, is not.
    pub async fn upsert_traced_jobs(
        &mut self,
        jobs: &[(JobRequest, Option<String>)],
        now: Timestamp,
    ) -> StoreResult<u64> {
        // On PostgreSQL the insertion locks the rows of waiting jobs, so that no worker claims them before the commit.
        let waiting = if matches!(self, Connection::Sqlite(_)) {
            self.list_waiting_jobs(jobs, now).await?
        } else {
            HashSet::new()
        };
        let requests = jobs.iter().enumerate();
        let written = requests.filter(|(place, (_, traceparent))| traceparent.is_some() || !waiting.contains(place));
        let written: Vec<_> = written.map(|(_, (job, traceparent))| (job, traceparent.as_deref())).collect();
        if written.is_empty() {
            return Ok(0);
        }
        self.upsert_job_rows(&written, now).await
    }

    /// Lists the indexes of the jobs that will run in any case, no later than requested.
    async fn list_waiting_jobs(
        &mut self,
        jobs: &[(JobRequest, Option<String>)],
        now: Timestamp,
    ) -> StoreResult<HashSet<usize>> {
        let rows = jobs.iter().enumerate().map(|(place, (job, _))| (place, &job.id, job.run_at.as_micros()));
        let statement = self.row_statement(LIST_WAITING);
        let places: Vec<i64> = on_backend!(self, connection => sqlx::query_scalar(statement)
            .bind(json_rows(rows)?)
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        places
            .into_iter()
            .map(|place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index")))
            .collect()
    }

    /// Returns how many jobs were written.
    async fn upsert_job_rows(&mut self, jobs: &[(&JobRequest, Option<&str>)], now: Timestamp) -> StoreResult<u64> {
        let mut rows = Vec::with_capacity(jobs.len());
        let mut places = BatchPlaces::default();
        for (JobRequest { id, task, run_at }, traceparent) in jobs {
            let text = serde_json::to_string(task).map_err(|_| StoreError::Corrupt("jobs.task"))?;
            let (tenant, lane) = (task.tenant().map(TenantId::as_str), task.lane());
            let is_traced = task.is_traced() && *run_at <= now.plus_secs(TRACED_AHEAD_SECS);
            let traceparent = traceparent.filter(|_| is_traced);
            rows.push((id, text, run_at.as_micros(), tenant, lane.as_str(), places.next(tenant, lane), traceparent));
        }
        let statement = self.row_statement(UPSERT_JOBS);
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(json_rows(rows)?)
            .bind(now.as_micros())
            .bind(now.plus_secs(-SPAN_SECS).as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Deletes a finished job. If it was requested again since it was claimed, returns it to the queue instead. `false`
    /// if the claim is lost.
    pub async fn complete_job(&mut self, job: &ClaimedJob) -> StoreResult<bool> {
        Ok(!self.complete_jobs(&[job]).await?.is_empty())
    }

    /// Like [`Self::complete_job`] for many jobs. Returns the indexes of those whose claims are held; the others are
    /// left alone.
    pub async fn complete_jobs(&mut self, jobs: &[&ClaimedJob]) -> StoreResult<HashSet<usize>> {
        let claims = json_rows(jobs.iter().enumerate().map(|(place, job)| (place, &job.id, &job.claim)))?;
        let statement = self.row_statement(LOCK_CLAIMED);
        let claimed: Vec<(i64, i64)> = on_backend!(&mut *self, connection => sqlx::query_as(statement)
            .bind(claims)
            .fetch_all(&mut **connection)
            .await?);
        let (mut held, mut done, mut requested) = (HashSet::new(), Vec::new(), Vec::new());
        for (place, wanted) in claimed {
            let place = usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"))?;
            let Some(job) = jobs.get(place) else { continue };
            held.insert(place);
            if job.wanted == wanted { done.push((&job.id,)) } else { requested.push((&job.id,)) }
        }
        for (statement, ids) in [(DELETE_JOBS, done), (RETURN_JOBS, requested)] {
            if ids.is_empty() {
                continue;
            }
            let statement = self.row_statement(statement);
            on_backend!(&mut *self, connection => sqlx::query(statement)
                .bind(json_rows(ids)?)
                .execute(&mut **connection)
                .await
                .map(drop)?);
        }
        Ok(held)
    }

    /// Returns a job to the queue for a retry, in the same place among its tenant's jobs. `false` if the claim is lost.
    pub async fn retry_job_at(&mut self, job: &ClaimedJob, run_at: Timestamp, error: &str) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELAY_JOB)
            .bind(&job.id)
            .bind(&job.claim)
            .bind(run_at.as_micros())
            .bind(error)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Moves a claimed job to another lane. `false` if the claim is lost.
    pub async fn move_job(&mut self, job: &ClaimedJob, lane: Lane) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(MOVE_JOB)
            .bind(&job.id)
            .bind(&job.claim)
            .bind(lane.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Marks a job as failed for good and keeps it, so that its reason can be shown. `false` if the claim is lost.
    pub async fn give_up_job(&mut self, job: &ClaimedJob, error: &str) -> StoreResult<bool> {
        self.retry_job_at(job, NEVER, error).await
    }

    /// Finds when the next job of a lane is due.
    pub async fn find_next_run(&mut self, lane: Lane) -> StoreResult<Option<Timestamp>> {
        let at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_NEXT_RUN)
            .bind(lane.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(at.map(Timestamp::from_micros))
    }

    /// Counts the jobs of each lane that has some.
    pub async fn count_jobs_by_lane(&mut self) -> StoreResult<Vec<(String, u64)>> {
        let counts: Vec<(String, i64)> =
            on_backend!(self, connection => sqlx::query_as(COUNT_JOBS_BY_LANE).fetch_all(&mut **connection).await?);
        Ok(counts.into_iter().map(|(lane, count)| (lane, count.unsigned_abs())).collect())
    }

    pub async fn count_jobs(&mut self) -> StoreResult<u64> {
        let count: i64 =
            on_backend!(self, connection => sqlx::query_scalar(COUNT_JOBS).fetch_one(&mut **connection).await?);
        Ok(count.unsigned_abs())
    }
}

/// The claim statements of both engines, for the tests that prepare every statement and read its plan.
#[cfg(test)]
pub(in crate::store) const CLAIMS: [&str; 2] =
    [crate::store::dialect::CLAIM_JOB_SQLITE, crate::store::dialect::CLAIM_JOB_POSTGRES];

#[cfg(test)]
mod fence_tests;
#[cfg(test)]
mod tests;
