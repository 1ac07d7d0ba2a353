//! Leases of housekeeping, which say which node works on a task, and checkpoints. Times are wall time.

use domain::time::Timestamp;

use crate::store::{Connection, Store, StoreResult, on_backend, statements};

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
