//! Accounts linked to subjects of a Firebase project's ID tokens. Global: a link belongs to no tenant.

use domain::{ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_FIREBASE_USER = "INSERT INTO firebase_users (project_id, subject, user_id, created_at) VALUES ($1, $2, $3, $4)";
    DELETE_FIREBASE_USERS_OF = "DELETE FROM firebase_users WHERE user_id = $1";
    DELETE_FIREBASE_USER = "DELETE FROM firebase_users WHERE user_id = $1 AND project_id = $2 AND subject = $3";
    FIND_FIREBASE_USER = "SELECT user_id, last_used_at FROM firebase_users WHERE project_id = $1 AND subject = $2";
    LIST_FIREBASE_USERS_OF = "SELECT project_id, subject, created_at, last_used_at FROM firebase_users \
         WHERE user_id = $1 ORDER BY created_at, project_id, subject LIMIT $2";
    UPDATE_FIREBASE_USE = "UPDATE firebase_users SET last_used_at = $3 WHERE project_id = $1 AND subject = $2";
}

/// A sign-in at another issuer that is linked to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedSignIn {
    /// The Firebase project.
    pub project_id: String,
    /// The user's id in the project.
    pub subject: String,
    pub since: Timestamp,
    /// Accurate to about an hour; `None` if unknown.
    pub last_used_at: Option<Timestamp>,
}

impl Connection<'_> {
    /// Links a subject. Conflict if it is linked already.
    pub async fn insert_firebase_user(
        &mut self,
        project_id: &str,
        subject: &str,
        user: &UserId,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_FIREBASE_USER)
            .bind(project_id)
            .bind(subject)
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Deletes every linked sign-in of an account. Returns whether there was one.
    pub async fn delete_firebase_users_of(&mut self, user: &UserId) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_FIREBASE_USERS_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Deletes a linked sign-in. Returns whether there was one.
    pub async fn delete_firebase_user(&mut self, user: &UserId, project_id: &str, subject: &str) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_FIREBASE_USER)
            .bind(user.as_str())
            .bind(project_id)
            .bind(subject)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Finds the subject's account and when it last signed in, accurate to about an hour.
    pub async fn find_firebase_user(
        &mut self,
        project_id: &str,
        subject: &str,
    ) -> StoreResult<Option<(UserId, Option<Timestamp>)>> {
        let row: Option<(String, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(FIND_FIREBASE_USER)
            .bind(project_id)
            .bind(subject)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user, used)| Ok((parse(&user, "firebase_users.user_id")?, used.map(Timestamp::from_micros))))
            .transpose()
    }

    /// Lists an account's linked sign-ins, the oldest first, at most `most`.
    pub async fn list_firebase_users_of(&mut self, user: &UserId, most: i64) -> StoreResult<Vec<LinkedSignIn>> {
        let rows: Vec<(String, String, i64, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(LIST_FIREBASE_USERS_OF)
                .bind(user.as_str())
                .bind(most)
                .fetch_all(&mut **connection)
                .await?);
        let read = |(project_id, subject, since, used): (String, String, i64, Option<i64>)| LinkedSignIn {
            project_id,
            subject,
            since: Timestamp::from_micros(since),
            last_used_at: used.map(Timestamp::from_micros),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    pub async fn update_firebase_use(&mut self, project_id: &str, subject: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_FIREBASE_USE)
            .bind(project_id)
            .bind(subject)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
