//! Failed logins in a window of time, counted where every node sees them.

use domain::time::Timestamp;

use super::{Link, StoreResult, on_backend, statements};

statements! {
    FIND_FAILURES = "SELECT failures, window_start FROM login_failures WHERE subject = $1";
    COUNT_FAILURE = "INSERT INTO login_failures (subject, failures, window_start) VALUES ($1, 1, $2) \
         ON CONFLICT (subject) DO UPDATE SET \
         failures = CASE WHEN login_failures.window_start <= $3 THEN 1 ELSE login_failures.failures + 1 END, \
         window_start = CASE WHEN login_failures.window_start <= $3 THEN $2 ELSE login_failures.window_start END";
    DELETE_OLD_FAILURES = "DELETE FROM login_failures WHERE window_start <= $1";
}

impl Link<'_> {
    /// How often `subject` failed in its window, and when the window began.
    pub async fn find_failures(&mut self, subject: &str) -> StoreResult<Option<(i64, Timestamp)>> {
        let row: Option<(i64, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_FAILURES)
            .bind(subject)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(failures, since)| (failures, Timestamp::from_micros(since))))
    }

    /// Counts one more; a window that began at `stale` or before starts anew.
    pub async fn count_failure(&mut self, subject: &str, now: Timestamp, stale: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(COUNT_FAILURE)
            .bind(subject)
            .bind(now.as_micros())
            .bind(stale.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_old_failures(&mut self, stale: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_OLD_FAILURES)
            .bind(stale.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
