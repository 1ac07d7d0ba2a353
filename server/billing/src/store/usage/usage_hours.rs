//! Hourly roll-ups of the ledger, written with it on `PostgreSQL` and soon after it on `SQLite`
//! ([`super::usage_roll_up`]). Usage history is computed from them and outlives the events.

use domain::{
    entitlement::history::Span,
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, statements,
};

statements! {
    // One statement reads both tables, so that a day that is folded meanwhile is found in exactly one of them.
    LIST_SPANS = "SELECT starts_at, amount, peak, closing, 0 AS place FROM usage_days \
         WHERE tenant_id = $1 AND feature = $2 AND starts_at >= $3 AND starts_at < $4 \
         UNION ALL SELECT starts_at, amount, peak, closing, 1 AS place FROM usage_hours \
         WHERE tenant_id = $1 AND feature = $2 AND starts_at >= $3 AND starts_at < $4 ORDER BY starts_at, place";
    FIND_LAST_HOUR = "SELECT starts_at, amount, peak, closing FROM usage_hours \
         WHERE tenant_id = $1 AND feature = $2 AND starts_at < $3 ORDER BY starts_at DESC LIMIT 1";
    FIND_LAST_DAY = "SELECT starts_at, amount, peak, closing FROM usage_days \
         WHERE tenant_id = $1 AND feature = $2 AND starts_at < $3 ORDER BY starts_at DESC LIMIT 1";
}

row_statements! {
    pub(in crate::store) ADD_TO_HOURS = "INSERT INTO usage_hours (tenant_id, feature, starts_at, amount, peak, closing) \
         SELECT sent.value ->> 0, sent.value ->> 1, CAST(sent.value ->> 2 AS BIGINT), CAST(sent.value ->> 3 AS BIGINT), \
         CAST(sent.value ->> 4 AS BIGINT), CAST(sent.value ->> 5 AS BIGINT) FROM "
        ROWS " WHERE true ORDER BY 1, 2, 3 ON CONFLICT (tenant_id, feature, starts_at) DO UPDATE SET \
         amount = usage_hours.amount + excluded.amount, \
         peak = CASE WHEN excluded.peak > usage_hours.peak THEN excluded.peak ELSE usage_hours.peak END, \
         closing = excluded.closing";
    SUM_BY_DAY = "SELECT CAST(sent.value ->> 1 AS BIGINT) AS place, ($3 - own.starts_at - 1) / 86400000000 AS back, \
         CAST(sum(own.amount) AS BIGINT) AS amount FROM "
        ROWS " JOIN (SELECT tenant_id, feature, starts_at, amount FROM usage_hours \
         UNION ALL SELECT tenant_id, feature, starts_at, amount FROM usage_days) AS own \
         ON own.tenant_id = $2 AND own.feature = sent.value ->> 0 AND own.starts_at >= $4 AND own.starts_at < $3 \
         GROUP BY place, back";
}

#[derive(sqlx::FromRow)]
struct DailyChangeRow {
    place: i64,
    back: i64,
    amount: i64,
}

/// The change of a feature in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyChange {
    /// Its index among the requested features.
    pub place: usize,
    /// 0 is the last day.
    pub days_ago: usize,
    pub amount: i64,
}

#[derive(sqlx::FromRow)]
struct SpanRow {
    starts_at: i64,
    amount: i64,
    peak: i64,
    closing: i64,
}

impl SpanRow {
    fn read(self) -> Span {
        let Self { starts_at, amount, peak, closing } = self;
        Span {
            starts_at: Timestamp::from_micros(starts_at),
            amount,
            peak: peak.unsigned_abs(),
            closing: closing.unsigned_abs(),
        }
    }
}

impl Connection<'_> {
    /// Lists the hours with usage and the days whose hours were folded, from `from` to before `to`, in order.
    pub async fn list_spans(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        from: Timestamp,
        to: Timestamp,
    ) -> StoreResult<Vec<Span>> {
        let rows: Vec<SpanRow> = on_backend!(self, connection => sqlx::query_as(LIST_SPANS)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(from.as_micros())
            .bind(to.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        Ok(rows.into_iter().map(SpanRow::read).collect())
    }

    /// Finds the last hour with usage before `before`, or the last day if its hours were folded.
    pub async fn find_last_span(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        before: Timestamp,
    ) -> StoreResult<Option<Span>> {
        for statement in [FIND_LAST_HOUR, FIND_LAST_DAY] {
            let row: Option<SpanRow> = on_backend!(self, connection => sqlx::query_as(statement)
                .bind(tenant.as_str())
                .bind(feature.as_str())
                .bind(before.as_micros())
                .fetch_optional(&mut **connection)
                .await?);
            if let Some(row) = row {
                return Ok(Some(row.read()));
            }
        }
        Ok(None)
    }

    /// Sums the changes of several features in each of the `days` days of 24 hours before `to`, the end of an hour.
    /// Days without changes are left out. A UTC day whose hours were folded counts in the 24 hours in which it began.
    pub async fn sum_by_day(
        &mut self,
        tenant: &TenantId,
        features: &[&FeatureKey],
        to: Timestamp,
        days: usize,
    ) -> StoreResult<Vec<DailyChange>> {
        const SECS_PER_DAY: i64 = 86_400;
        let from = to.plus_secs(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(-SECS_PER_DAY));
        let asked = json_rows(features.iter().enumerate().map(|(place, feature)| (feature.as_str(), place)))?;
        let statement = self.row_statement(SUM_BY_DAY);
        let rows: Vec<DailyChangeRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(asked)
            .bind(tenant.as_str())
            .bind(to.as_micros())
            .bind(from.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        let place = |figure| usize::try_from(figure).map_err(|_| StoreError::Corrupt("usage_hours: a day's index"));
        rows.into_iter()
            .map(|DailyChangeRow { place: of, back, amount }| {
                Ok(DailyChange { place: place(of)?, days_ago: place(back)?, amount })
            })
            .collect()
    }
}
