//! Runs housekeeping in slices, so that it never holds up the writers for long.
//!
//! A slice is a transaction of as many rows as take about [`TARGET`]. The pause after it is several times as long, for
//! other writers. If commits are slow, slices take longer and have hardly fewer rows, because a commit costs the same
//! for fewer rows. A look-up that finds no due rows, or another node at work, writes nothing.

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
const TARGET: Duration = Duration::from_millis(4);
/// How long a slice may take if its commit is slow. Less than [`MAX_TIME`], as times vary.
const LIMIT: Duration = Duration::from_millis(40);
/// A slice that takes longer is logged.
const MAX_TIME: Duration = Duration::from_millis(50);
/// Rows of a task's first slice in a run. Later slices have fewer only if writing this many rows takes too long.
const FIRST_ROWS: i64 = 25;
const MIN_ROWS: i64 = 10;
const MAX_ROWS: i64 = 500;
const MIN_PAUSE: Duration = Duration::from_millis(50);
/// The pause after a slice, as a multiple of the time that the slice took.
const PAUSE_FACTOR: u32 = 4;

/// How often to check whether rows were erased, so that `SQLite`'s write-ahead log must be truncated. The check reads
/// memory only.
const TRUNCATE_INTERVAL: Duration = Duration::from_secs(10);

/// Runs every task periodically until `stop`, first at once, and truncates the log after erasures.
pub(super) async fn run_periodically(services: Services, stop: CancellationToken) {
    tasks::describe();
    tokio::join!(run_tasks(&services, &stop), truncate_erased_log(&services, &stop));
}

/// Truncates `SQLite`'s write-ahead log within a minute of an erasure, unless a reader uses the log for that long.
async fn truncate_erased_log(services: &Services, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match services.store().truncate_erased_log().await {
            Ok(true) => {}
            Ok(false) => tracing::debug!("postponed the truncation of SQLite's write-ahead log: it is in use"),
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "failed to truncate SQLite's write-ahead log");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TRUNCATE_INTERVAL) => {}
        }
    }
}

async fn run_tasks(services: &Services, stop: &CancellationToken) {
    let holder = uuid::Uuid::now_v7().to_string();
    while !stop.is_cancelled() {
        let mut wait = INTERVAL;
        for task in HousekeepingTask::all() {
            match run_task(services, task, &holder, stop).await {
                Ok(next) => wait = wait.min(next),
                Err(error) => {
                    if error.is_lost_race() || error.is_transient() {
                        wait = wait.min(BACKLOG_INTERVAL);
                    }
                    tracing::error!(task = task.as_str(), error = &error as &dyn Error, "failed to run housekeeping");
                    if error.is_transient() && !error.is_lost_race() {
                        // The other tasks would fail in the same way.
                        break;
                    }
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Why a task's slices have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlicesEnd {
    /// Nothing is left to do for now, or the worker stops.
    Done,
    /// Rows are left over.
    LeftOver,
    /// Another node works on the task.
    Leased,
}

/// Runs at most [`MAX_SLICES`] slices of a task, unless another node works on it. Returns how long to wait before the
/// task is looked at again.
async fn run_task(
    services: &Services,
    task: HousekeepingTask,
    holder: &str,
    stop: &CancellationToken,
) -> StoreResult<Duration> {
    if !services.housekeeping().is_housekeeping_due(task).await? {
        return Ok(INTERVAL);
    }
    if let Some(wait) = services.housekeeping().time_until_lease_lapses(task, holder).await? {
        return Ok(wait);
    }
    let outcome = run_slices(services, task, holder, stop).await;
    if matches!(outcome, Ok(SlicesEnd::Leased)) {
        let wait = services.housekeeping().time_until_lease_lapses(task, holder).await?;
        return Ok(wait.unwrap_or(BACKLOG_INTERVAL));
    }
    // Release the lease after an error, too: another node may succeed.
    let released = services.housekeeping().release_housekeeping(task, holder).await;
    let end = outcome?;
    released?;
    Ok(if matches!(end, SlicesEnd::LeftOver) { BACKLOG_INTERVAL } else { INTERVAL })
}

async fn run_slices(
    services: &Services,
    task: HousekeepingTask,
    holder: &str,
    stop: &CancellationToken,
) -> StoreResult<SlicesEnd> {
    let mut most = FIRST_ROWS;
    for _ in 0..MAX_SLICES {
        // Slices fill the log quickly. Without this, a commit would have to checkpoint the log while other writers
        // wait.
        services.store().checkpoint().await?;
        // `None` means that another node works on the task. If that node stops, a later run continues here.
        let Some(slice) = services.housekeeping().run_housekeeping_slice(task, holder, most).await? else {
            return Ok(SlicesEnd::Leased);
        };
        let Slice { rows, wrote, took } = slice;
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if took > MAX_TIME {
            tracing::warn!(
                task = task.as_str(),
                rows,
                took_ms,
                "committed a housekeeping transaction that took too long"
            );
        } else {
            tracing::debug!(task = task.as_str(), rows, took_ms, "committed a housekeeping transaction");
        }
        most = next_size(most, wrote, took);
        tokio::select! {
            () = stop.cancelled() => return Ok(SlicesEnd::Done),
            () = tokio::time::sleep(MIN_PAUSE.max(took * PAUSE_FACTOR)) => {}
        }
        if rows == 0 || !services.housekeeping().is_housekeeping_due(task).await? {
            return Ok(SlicesEnd::Done);
        }
    }
    Ok(SlicesEnd::LeftOver)
}

/// Returns the number of rows of the next slice. Writing the `rows` of the last slice took `wrote`, and its whole
/// transaction took `took`. The size at most doubles and at least halves.
///
/// The time to write grows with the rows; the rest of the transaction is taken as a fixed cost. Both together should
/// take [`TARGET`], but writing gets at least half of it. A size above [`FIRST_ROWS`] keeps to [`LIMIT`] even if the
/// whole time grows with the rows.
fn next_size(rows: i64, wrote: Duration, took: Duration) -> i64 {
    let fitting = |budget: Duration, cost: Duration| {
        let fitting = u128::from(rows.unsigned_abs()) * budget.as_micros() / cost.as_micros().max(1);
        i64::try_from(fitting).unwrap_or(i64::MAX)
    };
    let fixed = took.saturating_sub(wrote);
    let intended = fitting(TARGET.saturating_sub(fixed).max(TARGET / 2), wrote);
    let safe = fitting(LIMIT, took);
    let writable = fitting(LIMIT.saturating_sub(fixed).max(TARGET), wrote);
    let next = intended.min(safe).max(FIRST_ROWS).min(writable);
    next.clamp(rows / 2, rows * 2).clamp(MIN_ROWS, MAX_ROWS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_slice_grows_while_it_is_quick_and_shrinks_when_it_is_slow() {
        let mut rows = FIRST_ROWS;
        for expected in [50, 100, 200, 400, 500, 500] {
            rows = next_size(rows, Duration::from_millis(1), Duration::from_millis(1));
            assert_eq!(rows, expected);
        }
        let next = |rows, took| next_size(rows, took, took);
        assert_eq!(next(500, Duration::from_millis(5)), 400);
        assert_eq!(next(500, Duration::from_secs(9)), 250);
        assert_eq!(next(MIN_ROWS, Duration::from_secs(9)), MIN_ROWS);
    }

    /// A simulated disk, in microseconds. A commit takes `commit`, and `by_row` more for each row. Writing a row takes
    /// `row`.
    #[derive(Clone, Copy, Debug)]
    struct Disk {
        commit: u64,
        by_row: u64,
        row: u64,
    }

    impl Disk {
        /// Returns the size at which slices settle, and the time that such a slice takes.
        fn settle(self) -> (i64, Duration) {
            let times = |rows: i64| {
                let wrote = rows.unsigned_abs() * self.row;
                let took = wrote + self.commit + rows.unsigned_abs() * self.by_row;
                (Duration::from_micros(wrote), Duration::from_micros(took))
            };
            let rows = (0..30).fold(FIRST_ROWS, |rows, _| next_size(rows, times(rows).0, times(rows).1));
            (rows, times(rows).1)
        }
    }

    #[rstest]
    #[case(2_000, 100)]
    #[case(12_000, 100)]
    #[case(20_000, 100)]
    #[case(60_000, FIRST_ROWS)]
    fn a_slow_commit_leaves_a_slice_large(#[case] commit: u64, #[case] rows: i64) {
        assert_eq!(Disk { commit, by_row: 0, row: 20 }.settle().0, rows);
    }

    proptest! {
        #[test]
        fn a_slice_is_bounded(rows in MIN_ROWS..=MAX_ROWS, wrote in 0_u64..10_000_000, more in 0_u64..10_000_000) {
            let next = next_size(rows, Duration::from_micros(wrote), Duration::from_micros(wrote + more));
            prop_assert!((MIN_ROWS..=MAX_ROWS).contains(&next));
            prop_assert!(next <= rows * 2);
        }

        #[test]
        fn a_slice_keeps_to_its_time(commit in 0_u64..25_000, by_row in 0_u64..200, row in 0_u64..2_000) {
            let disk = Disk { commit, by_row, row };
            let (rows, took) = disk.settle();
            prop_assert!(took < MAX_TIME, "{disk:?}: {rows} rows take {took:?}");
        }
    }
}
