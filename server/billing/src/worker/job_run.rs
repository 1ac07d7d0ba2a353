//! Measures a run of a job.

use std::time::Instant;

use crate::{metric::JOB_SECONDS, store::job::jobs::Lane, trace};

/// The outcome of a job that is not retried any more.
pub(super) const GIVEN_UP: &str = "given_up";

/// Registers the runs that end with [`GIVEN_UP`]: a series that begins with its first run is no increase to Prometheus.
pub(super) fn register_given_up() {
    for lane in Lane::ALL {
        drop(metrics::histogram!(JOB_SECONDS, "lane" => lane.as_str(), "outcome" => GIVEN_UP));
    }
}

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

    /// Notes the outcome. Any but `done` marks the current span as failed.
    pub(super) fn end(&mut self, outcome: &'static str) {
        self.outcome = outcome;
        if outcome != "done" {
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
