//! Runs housekeeping in slices, so that it never holds up the writers for long.
//!
//! A slice has as many rows as take about [`TARGET`], and a pause follows that is several times as long, in which other
//! writers have their turn. A look-up that finds nothing due costs no write.

pub(crate) mod tasks;

use std::{error::Error, time::Duration};

use tokio_util::sync::CancellationToken;

use self::tasks::{HousekeepingTask, Slice};
use crate::{service::Services, store::StoreResult};

/// How often each task looks for rows that are due.
const INTERVAL: Duration = Duration::from_hours(1);
/// How long to wait for the next run if rows are left over from this one.
const BACKLOG_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum number of slices of a task in a run. Then the other tasks follow.
const MAX_SLICES: usize = 200;
/// How long a slice should take.
const TARGET: Duration = Duration::from_millis(10);
/// A slice that takes longer is logged.
const MAX_TIME: Duration = Duration::from_millis(50);
/// Rows of a task's first slice in a run.
const FIRST_ROWS: i64 = 50;
const MIN_ROWS: i64 = 10;
const MAX_ROWS: i64 = 500;
const MIN_PAUSE: Duration = Duration::from_millis(50);
/// The pause after a slice, as a multiple of the time that the slice took.
const PAUSE_FACTOR: u32 = 4;

/// Runs every task periodically until `stop`, first at once.
pub(super) async fn run_periodically(services: Services, stop: CancellationToken) {
    tasks::describe();
    let holder = uuid::Uuid::now_v7().to_string();
    while !stop.is_cancelled() {
        let mut has_backlog = false;
        for task in HousekeepingTask::all() {
            match run_task(&services, task, &holder, &stop).await {
                Ok(is_done) => has_backlog |= !is_done,
                Err(error) => {
                    has_backlog |= error.is_lost_race() || error.is_transient();
                    tracing::error!(task = task.as_str(), error = &error as &dyn Error, "failed to run housekeeping");
                    if error.is_transient() {
                        // The other tasks would fail in the same way.
                        break;
                    }
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(if has_backlog { BACKLOG_INTERVAL } else { INTERVAL }) => {}
        }
    }
}

/// Runs at most [`MAX_SLICES`] slices of a task. Returns whether nothing is left to do for now.
async fn run_task(
    services: &Services,
    task: HousekeepingTask,
    holder: &str,
    stop: &CancellationToken,
) -> StoreResult<bool> {
    if !services.housekeeping().is_housekeeping_due(task).await? {
        return Ok(true);
    }
    let outcome = run_slices(services, task, holder, stop).await;
    // Also after an error: another node may be more successful.
    let released = services.housekeeping().release_housekeeping(task, holder).await;
    outcome.and_then(|is_done| released.map(|()| is_done))
}

async fn run_slices(
    services: &Services,
    task: HousekeepingTask,
    holder: &str,
    stop: &CancellationToken,
) -> StoreResult<bool> {
    let mut most = FIRST_ROWS;
    for _ in 0..MAX_SLICES {
        // A slice fills the log quickly. Otherwise a commit would pay for a checkpoint, and the writers with it.
        services.store().checkpoint().await?;
        // Another node works on it. If that one stops, a later run continues here.
        let Some(slice) = services.housekeeping().run_housekeeping_slice(task, holder, most).await? else {
            return Ok(false);
        };
        let Slice { rows, took } = slice;
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if took > MAX_TIME {
            tracing::warn!(task = task.as_str(), rows, took_ms, "a housekeeping transaction took too long");
        } else {
            tracing::debug!(task = task.as_str(), rows, took_ms, "housekeeping transaction committed");
        }
        most = next_size(most, took);
        tokio::select! {
            () = stop.cancelled() => return Ok(true),
            () = tokio::time::sleep(MIN_PAUSE.max(took * PAUSE_FACTOR)) => {}
        }
        if rows == 0 || !services.housekeeping().is_housekeeping_due(task).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the number of rows that take about [`TARGET`], by the time that the last slice took. At most doubles and at
/// least halves.
fn next_size(rows: i64, took: Duration) -> i64 {
    let fitting = u128::from(rows.unsigned_abs()) * TARGET.as_micros() / took.as_micros().max(1);
    i64::try_from(fitting).unwrap_or(i64::MAX).clamp(rows / 2, rows * 2).clamp(MIN_ROWS, MAX_ROWS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slice_grows_while_it_is_quick_and_shrinks_when_it_is_slow() {
        let mut rows = FIRST_ROWS;
        for expected in [100, 200, 400, 500, 500] {
            rows = next_size(rows, Duration::from_millis(1));
            assert_eq!(rows, expected);
        }
        assert_eq!(next_size(500, Duration::from_micros(12_500)), 400);
        assert_eq!(next_size(500, Duration::from_secs(9)), 250);
        assert_eq!(next_size(MIN_ROWS, Duration::from_secs(9)), MIN_ROWS);
    }

    proptest! {
        #[test]
        fn a_slice_is_bounded(rows in MIN_ROWS..=MAX_ROWS, micros in 0_u64..10_000_000) {
            let next = next_size(rows, Duration::from_micros(micros));
            prop_assert!((MIN_ROWS..=MAX_ROWS).contains(&next));
            prop_assert!(next <= rows * 2);
        }
    }
}
