//! A failed fsync of the files of `SQLite`.
//!
//! After a failed fsync Linux takes the pages as written, and reports success for the next fsync although they may not
//! be on the disk. What this process reads back is then no proof of what is stored. It commits nothing more and ends;
//! the next process recovers from the log, as after a power failure. `PostgreSQL` does the same by itself.

use std::{
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll, ready},
};

use sqlx::{Sqlite, Transaction};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// `SQLite`'s `IOERR_FSYNC` and `IOERR_DIR_FSYNC`.
const SYNC_ERRORS: [&str; 2] = ["1034", "1290"];

/// Cancelled by a failed fsync. One for the process, because the process as a whole ends.
static FAILED: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// Records the failure if `error` is a failed fsync.
pub(super) fn note(error: &sqlx::Error) {
    if is_failed_fsync(error) {
        FAILED.cancel();
    }
}

/// Records the failure if `code` is that of a failed fsync.
pub(super) fn note_code(code: i32) {
    if SYNC_ERRORS.contains(&code.to_string().as_str()) {
        FAILED.cancel();
    }
}

/// Whether `error` is a failed fsync. One of a commit leaves its outcome unknown: the log may be on the disk.
pub(super) fn is_failed_fsync(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database)
        if database.code().is_some_and(|code| SYNC_ERRORS.contains(&code.as_ref())))
}

/// Fails with a transient error once an fsync has failed.
pub(super) fn check() -> Result<(), sqlx::Error> {
    if FAILED.is_cancelled() { Err(sqlx::Error::PoolClosed) } else { Ok(()) }
}

/// Commits. A failed fsync is recorded even if the caller does not wait for the outcome.
pub(super) async fn commit(tx: Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
    check()?;
    WatchedCommit(Some(Box::pin(tx.commit()))).await
}

/// Completes once an fsync of the database's files has failed. The caller must end the process, and drain nothing.
pub async fn sync_failure() {
    FAILED.cancelled().await;
}

type Commit = Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send>>;

/// A commit that runs to its end when it is dropped: a time-out or a caller that leaves does not hide its error.
struct WatchedCommit(Option<Commit>);

impl Future for WatchedCommit {
    type Output = Result<(), sqlx::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(commit) = &mut self.0 else { return Poll::Pending };
        let outcome = ready!(commit.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(outcome)
    }
}

impl Drop for WatchedCommit {
    fn drop(&mut self) {
        let Some(commit) = self.0.take() else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { commit.await.inspect_err(note).ok() });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_commit_whose_caller_leaves_runs_to_its_end() {
        let (disk, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (synced, ends) = (disk.clone(), ended.clone());
        let mut commit = WatchedCommit(Some(Box::pin(async move {
            synced.notified().await;
            ends.notify_one();
            Ok(())
        })));
        assert!(futures::poll!(&mut commit).is_pending());
        drop(commit);
        disk.notify_one();
        ended.notified().await;
    }
}
