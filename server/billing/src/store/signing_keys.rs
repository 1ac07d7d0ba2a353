//! Keys of this installation, made by the first node that needs one.

use domain::time::Timestamp;

use super::{Link, StoreResult, on_backend, statements};

statements! {
    INSERT_SIGNING_KEY = "INSERT INTO signing_keys (purpose, signing_key, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT (purpose) DO NOTHING";
    FIND_SIGNING_KEY = "SELECT signing_key FROM signing_keys WHERE purpose = $1";
}

impl Link<'_> {
    pub async fn find_signing_key(&mut self, purpose: &str) -> StoreResult<Option<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(FIND_SIGNING_KEY)
            .bind(purpose)
            .fetch_optional(&mut **connection)
            .await?))
    }

    /// No-op where there is one.
    pub async fn insert_signing_key(&mut self, purpose: &str, key: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_SIGNING_KEY)
            .bind(purpose)
            .bind(key)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
