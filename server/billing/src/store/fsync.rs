//! A failed fsync of the files of `SQLite`.
//!
//! After a failed fsync Linux takes the pages as written, and reports success for the next fsync although they may not
//! be on the disk. What this process reads back is then no proof of what is stored. It commits nothing more and ends;
//! the next process recovers from the log, as after a power failure. `PostgreSQL` does the same by itself.

use std::sync::LazyLock;

use tokio_util::sync::CancellationToken;

use super::StoreResult;

/// `SQLite`'s `IOERR_FSYNC` and `IOERR_DIR_FSYNC`.
const SYNC_ERRORS: [&str; 2] = ["1034", "1290"];

/// Cancelled by a failed fsync. One for the process, because the process as a whole ends.
static FAILED: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// Records the failure if `error` is a failed fsync.
pub(super) fn note(error: &sqlx::Error) {
    if let sqlx::Error::Database(database) = error
        && database.code().is_some_and(|code| SYNC_ERRORS.contains(&code.as_ref()))
    {
        FAILED.cancel();
    }
}

/// Fails with a transient error once an fsync has failed.
pub(super) fn check() -> StoreResult<()> {
    if FAILED.is_cancelled() { Err(sqlx::Error::PoolClosed.into()) } else { Ok(()) }
}

/// Completes once an fsync of the database's files has failed. The caller must end the process, and drain nothing.
pub async fn sync_failure() {
    FAILED.cancelled().await;
}
