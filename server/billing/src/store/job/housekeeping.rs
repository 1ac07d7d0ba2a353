//! Leases of housekeeping, which say which node works on a task, and checkpoints. Times are wall time.

use std::sync::atomic::Ordering;

use domain::time::Timestamp;

use crate::store::{Connection, SqliteStore, Store, StoreError, StoreResult, on_backend, statements};

/// How long a truncation waits for readers, in milliseconds. Short, because it holds the writer meanwhile.
const WAIT_BRIEFLY: &str = "PRAGMA busy_timeout = 5";
/// The store's usual time-out, as `BUSY_TIMEOUT`.
const WAIT_AS_USUAL: &str = "PRAGMA busy_timeout = 10000";
const TRUNCATE_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

statements! {
    FIND_OTHER_LEASE = "SELECT lapses_at FROM housekeeping_leases WHERE task = $1 AND holder <> $2";
    TAKE_LEASE = "INSERT INTO housekeeping_leases (task, holder, lapses_at) VALUES ($1, $2, $3) \
         ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, lapses_at = excluded.lapses_at \
         WHERE housekeeping_leases.holder = excluded.holder OR housekeeping_leases.lapses_at <= $4";
    RELEASE_LEASE = "UPDATE housekeeping_leases SET lapses_at = 0 WHERE task = $1 AND holder = $2";
}

impl Store {
    /// Moves `SQLite`'s log into the file while readers and the writer continue, so that no commit has to do it. No-op
    /// on `PostgreSQL`.
    pub async fn checkpoint(&self) -> StoreResult<()> {
        if let Self::Sqlite(sqlite) = self {
            let mut reader = sqlite.readers.acquire().await?;
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *reader).await?;
        }
        Ok(())
    }

    /// Notes that rows are erased. Their bytes stay in `SQLite`'s write-ahead log until it is truncated. No-op on
    /// `PostgreSQL`.
    pub fn note_erasure(&self) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.must_truncate_log.store(true, Ordering::SeqCst);
        }
    }

    /// Moves `SQLite`'s write-ahead log into the file and truncates it if rows were erased since the last time. `false`
    /// if a reader holds the log: then call again. Holds the writer only briefly. No-op on `PostgreSQL`.
    pub async fn truncate_erased_log(&self) -> StoreResult<bool> {
        let Self::Sqlite(sqlite) = self else { return Ok(true) };
        // Clear the flag before the truncation: an erasure that begins meanwhile sets it again.
        if !sqlite.must_truncate_log.swap(false, Ordering::SeqCst) {
            return Ok(true);
        }
        let outcome = self.truncate_log(sqlite).await;
        if !matches!(outcome, Ok(true)) {
            self.note_erasure();
        }
        outcome
    }

    async fn truncate_log(&self, sqlite: &SqliteStore) -> StoreResult<bool> {
        // Does most of the work while other connections read and write.
        self.checkpoint().await?;
        let _permit = sqlite.direct.acquire().await?;
        let mut writer = sqlite.writer.acquire().await?;
        sqlx::query(WAIT_BRIEFLY).execute(&mut *writer).await?;
        let outcome: Result<(i64, i64, i64), sqlx::Error> = sqlx::query_as(TRUNCATE_LOG).fetch_one(&mut *writer).await;
        sqlx::query(WAIT_AS_USUAL).execute(&mut *writer).await?;
        match outcome.map_err(StoreError::from) {
            Ok((is_busy, _, _)) => Ok(is_busy == 0),
            Err(error) if error.is_transient() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Connection<'_> {
    /// Takes or extends the lease of a task until `lapses_at`. `false` if another holder has it. The lease's row stays
    /// locked until the transaction ends, so that two slices of a task never overlap.
    pub async fn take_housekeeping_lease(
        &mut self,
        task: &str,
        holder: &str,
        now: Timestamp,
        lapses_at: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(TAKE_LEASE)
            .bind(task)
            .bind(holder)
            .bind(lapses_at.as_micros())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Finds when the lease of a task lapses or lapsed, if another holder took it last; `None` otherwise. Takes no
    /// lock.
    pub async fn find_other_housekeeping_lease(&mut self, task: &str, holder: &str) -> StoreResult<Option<Timestamp>> {
        let lapses_at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_OTHER_LEASE)
            .bind(task)
            .bind(holder)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(lapses_at.map(Timestamp::from_micros))
    }

    /// Ends a lease, so that another holder can take it at once. No-op if another holder has it.
    pub async fn release_housekeeping_lease(&mut self, task: &str, holder: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RELEASE_LEASE)
            .bind(task)
            .bind(holder)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
