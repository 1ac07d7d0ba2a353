//! Sums over the ledger, to verify counters and roll-ups.

use domain::{ids::TenantId, time::Timestamp};

use super::usage_counters::CounterKey;
use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    LIST_TENANTS_AFTER = "SELECT tenant_id FROM tenants WHERE tenant_id > $1 AND tenant_id <> 'installation' \
         ORDER BY tenant_id LIMIT 500";
    LIST_BALANCES = "SELECT feature, period_start, used, folded FROM usage_counters WHERE tenant_id = $1 \
         ORDER BY feature, period_start";
    SUM_BY_COUNTER = "SELECT feature, period_start, CAST(sum(amount / 1048576) AS BIGINT) AS high, \
         CAST(sum(amount % 1048576) AS BIGINT) AS low FROM usage_events WHERE tenant_id = $1 GROUP BY feature, period_start";
    LIST_HOUR_AMOUNTS = "SELECT feature, starts_at, amount FROM usage_hours WHERE tenant_id = $1";
    SUM_BY_HOUR = "SELECT feature, counted_at - counted_at % 3600000000 AS period_start, \
         CAST(sum(amount / 1048576) AS BIGINT) AS high, CAST(sum(amount % 1048576) AS BIGINT) AS low \
         FROM usage_events WHERE tenant_id = $1 GROUP BY feature, counted_at - counted_at % 3600000000";
    UPDATE_HOUR_AMOUNT = "INSERT INTO usage_hours (tenant_id, feature, starts_at, amount, peak, closing) \
         VALUES ($1, $2, $3, $4, 0, 0) ON CONFLICT (tenant_id, feature, starts_at) DO UPDATE SET amount = excluded.amount";
}

/// A counter's value, and its value before the oldest event in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub counter: CounterKey,
    pub used: i64,
    pub folded: i64,
}

/// A sum of amounts. Its type is wide enough, so that no sum overflows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// A counter, or the hour that begins at `period_start`.
    pub counter: CounterKey,
    pub amount: i128,
}

#[derive(sqlx::FromRow)]
struct SumRow {
    feature: String,
    period_start: i64,
    high: i64,
    low: i64,
}

fn key(tenant: &TenantId, feature: &str, start: i64) -> StoreResult<CounterKey> {
    Ok(CounterKey {
        tenant: tenant.clone(),
        feature: parse(feature, "usage_events.feature")?,
        period_start: (start != 0).then(|| Timestamp::from_micros(start)),
    })
}

impl Connection<'_> {
    /// Lists the next 500 tenants by id, after `last`.
    pub async fn list_tenants_after(&mut self, last: Option<&TenantId>) -> StoreResult<Vec<TenantId>> {
        let ids: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(LIST_TENANTS_AFTER)
            .bind(last.map_or("", TenantId::as_str))
            .fetch_all(&mut **connection)
            .await?);
        ids.iter().map(|id| parse(id, "tenants.tenant_id")).collect()
    }

    pub async fn list_balances(&mut self, tenant: &TenantId) -> StoreResult<Vec<Balance>> {
        let rows: Vec<(String, i64, i64, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_BALANCES)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter()
            .map(|(feature, start, used, folded)| Ok(Balance { counter: key(tenant, &feature, start)?, used, folded }))
            .collect()
    }

    /// Sums the ledger by counter.
    pub async fn sum_by_counter(&mut self, tenant: &TenantId) -> StoreResult<Vec<Sum>> {
        self.sum_events(SUM_BY_COUNTER, tenant).await
    }

    /// Sums the ledger by hour.
    pub async fn sum_by_hour(&mut self, tenant: &TenantId) -> StoreResult<Vec<Sum>> {
        self.sum_events(SUM_BY_HOUR, tenant).await
    }

    async fn sum_events(&mut self, statement: &'static str, tenant: &TenantId) -> StoreResult<Vec<Sum>> {
        // The statement sums the high and low parts of amounts: an intermediate sum of amounts could overflow a column.
        const HIGH: i128 = 1 << 20;
        let rows: Vec<SumRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter()
            .map(|SumRow { feature, period_start, high, low }| {
                let amount = i128::from(high) * HIGH + i128::from(low);
                Ok(Sum { counter: key(tenant, &feature, period_start)?, amount })
            })
            .collect()
    }

    /// Lists the amounts of the roll-ups by hour.
    pub async fn list_hour_amounts(&mut self, tenant: &TenantId) -> StoreResult<Vec<Sum>> {
        let rows: Vec<(String, i64, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_HOUR_AMOUNTS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter()
            .map(|(feature, start, amount)| Ok(Sum { counter: key(tenant, &feature, start)?, amount: amount.into() }))
            .collect()
    }

    /// Sets a roll-up's amount.
    pub async fn update_hour_amount(&mut self, hour: &CounterKey, amount: i64) -> StoreResult<()> {
        let CounterKey { tenant, feature, period_start } = hour;
        on_backend!(self, connection => sqlx::query(UPDATE_HOUR_AMOUNT)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(period_start.map_or(0, Timestamp::as_micros))
            .bind(amount)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
