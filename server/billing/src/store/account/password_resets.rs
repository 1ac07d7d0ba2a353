//! Links that set a new password, by the hash of their token. Times are wall time.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_PASSWORD_RESET = "INSERT INTO password_resets (token_hash, user_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_PASSWORD_RESET = "SELECT user_id, email, expires_at FROM password_resets WHERE token_hash = $1";
    TAKE_PASSWORD_RESET = "DELETE FROM password_resets WHERE token_hash = $1 RETURNING user_id, email, expires_at";
    DELETE_PASSWORD_RESETS_OF = "DELETE FROM password_resets WHERE user_id = $1";
}

/// The account whose password a link sets, and when the link expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordReset {
    pub user: UserId,
    /// The account's address when the link was made: the link verifies this address.
    pub email: Email,
    pub expires_at: Timestamp,
}

impl Connection<'_> {
    pub async fn insert_password_reset(
        &mut self,
        hash: &str,
        reset: &PasswordReset,
        now: Timestamp,
    ) -> StoreResult<()> {
        let PasswordReset { user, email, expires_at } = reset;
        on_backend!(self, connection => sqlx::query(INSERT_PASSWORD_RESET)
            .bind(hash)
            .bind(user.as_str())
            .bind(email.as_str())
            .bind(now.as_micros())
            .bind(expires_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_password_reset(&mut self, hash: &str) -> StoreResult<Option<PasswordReset>> {
        self.one_password_reset(FIND_PASSWORD_RESET, hash).await
    }

    /// Deletes and returns a reset, so that of two concurrent uses one succeeds.
    pub async fn take_password_reset(&mut self, hash: &str) -> StoreResult<Option<PasswordReset>> {
        self.one_password_reset(TAKE_PASSWORD_RESET, hash).await
    }

    async fn one_password_reset(&mut self, statement: &'static str, hash: &str) -> StoreResult<Option<PasswordReset>> {
        let row: Option<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user, email, expires_at)| {
            Ok(PasswordReset {
                user: parse(&user, "password_resets.user_id")?,
                email: Email::from_stored(email),
                expires_at: Timestamp::from_micros(expires_at),
            })
        })
        .transpose()
    }

    pub async fn delete_password_resets_of(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_PASSWORD_RESETS_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
