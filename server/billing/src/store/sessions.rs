//! Browser sessions, so that any node serves any user.

use domain::time::Timestamp;

use super::{Link, StoreResult, on_backend, statements};

statements! {
    INSERT_SESSION = "INSERT INTO sessions (session_hash, data, expires_at) VALUES ($1, $2, $3)";
    UPDATE_SESSION = "UPDATE sessions SET data = $2, expires_at = $3 WHERE session_hash = $1";
    PROLONG_SESSION = "UPDATE sessions SET expires_at = $2 WHERE session_hash = $1";
    FIND_SESSION = "SELECT data, expires_at FROM sessions WHERE session_hash = $1 AND expires_at > $2";
    DELETE_SESSION = "DELETE FROM sessions WHERE session_hash = $1";
    DELETE_EXPIRED_SESSIONS = "DELETE FROM sessions WHERE expires_at <= $1";
}

impl Link<'_> {
    /// Conflict when the id is taken.
    pub async fn insert_session(&mut self, hash: &str, data: &str, expires_at: Timestamp) -> StoreResult<()> {
        self.write_session(INSERT_SESSION, hash, data, expires_at).await
    }

    /// Only one that is there: a logout in the meantime must not be undone.
    pub async fn update_session(&mut self, hash: &str, data: &str, expires_at: Timestamp) -> StoreResult<()> {
        self.write_session(UPDATE_SESSION, hash, data, expires_at).await
    }

    /// Moves its end.
    pub async fn prolong_session(&mut self, hash: &str, expires_at: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(PROLONG_SESSION)
            .bind(hash)
            .bind(expires_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    async fn write_session(
        &mut self,
        statement: &'static str,
        hash: &str,
        data: &str,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(statement)
            .bind(hash)
            .bind(data)
            .bind(expires_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// A session's data and when it ends, unless it has.
    pub async fn find_session(&mut self, hash: &str, now: Timestamp) -> StoreResult<Option<(String, Timestamp)>> {
        let row: Option<(String, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_SESSION)
            .bind(hash)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(data, expires_at)| (data, Timestamp::from_micros(expires_at))))
    }

    pub async fn delete_session(&mut self, hash: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_SESSION)
            .bind(hash)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_EXPIRED_SESSIONS)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
