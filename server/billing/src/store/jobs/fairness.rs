//! The order of a lane's jobs: fair among tenants (start-time fair queueing).
//!
//! Due jobs are claimed by `jobs.fair_at`, then `run_at`. It is an order, not a time to wait: a lane without other work claims the
//! backlog of one tenant at once.
//!
//! A new job stands at the lane's position, or one second behind the last job of its tenant that waits in the lane, whichever is
//! later. The lane's position is the `fair_at` of the first job that waits, but not later than the clock and at most [`SPAN_SECS`]
//! before it. So a new job of another tenant is next also where the lane does less than one job a second. A job without a tenant
//! stands at the lane's position.
//!
//! Every change of `run_at` moves `fair_at` by as much, so that a job that is tried again keeps its place among its tenant's.

use std::collections::HashMap;

use super::Lane;

/// How far a backlog reaches behind the clock's time, in seconds and jobs, and how far before that time a lane's position may be. So
/// the time for which new jobs overtake a job is bounded.
pub(super) const SPAN_SECS: i64 = 900;
/// `fair_at` is at most so long after `run_at`: behind a whole backlog, as the last job of a whole batch.
pub(super) const MOST_AHEAD_SECS: i64 = 2 * SPAN_SECS;

/// The places of jobs that are written in one statement, which does not see its own rows.
#[derive(Debug, Default)]
pub(super) struct BatchPlaces<'a>(HashMap<(&'a str, &'static str), i64>);

impl<'a> BatchPlaces<'a> {
    /// How many jobs of the same tenant and lane stand before this one in the batch.
    pub(super) fn next(&mut self, tenant: Option<&'a str>, lane: Lane) -> i64 {
        let Some(tenant) = tenant else { return 0 };
        let before = self.0.entry((tenant, lane.as_str())).or_default();
        let place = *before;
        // The last job that waits already may stand one second beyond the span.
        *before = (place + 1).min(SPAN_SECS - 1);
        place
    }
}
