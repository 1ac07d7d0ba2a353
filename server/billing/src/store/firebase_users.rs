//! Which of our people the subject of a Firebase project's ID tokens is. Global.

use domain::{ids::UserId, time::Timestamp};

use super::{Link, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_FIREBASE_USER = "INSERT INTO firebase_users (project_id, subject, user_id, created_at) VALUES ($1, $2, $3, $4)";
    DELETE_FIREBASE_USERS_OF = "DELETE FROM firebase_users WHERE user_id = $1";
    FIND_FIREBASE_USER = "SELECT user_id FROM firebase_users WHERE project_id = $1 AND subject = $2";
}

impl Link<'_> {
    /// Conflict when the subject is somebody already.
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

    /// No subject is this person any more.
    pub async fn delete_firebase_users_of(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_FIREBASE_USERS_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_firebase_user(&mut self, project_id: &str, subject: &str) -> StoreResult<Option<UserId>> {
        let user: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_FIREBASE_USER)
            .bind(project_id)
            .bind(subject)
            .fetch_optional(&mut **connection)
            .await?);
        user.map(|user| parse(&user, "firebase_users.user_id")).transpose()
    }
}
