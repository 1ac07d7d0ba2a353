//! Measures a run of a job.

use std::time::Instant;

use super::JobError;
use crate::{metric::JOB_SECONDS, service::ServiceError, store::job::jobs::Lane, trace};

/// A run of a job, recorded when it is dropped.
pub(super) struct JobRun {
    lane: Lane,
    started_at: Instant,
    outcome: &'static str,
}

impl JobRun {
    pub(super) fn new(lane: Lane) -> Self {
        Self { lane, started_at: Instant::now(), outcome: "cancelled" }
    }

    pub(super) fn end<T>(&mut self, outcome: &Result<T, JobError>) {
        self.outcome = match outcome {
            Ok(_) => "done",
            Err(JobError::Service(ServiceError::ProviderAccountChanged { .. })) => "held",
            Err(error) if error.is_final() => "given_up",
            Err(_) => "failed",
        };
        if outcome.is_err() {
            trace::fail_current();
        }
    }
}

impl Drop for JobRun {
    fn drop(&mut self) {
        metrics::histogram!(JOB_SECONDS, "lane" => self.lane.as_str(), "outcome" => self.outcome)
            .record(self.started_at.elapsed());
    }
}
