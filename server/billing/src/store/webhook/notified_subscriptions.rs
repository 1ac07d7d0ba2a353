//! The subscription data that endpoints were last notified of, by tenant.

use domain::ids::TenantId;
use serde_json::Value;

use crate::store::{Connection, StoreError, StoreResult, on_backend, statements};

statements! {
    FIND_NOTIFIED = "SELECT data FROM told_subscriptions WHERE tenant_id = $1";
    UPSERT_NOTIFIED = "INSERT INTO told_subscriptions (tenant_id, data) VALUES ($1, $2) \
         ON CONFLICT (tenant_id) DO UPDATE SET data = excluded.data";
}

impl Connection<'_> {
    /// Finds the data; `None` before the first notification.
    pub async fn find_notified_subscription(&mut self, tenant: &TenantId) -> StoreResult<Option<Value>> {
        let data: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_NOTIFIED)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        let data = data.map(|data| serde_json::from_str(&data)).transpose();
        data.map_err(|_| StoreError::Corrupt("told_subscriptions.data"))
    }

    pub async fn upsert_notified_subscription(&mut self, tenant: &TenantId, data: &Value) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPSERT_NOTIFIED)
            .bind(tenant.as_str())
            .bind(data.to_string())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
