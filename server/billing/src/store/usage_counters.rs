//! Counters of what a tenant uses: one a feature and period, a gauge's period beginning at 0.

use domain::{
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{Link, StoreError, StoreResult, on_backend, parse, statements};

statements! {
    LIST_COUNTERS = "SELECT feature, period_start, used FROM usage_counters WHERE tenant_id = $1 AND (period_start = 0 OR period_start >= $2)";
    FIND_COUNTER = "SELECT used FROM usage_counters WHERE tenant_id = $1 AND feature = $2 AND period_start = $3";
    UPSERT_COUNTER = "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, feature, period_start) DO UPDATE SET used = excluded.used, updated_at = excluded.updated_at";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub feature: FeatureKey,
    /// `None` for a gauge.
    pub period_start: Option<Timestamp>,
    pub used: u64,
}

fn read_used(used: i64) -> StoreResult<u64> {
    u64::try_from(used).map_err(|_| StoreError::Corrupt("usage_counters.used"))
}

impl Link<'_> {
    /// Gauges, and counters of periods that began at `since` or later.
    pub async fn list_counters(&mut self, tenant: &TenantId, since: Timestamp) -> StoreResult<Vec<Counter>> {
        let rows: Vec<(String, i64, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_COUNTERS)
            .bind(tenant.as_str())
            .bind(since.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter()
            .map(|(feature, period_start, used)| {
                Ok(Counter {
                    feature: parse(&feature, "usage_counters.feature")?,
                    period_start: (period_start != 0).then(|| Timestamp::from_micros(period_start)),
                    used: read_used(used)?,
                })
            })
            .collect()
    }

    /// How much of one feature is used in the period that began at `period_start`, or of a gauge (`None`).
    pub async fn find_counter(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        period_start: Option<Timestamp>,
    ) -> StoreResult<Option<u64>> {
        let used: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_COUNTER)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(period_start.map_or(0, Timestamp::as_micros))
            .fetch_optional(&mut **connection)
            .await?);
        used.map(read_used).transpose()
    }

    /// Sets a counter to an absolute value.
    pub async fn upsert_counter(&mut self, tenant: &TenantId, counter: &Counter, now: Timestamp) -> StoreResult<()> {
        let used = i64::try_from(counter.used).map_err(|_| StoreError::Corrupt("usage_counters.used"))?;
        on_backend!(self, connection => sqlx::query(UPSERT_COUNTER)
            .bind(tenant.as_str())
            .bind(counter.feature.as_str())
            .bind(counter.period_start.map_or(0, Timestamp::as_micros))
            .bind(used)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
