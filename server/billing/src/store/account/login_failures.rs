//! Counters of attempts and failed logins in windows of time, shared by all nodes.

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::Timestamp;

use crate::store::{Connection, StoreResult, on_backend, statements};

/// Bytes of the digest of a counter's subject.
const DIGEST_BYTES: usize = 16;

statements! {
    FIND_FAILURES = "SELECT failures, window_start FROM login_failures WHERE subject = $1";
    COUNT_FAILURE = "INSERT INTO login_failures (subject, failures, window_start, window_end) \
         VALUES ($1, 1, CAST($2 AS BIGINT), CAST($2 AS BIGINT) + CAST($3 AS BIGINT)) \
         ON CONFLICT (subject) DO UPDATE SET \
         failures = CASE WHEN login_failures.window_start + CAST($3 AS BIGINT) <= $2 THEN 1 \
         ELSE login_failures.failures + 1 END, \
         window_end = CASE WHEN login_failures.window_start + CAST($3 AS BIGINT) <= $2 THEN $2 + CAST($3 AS BIGINT) \
         ELSE login_failures.window_start + CAST($3 AS BIGINT) END, \
         window_start = CASE WHEN login_failures.window_start + CAST($3 AS BIGINT) <= $2 THEN $2 \
         ELSE login_failures.window_start END";
}

/// Returns the stored form of a subject: the kind of counter and a digest. Short for any subject, and without
/// addresses.
pub(in crate::store) fn kept_as(subject: &str) -> String {
    let Some((kind, rest)) = subject.split_once(':') else { return subject.to_owned() };
    let digest = digest(&SHA256, rest.as_bytes());
    let short = digest.as_ref().get(..DIGEST_BYTES).unwrap_or_default();
    format!("{kind}:{}", hex::encode(short))
}

impl Connection<'_> {
    /// Finds the count of `subject` in its window, and when the window began.
    pub async fn find_failures(&mut self, subject: &str) -> StoreResult<Option<(i64, Timestamp)>> {
        let row: Option<(i64, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_FAILURES)
            .bind(kept_as(subject))
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(failures, since)| (failures, Timestamp::from_micros(since))))
    }

    /// Adds one to a count. A window that is over starts anew.
    pub async fn count_failure(&mut self, subject: &str, now: Timestamp, window_secs: i64) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(COUNT_FAILURE)
            .bind(kept_as(subject))
            .bind(now.as_micros())
            .bind(Timestamp::from_secs(window_secs).as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Clock;
    use rstest::rstest;

    use super::*;
    use crate::store::{
        job::old_rows::OldRows,
        testing::{Engine, TestDatabase},
    };

    #[test]
    fn a_stored_subject_is_short_and_contains_no_address() {
        let long = kept_as(&format!("account:{}@example.com", "a".repeat(28_000)));
        assert_eq!(long.len(), "account:".len() + 2 * DIGEST_BYTES);
        assert_ne!(kept_as("account:ada@example.com"), kept_as("account:bob@example.com"));
        assert_ne!(kept_as("account:ada@example.com"), kept_as("reset:ada@example.com"));
        assert_eq!(kept_as("sign-ups"), "sign-ups");
    }

    #[rstest]
    #[tokio::test]
    async fn counts_are_deleted_once_their_windows_are_over(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        const HOUR: i64 = 3600;
        const FAILURES: OldRows = OldRows::LoginFailures;
        let database = TestDatabase::new(engine).await;
        let now = domain::time::SystemClock.now();
        let mut tx = database.store.begin().await.unwrap();
        let mut link = tx.connection();
        for number in 0..3 {
            link.count_failure(&format!("short:{number}"), now, HOUR).await.unwrap();
        }
        link.count_failure("long:ada", now, 24 * HOUR).await.unwrap();
        link.count_failure("long:ada", now.plus_secs(HOUR), 24 * HOUR).await.unwrap();
        assert_eq!(link.find_failures("long:ada").await.unwrap(), Some((2, now)));
        assert_eq!(link.delete_old_rows(FAILURES, now.plus_secs(HOUR - 1), 9).await.unwrap(), 0);
        assert!(link.find_failures("short:0").await.unwrap().is_some());
        assert_eq!(link.delete_old_rows(FAILURES, now.plus_secs(HOUR), 2).await.unwrap(), 2);
        assert_eq!(link.delete_old_rows(FAILURES, now.plus_secs(HOUR), 2).await.unwrap(), 1);
        assert!(link.find_failures("short:0").await.unwrap().is_none());
        assert!(link.find_failures("long:ada").await.unwrap().is_some());
        // A window that is over begins anew and ends later.
        let (next, over) = (now.plus_secs(25 * HOUR), now.plus_secs(49 * HOUR));
        link.count_failure("long:ada", next, 24 * HOUR).await.unwrap();
        assert_eq!(link.find_failures("long:ada").await.unwrap(), Some((1, next)));
        link.delete_old_rows(FAILURES, over.plus_secs(-1), 9).await.unwrap();
        assert!(link.find_failures("long:ada").await.unwrap().is_some());
        link.delete_old_rows(FAILURES, over, 9).await.unwrap();
        assert!(link.find_failures("long:ada").await.unwrap().is_none());
        tx.commit().await.unwrap();
    }
}
