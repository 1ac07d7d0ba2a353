//! The few statements that the two engines can't share.

use super::Link;

/// Claims the job that is due longest. `PostgreSQL` passes over jobs that another node is just claiming; `SQLite` has one writer.
pub(super) const CLAIM_JOB_SQLITE: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE run_at <= $1 AND locked_until <= $1 ORDER BY run_at, job_id LIMIT 1) \
     RETURNING job_id, task, attempts";
pub(super) const CLAIM_JOB_POSTGRES: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE run_at <= $1 AND locked_until <= $1 ORDER BY run_at, job_id LIMIT 1 \
     FOR UPDATE SKIP LOCKED) \
     RETURNING job_id, task, attempts";

impl Link<'_> {
    pub(super) const fn claim_job_statement(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => CLAIM_JOB_SQLITE,
            Self::Postgres(_) => CLAIM_JOB_POSTGRES,
        }
    }
}
