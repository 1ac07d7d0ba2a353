//! Columns sealed under the installation's sealing key, so that they can be sealed again under another key.

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    LIST_DATA_KEYS = "SELECT tenant_id, sealed_key FROM tenant_data_keys WHERE tenant_id > $1 ORDER BY tenant_id LIMIT 100";
    UPDATE_DATA_KEY = "UPDATE tenant_data_keys SET sealed_key = $3 WHERE tenant_id = $1 AND sealed_key = $2";
    LIST_ANSWERS = "SELECT key_hash, answer FROM idempotency_keys WHERE key_hash > $1 AND answer IS NOT NULL ORDER BY key_hash LIMIT 100";
    UPDATE_ANSWER = "UPDATE idempotency_keys SET answer = $3 WHERE key_hash = $1 AND answer = $2";
    LIST_ENDPOINT_SECRETS = "SELECT tenant_id || ' ' || endpoint_id, secret FROM webhook_endpoints \
         WHERE tenant_id || ' ' || endpoint_id > $1 ORDER BY 1 LIMIT 100";
    UPDATE_ENDPOINT_SECRET = "UPDATE webhook_endpoints SET secret = $3 WHERE tenant_id || ' ' || endpoint_id = $1 AND secret = $2";
    LIST_FORMER_SECRETS = "SELECT tenant_id || ' ' || endpoint_id, former_secret FROM webhook_endpoints \
         WHERE tenant_id || ' ' || endpoint_id > $1 AND former_secret IS NOT NULL ORDER BY 1 LIMIT 100";
    LIST_FACTORS = "SELECT user_id, secret FROM second_factors WHERE user_id > $1 ORDER BY user_id LIMIT 100";
    UPDATE_FACTOR = "UPDATE second_factors SET secret = $3 WHERE user_id = $1 AND secret = $2";
    UPDATE_FORMER_SECRET = "UPDATE webhook_endpoints SET former_secret = $3 \
         WHERE tenant_id || ' ' || endpoint_id = $1 AND former_secret = $2";
}

/// A column of sealed values. A value is sealed for a place: the name of the column in which it was sealed, a blank,
/// and the row's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    pub name: &'static str,
    sealed_in: &'static str,
    /// Whether a value that can't be opened is a loss: `false` if values of the column expire soon anyway.
    pub is_lasting: bool,
    /// Lists the next hundred rows by key.
    list: &'static str,
    /// Updates a value unless it changed since it was read.
    update: &'static str,
}

impl SealedColumn {
    pub const DATA_KEYS: Self = Self::new("tenant_data_keys.sealed_key", true, LIST_DATA_KEYS, UPDATE_DATA_KEY);
    pub const ANSWERS: Self = Self::new("idempotency_keys.answer", false, LIST_ANSWERS, UPDATE_ANSWER);
    /// The row's key is the tenant's id and the endpoint's id, separated by a blank.
    pub const ENDPOINT_SECRETS: Self =
        Self::new("webhook_endpoints.secret", true, LIST_ENDPOINT_SECRETS, UPDATE_ENDPOINT_SECRET);
    /// A former secret was sealed while it was the current one, so its place names the column of current secrets.
    const FORMER_SECRETS: Self = Self {
        sealed_in: Self::ENDPOINT_SECRETS.name,
        ..Self::new("webhook_endpoints.former_secret", false, LIST_FORMER_SECRETS, UPDATE_FORMER_SECRET)
    };
    /// The row's key is the user's id.
    pub const SECOND_FACTORS: Self = Self::new("second_factors.secret", true, LIST_FACTORS, UPDATE_FACTOR);
    /// Every column that is sealed under the installation's sealing key must be listed here.
    pub const ALL: [Self; 5] =
        [Self::DATA_KEYS, Self::ANSWERS, Self::ENDPOINT_SECRETS, Self::FORMER_SECRETS, Self::SECOND_FACTORS];

    const fn new(name: &'static str, is_lasting: bool, list: &'static str, update: &'static str) -> Self {
        Self { name, sealed_in: name, is_lasting, list, update }
    }

    /// The place that a row's value is sealed for.
    pub fn place(self, key: &str) -> String {
        [self.sealed_in, key].join(" ")
    }
}

impl Connection<'_> {
    /// Lists the keys and sealed values of a column's next hundred rows, after the key `after`.
    pub async fn list_sealed(&mut self, column: SealedColumn, after: &str) -> StoreResult<Vec<(String, String)>> {
        Ok(on_backend!(self, connection => sqlx::query_as(column.list).bind(after).fetch_all(&mut **connection).await?))
    }

    /// Replaces a sealed value. `false` if it is no longer `before`.
    pub async fn update_sealed(
        &mut self,
        column: SealedColumn,
        key: &str,
        before: &str,
        sealed: &str,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(column.update)
            .bind(key)
            .bind(before)
            .bind(sealed)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }
}
