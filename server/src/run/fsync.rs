//! What the process does about a failed fsync of the database.

use billing::store::{Store, sync_failure};

/// The exit code after a failed fsync: `EX_IOERR` of `sysexits.h`.
const EXIT_CODE: i32 = 74;

/// Writes what `SQLite`'s log holds into the file. The process before may have ended after a failed fsync: pages of the
/// log can then be read though they are not on the disk, and are stored only by being written again.
pub async fn checkpoint(store: &Store) {
    if let Err(error) = store.checkpoint().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "failed to checkpoint the database's log");
    }
}

/// Ends the process at once when an fsync of the database fails: nothing is drained, committed or synced again.
pub fn end_on_sync_failure() {
    tokio::spawn(exit_after_sync_failure());
}

async fn exit_after_sync_failure() {
    sync_failure().await;
    tracing::error!("fsync of the database failed: exiting, the next start recovers from the log");
    std::process::exit(EXIT_CODE)
}
