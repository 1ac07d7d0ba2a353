//! Jobs that are held until a provider's key belongs to the expected account. Times are wall time.

use domain::{subscription::Provider, time::Timestamp};

use super::jobs::ClaimedJob;
use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    // Undoes the count of the attempt and clears the last error, because a held job has not failed.
    HOLD_JOB = "UPDATE jobs SET run_at = $3, fair_at = fair_at + $3 - run_at, locked_until = 0, last_error = NULL, \
         held_for = $4, claim = NULL, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END \
         WHERE job_id = $1 AND claim = $2";
    RELEASE_JOBS = "UPDATE jobs SET run_at = $2, fair_at = fair_at + $2 - run_at, held_for = NULL WHERE job_id IN \
         (SELECT job_id FROM jobs WHERE held_for = $1 ORDER BY job_id LIMIT 500)";
}

impl Connection<'_> {
    /// Returns a job to the queue, held until the provider's key belongs to the expected account or until `run_at`,
    /// whichever is first. `false` if the claim is lost.
    pub async fn hold_job(&mut self, job: &ClaimedJob, provider: Provider, run_at: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(HOLD_JOB)
            .bind(&job.id)
            .bind(&job.claim)
            .bind(run_at.as_micros())
            .bind(provider.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Releases up to 500 jobs that are held for the provider. Returns how many.
    pub async fn release_jobs(&mut self, provider: Provider, now: Timestamp) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(RELEASE_JOBS)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }
}
