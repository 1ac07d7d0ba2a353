//! Browser sessions, stored so that any node can serve any user.

use std::collections::BTreeMap;

use domain::{
    ids::{TenantId, UserId},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    INSERT_SESSION = "INSERT INTO sessions (session_hash, data, expires_at, user_id) VALUES ($1, $2, $3, $4)";
    UPDATE_SESSION = "UPDATE sessions SET data = $2, expires_at = $3, user_id = $4 WHERE session_hash = $1";
    PROLONG_SESSION = "UPDATE sessions SET expires_at = $2 WHERE session_hash = $1";
    FIND_SESSION = "SELECT data, expires_at FROM sessions WHERE session_hash = $1 AND expires_at > $2";
    DELETE_SESSION = "DELETE FROM sessions WHERE session_hash = $1 RETURNING user_id";
    LIST_SESSIONS_OF = "SELECT sessions.session_hash, sessions.data, users.sessions_since FROM sessions \
         JOIN users ON users.user_id = sessions.user_id \
         WHERE sessions.user_id = $1 AND sessions.expires_at > $2 ORDER BY sessions.expires_at DESC LIMIT 100";
    DELETE_SESSION_OF = "DELETE FROM sessions WHERE session_hash = $1 AND user_id = $2";
}

row_statements! {
    LIST_OPEN_SESSIONS = "SELECT CAST(sent.value ->> 2 AS BIGINT) AS place, sessions.data, users.sessions_since, \
         memberships.tenant_id FROM "
        ROWS " JOIN sessions ON sessions.session_hash = sent.value ->> 0 JOIN users ON users.user_id = sent.value ->> 1 \
         JOIN memberships ON memberships.user_id = users.user_id WHERE sessions.expires_at > $2 \
         ORDER BY memberships.created_at, memberships.tenant_id";
}

/// A session that has not expired. The caller checks `sessions_since`: the session may have been ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    pub data: String,
    /// Sessions of the user from before this instant are void.
    pub sessions_since: Timestamp,
    /// The user's tenants, oldest membership first.
    pub tenants: Vec<TenantId>,
}

impl Connection<'_> {
    /// Inserts a session. Conflict if the id is taken.
    pub async fn insert_session(
        &mut self,
        hash: &str,
        user: Option<&str>,
        data: &str,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        self.write_session(INSERT_SESSION, hash, user, data, expires_at).await
    }

    /// Updates an existing session. Never inserts: a concurrent sign-out must not be undone.
    pub async fn update_session(
        &mut self,
        hash: &str,
        user: Option<&str>,
        data: &str,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        self.write_session(UPDATE_SESSION, hash, user, data, expires_at).await
    }

    /// Sets a session's end.
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
        user: Option<&str>,
        data: &str,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(statement)
            .bind(hash)
            .bind(data)
            .bind(expires_at.as_micros())
            .bind(user)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Finds a session's data and end, unless it has ended.
    pub async fn find_session(&mut self, hash: &str, now: Timestamp) -> StoreResult<Option<(String, Timestamp)>> {
        let row: Option<(String, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_SESSION)
            .bind(hash)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(data, expires_at)| (data, Timestamp::from_micros(expires_at))))
    }

    /// Finds many sessions by hash and user, each with its index in `sessions`. Those that have expired, or whose user
    /// has no tenant, are left out.
    pub async fn list_open_sessions(
        &mut self,
        sessions: &[(&str, &UserId)],
        now: Timestamp,
    ) -> StoreResult<BTreeMap<usize, OpenSession>> {
        let sessions =
            json_rows(sessions.iter().enumerate().map(|(place, (hash, user))| (*hash, user.as_str(), place)))?;
        let statement = self.row_statement(LIST_OPEN_SESSIONS);
        let rows: Vec<(i64, String, i64, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(sessions)
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        let mut found = BTreeMap::new();
        for (place, data, since, tenant) in rows {
            let place = usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"))?;
            let sessions_since = Timestamp::from_micros(since);
            let session =
                found.entry(place).or_insert_with(|| OpenSession { data, sessions_since, tenants: Vec::new() });
            session.tenants.push(parse(&tenant, "memberships.tenant_id")?);
        }
        Ok(found)
    }

    /// Deletes a session. Returns its user if known.
    pub async fn delete_session(&mut self, hash: &str) -> StoreResult<Option<UserId>> {
        let user: Option<Option<String>> = on_backend!(self, connection => sqlx::query_scalar(DELETE_SESSION)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        user.flatten().map(|user| parse(&user, "sessions.user_id")).transpose()
    }

    /// Lists a user's unexpired sessions: hash, data, and the instant before which sessions of the user are void.
    pub async fn list_sessions_of(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> StoreResult<Vec<(String, String, Timestamp)>> {
        let rows: Vec<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_SESSIONS_OF)
            .bind(user.as_str())
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        Ok(rows.into_iter().map(|(hash, data, since)| (hash, data, Timestamp::from_micros(since))).collect())
    }

    /// Deletes a session of this user only.
    pub async fn delete_session_of(&mut self, user: &UserId, hash: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_SESSION_OF)
            .bind(hash)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
