//! Second factors and recovery codes of users. Times are wall time.

use domain::{ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    FIND_FACTOR = "SELECT secret, created_at, enabled_at FROM second_factors WHERE user_id = $1";
    UPSERT_PENDING = "INSERT INTO second_factors (user_id, secret, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id) DO UPDATE SET secret = $2, created_at = $3 WHERE second_factors.enabled_at IS NULL";
    ENABLE_FACTOR = "UPDATE second_factors SET enabled_at = $2, last_step = $3 WHERE user_id = $1 AND enabled_at IS NULL";
    TAKE_STEP = "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2 AND enabled_at IS NOT NULL";
    DELETE_FACTOR = "DELETE FROM second_factors WHERE user_id = $1";
    INSERT_CODE = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)";
    TAKE_CODE = "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
    COUNT_CODES = "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    DELETE_CODES = "DELETE FROM recovery_codes WHERE user_id = $1";
}

/// A second factor as it is stored.
#[derive(Clone, Debug)]
pub struct StoredFactor {
    /// Sealed.
    pub secret: String,
    pub created_at: Timestamp,
    /// `None` while it is being set up.
    pub enabled_at: Option<Timestamp>,
}

impl Connection<'_> {
    pub async fn find_second_factor(&mut self, user: &UserId) -> StoreResult<Option<StoredFactor>> {
        let row: Option<(String, i64, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(FIND_FACTOR)
            .bind(user.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(secret, created_at, enabled_at)| StoredFactor {
            secret,
            created_at: Timestamp::from_micros(created_at),
            enabled_at: enabled_at.map(Timestamp::from_micros),
        }))
    }

    /// Stores a pending factor, in place of an earlier pending one. `false` if the user has an enabled factor.
    pub async fn upsert_pending_factor(&mut self, user: &UserId, sealed: &str, now: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(UPSERT_PENDING)
            .bind(user.as_str())
            .bind(sealed)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Enables the pending factor; `false` if there is none. `step` is the time step of the code that was entered.
    pub async fn enable_second_factor(&mut self, user: &UserId, now: Timestamp, step: i64) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(ENABLE_FACTOR)
            .bind(user.as_str())
            .bind(now.as_micros())
            .bind(step)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Uses up the code of a time step and of all earlier ones. `false` if the step's code was used up already.
    pub async fn take_factor_step(&mut self, user: &UserId, step: i64) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(TAKE_STEP)
            .bind(user.as_str())
            .bind(step)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Deletes a factor and its recovery codes; `false` if there was none.
    pub async fn delete_second_factor(&mut self, user: &UserId) -> StoreResult<bool> {
        self.delete_recovery_codes(user).await?;
        let rows = on_backend!(self, connection => sqlx::query(DELETE_FACTOR)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    pub async fn insert_recovery_code(&mut self, user: &UserId, hash: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_CODE)
            .bind(user.as_str())
            .bind(hash)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Uses up a recovery code; `false` if it does not exist or was used.
    pub async fn take_recovery_code(&mut self, user: &UserId, hash: &str, now: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(TAKE_CODE)
            .bind(user.as_str())
            .bind(hash)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Counts the unused recovery codes.
    pub async fn count_recovery_codes(&mut self, user: &UserId) -> StoreResult<i64> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(COUNT_CODES)
            .bind(user.as_str())
            .fetch_one(&mut **connection)
            .await?))
    }

    pub async fn delete_recovery_codes(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_CODES)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
