//! The order of a lane's jobs: fair among tenants (start-time fair queueing).
//!
//! Due jobs are claimed by `jobs.fair_at`, then `run_at`. `fair_at` is an order, not a delay: a lane without other work
//! claims the backlog of one tenant at once.
//!
//! A new job is placed at the lane's position, or one second behind its tenant's last waiting job in the lane,
//! whichever is later. The lane's position is the `fair_at` of its first waiting job, but not later than the clock and
//! at most [`SPAN_SECS`] before it. So a new job of another tenant is next even if the lane runs less than one job a
//! second. A job without a tenant is placed at the lane's position.
//!
//! Every change of `run_at` moves `fair_at` by as much, so that a retried job keeps its place among its tenant's jobs.

use std::collections::HashMap;

use super::Lane;

/// How far a backlog may extend after the clock, at one job a second, and how far before the clock a lane's position
/// may be. This bounds for how long new jobs can overtake a job.
pub(super) const SPAN_SECS: i64 = 900;
/// How far `fair_at` may be after `run_at`, in seconds: by a full backlog, and by a full batch behind it.
pub(super) const MOST_AHEAD_SECS: i64 = 2 * SPAN_SECS;

/// The places of jobs within a batch: the statement that inserts the batch does not see its own rows.
#[derive(Debug, Default)]
pub(super) struct BatchPlaces<'a>(HashMap<(&'a str, &'static str), i64>);

impl<'a> BatchPlaces<'a> {
    /// Returns how many jobs of the same tenant and lane precede this one in the batch, at most `SPAN_SECS - 1`.
    pub(super) fn next(&mut self, tenant: Option<&'a str>, lane: Lane) -> i64 {
        let Some(tenant) = tenant else { return 0 };
        let before = self.0.entry((tenant, lane.as_str())).or_default();
        let place = *before;
        // One less than the span: the batch may begin one second beyond the span.
        *before = (place + 1).min(SPAN_SECS - 1);
        place
    }
}
