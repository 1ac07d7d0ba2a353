//! Folding: old events leave the ledger and stay counted, old hours become days. Each call is bounded and exact: what
//! is deleted is what is added, in the caller's transaction.

use std::collections::BTreeMap;

use domain::{
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::usage_counters::{CounterKey, start_micros};
use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

const MICROS_PER_DAY: i64 = 86_400_000_000;
const HOURS_PER_DAY: i64 = 24;

statements! {
    FIND_OLD_EVENT = "SELECT CAST(1 AS BIGINT) FROM usage_events WHERE recorded_at < $1 ORDER BY recorded_at LIMIT 1";
    DELETE_OLD_EVENTS = "DELETE FROM usage_events WHERE (tenant_id, source, event_id, part) IN \
         (SELECT tenant_id, source, event_id, part FROM usage_events WHERE recorded_at < $1 \
         ORDER BY recorded_at LIMIT $2) RETURNING tenant_id, feature, period_start, amount";
    DELETE_EVENTS_OF_TENANT = "DELETE FROM usage_events WHERE (tenant_id, source, event_id, part) IN \
         (SELECT tenant_id, source, event_id, part FROM usage_events WHERE tenant_id = $1 LIMIT $2) \
         RETURNING tenant_id, feature, period_start, amount";
    FIND_OLD_COUNTER = "SELECT CAST(1 AS BIGINT) FROM usage_counters WHERE feature = $2 AND period_start > 0 \
         AND period_start < $1 AND folded = used ORDER BY period_start LIMIT 1";
    // The condition is repeated outside the sub-query: on PostgreSQL a deletion that waited for the row checks it
    // again.
    DELETE_OLD_COUNTERS = "DELETE FROM usage_counters WHERE folded = used AND (tenant_id, feature, period_start) IN \
         (SELECT tenant_id, feature, period_start FROM usage_counters WHERE feature = $2 AND period_start > 0 \
         AND period_start < $1 AND folded = used ORDER BY period_start LIMIT $3)";
    FIND_OLD_HOUR = "SELECT CAST(1 AS BIGINT) FROM usage_hours WHERE starts_at < $1 ORDER BY starts_at LIMIT 1";
    // Deletes, for each of the oldest rows, all hours of the row's feature on the row's day.
    DELETE_OLD_HOURS = "DELETE FROM usage_hours WHERE (tenant_id, feature, starts_at) IN \
         (SELECT own.tenant_id, own.feature, own.starts_at FROM (SELECT DISTINCT head.tenant_id, head.feature, \
         head.starts_at - head.starts_at % 86400000000 AS day FROM (SELECT tenant_id, feature, starts_at FROM usage_hours \
         WHERE starts_at < $1 ORDER BY starts_at LIMIT $2) AS head) AS due CROSS JOIN usage_hours AS own \
         WHERE own.tenant_id = due.tenant_id AND own.feature = due.feature AND own.starts_at >= due.day \
         AND own.starts_at < due.day + 86400000000) RETURNING tenant_id, feature, starts_at, amount, peak, closing";
}

row_statements! {
    ADD_TO_FOLDED = "UPDATE usage_counters SET folded = folded + CAST(sent.value ->> 3 AS BIGINT) FROM "
        ROWS " WHERE usage_counters.tenant_id = sent.value ->> 0 AND usage_counters.feature = sent.value ->> 1 \
         AND usage_counters.period_start = CAST(sent.value ->> 2 AS BIGINT)";
    ADD_TO_DAYS = "INSERT INTO usage_days (tenant_id, feature, starts_at, amount, peak, closing) \
         SELECT sent.value ->> 0, sent.value ->> 1, CAST(sent.value ->> 2 AS BIGINT), CAST(sent.value ->> 3 AS BIGINT), \
         CAST(sent.value ->> 4 AS BIGINT), CAST(sent.value ->> 5 AS BIGINT) FROM "
        ROWS " WHERE true ORDER BY 1, 2, 3 ON CONFLICT (tenant_id, feature, starts_at) DO UPDATE SET \
         amount = usage_days.amount + excluded.amount, \
         peak = CASE WHEN excluded.peak > usage_days.peak THEN excluded.peak ELSE usage_days.peak END, \
         closing = excluded.closing";
}

#[derive(sqlx::FromRow)]
struct EventRow {
    tenant_id: String,
    feature: String,
    period_start: i64,
    amount: i64,
}

#[derive(sqlx::FromRow)]
struct HourRow {
    tenant_id: String,
    feature: String,
    starts_at: i64,
    amount: i64,
    peak: i64,
    closing: i64,
}

/// The sum of a feature's hours on one day.
#[derive(Debug, Default)]
struct DaySum {
    amount: i64,
    peak: i64,
    closing: i64,
}

impl EventRow {
    fn counter(&self) -> StoreResult<CounterKey> {
        let tenant: TenantId = parse(&self.tenant_id, "usage_events.tenant_id")?;
        let feature: FeatureKey = parse(&self.feature, "usage_events.feature")?;
        let period_start = (self.period_start != 0).then(|| Timestamp::from_micros(self.period_start));
        Ok(CounterKey { tenant, feature, period_start })
    }
}

impl Connection<'_> {
    /// Whether the ledger has events that were recorded before `before`: one look-up on an index.
    pub async fn has_old_events(&mut self, before: Timestamp) -> StoreResult<bool> {
        self.has_old(FIND_OLD_EVENT, before).await
    }

    /// Deletes the oldest events that were recorded before `before`, at most `most`, and adds their amounts to `folded`
    /// of their counters. Returns how many.
    pub async fn fold_events(&mut self, before: Timestamp, most: i64) -> StoreResult<u64> {
        self.roll_up_all_events().await?;
        let rows: Vec<EventRow> = on_backend!(&mut *self, connection => sqlx::query_as(DELETE_OLD_EVENTS)
            .bind(before.as_micros())
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        self.add_to_folded(&rows).await
    }

    /// Deletes events of a tenant, at most `most`, and adds them to what its counters have folded. Returns how many.
    pub async fn fold_events_of(&mut self, tenant: &TenantId, most: i64) -> StoreResult<u64> {
        self.roll_up_all_events().await?;
        let rows: Vec<EventRow> = on_backend!(&mut *self, connection => sqlx::query_as(DELETE_EVENTS_OF_TENANT)
            .bind(tenant.as_str())
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        self.add_to_folded(&rows).await
    }

    /// Adds deleted events to what their counters have folded. Returns how many.
    async fn add_to_folded(&mut self, rows: &[EventRow]) -> StoreResult<u64> {
        let mut sums = BTreeMap::<CounterKey, i64>::new();
        for row in rows {
            let sum = sums.entry(row.counter()?).or_default();
            *sum = sum.checked_add(row.amount).ok_or(StoreError::Corrupt("usage_events.amount"))?;
        }
        // Locks in the same order as the usage writer, so that the two can't deadlock.
        let counters: Vec<_> = sums.keys().cloned().collect();
        self.lock_counters(&counters).await?;
        let added = json_rows(sums.iter().map(|(counter, amount)| {
            let CounterKey { tenant, feature, period_start } = counter;
            (tenant.as_str(), feature.as_str(), start_micros(*period_start), amount)
        }))?;
        let statement = self.row_statement(ADD_TO_FOLDED);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(added)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(count(rows.len()))
    }

    /// Whether a feature has counters that [`Self::delete_old_counters`] deletes.
    pub async fn has_old_counters(&mut self, feature: &FeatureKey, before: Timestamp) -> StoreResult<bool> {
        let found: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_OLD_COUNTER)
            .bind(before.as_micros())
            .bind(feature.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(found.is_some())
    }

    /// Deletes a feature's counters of periods that began before `before` and have no events left, at most `most`.
    /// Returns how many. The caller ensures that such periods have ended.
    pub async fn delete_old_counters(
        &mut self,
        feature: &FeatureKey,
        before: Timestamp,
        most: i64,
    ) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(DELETE_OLD_COUNTERS)
            .bind(before.as_micros())
            .bind(feature.as_str())
            .bind(most)
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Whether there are hours before `before`: one look-up on an index.
    pub async fn has_old_hours(&mut self, before: Timestamp) -> StoreResult<bool> {
        self.has_old(FIND_OLD_HOUR, before).await
    }

    /// Folds the oldest hours before `before` (the start of a day) into days, about `most` hours: each day of a feature
    /// is folded as a whole. Returns how many hours.
    pub async fn fold_hours(&mut self, before: Timestamp, most: i64) -> StoreResult<u64> {
        let mut rows: Vec<HourRow> = on_backend!(&mut *self, connection => sqlx::query_as(DELETE_OLD_HOURS)
            .bind(before.as_micros())
            .bind((most / HOURS_PER_DAY).max(1))
            .fetch_all(&mut **connection)
            .await?);
        rows.sort_by_key(|row| row.starts_at);
        let mut days = BTreeMap::<(&str, &str, i64), DaySum>::new();
        for row in &rows {
            let HourRow { tenant_id, feature, starts_at, amount, peak, closing } = row;
            let day = starts_at - starts_at.rem_euclid(MICROS_PER_DAY);
            let sum = days.entry((tenant_id.as_str(), feature.as_str(), day)).or_default();
            sum.amount = sum.amount.checked_add(*amount).ok_or(StoreError::Corrupt("usage_hours.amount"))?;
            sum.peak = sum.peak.max(*peak);
            // The rows are in order, so the last hour's value remains.
            sum.closing = *closing;
        }
        let added = json_rows(days.iter().map(|((tenant, feature, day), sum)| {
            let DaySum { amount, peak, closing } = sum;
            (tenant, feature, day, amount, peak, closing)
        }))?;
        let statement = self.row_statement(ADD_TO_DAYS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(added)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(count(rows.len()))
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
