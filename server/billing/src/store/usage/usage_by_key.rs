//! What each API key reported, by day.

use domain::{
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, statements,
};

statements! {
    LIST_USAGE_BY_KEY = "SELECT used.amount, coalesce(keys.name, installation_keys.name, used.key_id) AS name, \
         installation_keys.key_id IS NOT NULL AS is_installation, \
         coalesce(keys.revoked_at, installation_keys.revoked_at) IS NOT NULL AS is_revoked \
         FROM (SELECT key_id, CAST(sum(amount) AS BIGINT) AS amount FROM usage_by_key \
         WHERE tenant_id = $1 AND feature = $2 AND day >= $3 GROUP BY key_id ORDER BY 2 DESC, 1 LIMIT $4) AS used \
         LEFT JOIN api_keys AS keys ON keys.tenant_id = $1 AND keys.key_id = used.key_id \
         LEFT JOIN installation_keys ON installation_keys.key_id = used.key_id \
         ORDER BY used.amount DESC, used.key_id";
}

row_statements! {
    // A tenant that was erased meanwhile gets no rows.
    ADD_TO_KEYS = "INSERT INTO usage_by_key (tenant_id, feature, day, key_id, amount) \
         SELECT sent.value ->> 0, sent.value ->> 1, CAST(sent.value ->> 2 AS BIGINT), sent.value ->> 3, \
         CAST(sent.value ->> 4 AS BIGINT) FROM "
        ROWS " JOIN tenants ON tenants.tenant_id = sent.value ->> 0 WHERE true ORDER BY 1, 2, 3, 4 \
         ON CONFLICT (tenant_id, feature, day, key_id) DO UPDATE SET amount = usage_by_key.amount + excluded.amount";
}

/// What one key reported of a feature on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDay {
    pub tenant: TenantId,
    pub feature: FeatureKey,
    /// The start of the day (UTC, billing time).
    pub day: Timestamp,
    pub key: String,
    /// In the feature's unit.
    pub amount: u64,
}

/// What one key reported of a feature.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeyUsageRow {
    pub amount: i64,
    /// The key's name; its id if it has none any more.
    pub name: String,
    pub is_installation: bool,
    pub is_revoked: bool,
}

impl Connection<'_> {
    /// Adds amounts to the sums by key.
    pub async fn add_usage_by_key(&mut self, days: &[KeyDay]) -> StoreResult<()> {
        let rows = json_rows(days.iter().map(|KeyDay { tenant, feature, day, key, amount }| {
            (tenant.as_str(), feature.as_str(), day.as_micros(), key, amount)
        }))?;
        let statement = self.row_statement(ADD_TO_KEYS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(rows)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists what keys reported of a feature since `from`, the largest first, at most `most` keys.
    pub async fn list_usage_by_key(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        from: Timestamp,
        most: i64,
    ) -> StoreResult<Vec<KeyUsageRow>> {
        let rows: Vec<KeyUsageRow> = on_backend!(self, connection => sqlx::query_as(LIST_USAGE_BY_KEY)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(from.as_micros())
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        Ok(rows)
    }
}
