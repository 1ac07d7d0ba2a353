//! Usage alerts that were sent: each kind once in its period.

use std::collections::HashSet;

use domain::{
    entitlement::alert::{Alert, AlertKind},
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
    tenant::tenants::page_position::PagePosition,
};

statements! {
    LIST_ALERTS = "SELECT feature, told_since, kind, told_at, used, limit_then FROM usage_alerts \
         WHERE tenant_id = $1 ORDER BY told_at DESC, feature, kind LIMIT 100";
    LIST_ALERTS_BEFORE = "SELECT feature, told_since, kind, told_at, used, limit_then FROM usage_alerts \
         WHERE tenant_id = $1 AND (told_at, feature || ':' || kind || ':' || CAST(told_since AS TEXT)) < ($2, $3) \
         ORDER BY told_at DESC, feature || ':' || kind || ':' || CAST(told_since AS TEXT) DESC LIMIT 51";
    FIND_ALERT = "SELECT feature, told_since, kind, told_at, used, limit_then FROM usage_alerts \
         WHERE tenant_id = $1 AND feature = $2 AND told_since = $3 AND kind = $4";
    CLOSE_ALERTS = "UPDATE usage_alerts SET told_since = told_at WHERE tenant_id = $1 AND feature = $2 \
         AND told_since = $3";
}

row_statements! {
    INSERT_ALERTS = "INSERT INTO usage_alerts (tenant_id, feature, told_since, kind, told_at, used, limit_then) \
         SELECT sent.value ->> 0, sent.value ->> 1, CAST(sent.value ->> 2 AS BIGINT), sent.value ->> 3, \
         CAST(sent.value ->> 4 AS BIGINT), CAST(sent.value ->> 5 AS BIGINT), CAST(sent.value ->> 6 AS BIGINT) FROM "
        ROWS " WHERE true ORDER BY 1, 2, 3, 4 ON CONFLICT (tenant_id, feature, told_since, kind) DO NOTHING \
         RETURNING tenant_id, feature, kind";
}

#[derive(sqlx::FromRow)]
struct AlertRow {
    feature: String,
    #[sqlx(rename = "told_since")]
    period_start: i64,
    kind: String,
    #[sqlx(rename = "told_at")]
    sent_at: i64,
    used: i64,
    limit_then: Option<i64>,
}

impl AlertRow {
    fn read(self) -> StoreResult<Alert> {
        let Self { feature, period_start, kind, sent_at, used, limit_then } = self;
        Ok(Alert {
            feature: parse(&feature, "usage_alerts.feature")?,
            period_start: Timestamp::from_micros(period_start),
            kind: parse(&kind, "usage_alerts.kind")?,
            sent_at: Timestamp::from_micros(sent_at),
            used: u64::try_from(used).map_err(|_| StoreError::Corrupt("usage_alerts.used"))?,
            limit: crate::store::limit_from_column(limit_then),
        })
    }
}

impl Connection<'_> {
    /// Lets each kind of alert be sent again for a feature and period. Alerts that were sent stay listed.
    pub async fn close_alerts(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        period_start: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(CLOSE_ALERTS)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(period_start.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Inserts alerts. Returns tenant, feature and kind of the new alerts. An alert is new unless its kind was sent for
    /// its feature and period before.
    pub async fn insert_alerts(
        &mut self,
        alerts: &[(TenantId, Alert)],
    ) -> StoreResult<HashSet<(String, String, String)>> {
        let rows = json_rows(alerts.iter().map(|(tenant, alert)| {
            let Alert { feature, period_start, kind, sent_at, used, limit } = alert;
            let (period_start, sent_at) = (period_start.as_micros(), sent_at.as_micros());
            (
                tenant.as_str(),
                feature.as_str(),
                period_start,
                kind.as_str(),
                sent_at,
                used,
                crate::store::limit_to_column(*limit),
            )
        }))?;
        let statement = self.row_statement(INSERT_ALERTS);
        let new: Vec<_> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(rows)
            .fetch_all(&mut **connection)
            .await?);
        Ok(new.into_iter().collect())
    }

    /// Lists a tenant's alerts, newest first, at most 100. The limit is part of the statement: with a bound limit,
    /// `SQLite` would plan the statement anew each time.
    pub async fn list_alerts(&mut self, tenant: &TenantId) -> StoreResult<Vec<Alert>> {
        let rows: Vec<AlertRow> = on_backend!(self, connection => sqlx::query_as(LIST_ALERTS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(AlertRow::read).collect()
    }

    /// Lists a tenant's alerts before `before`, newest first, at most one more than a page of the desk. The id of an
    /// alert's position is `FEATURE:KIND:PERIOD_START`.
    pub async fn list_alerts_before(
        &mut self,
        tenant: &TenantId,
        before: &PagePosition,
    ) -> StoreResult<Vec<(String, Alert)>> {
        let rows: Vec<AlertRow> = on_backend!(self, connection => sqlx::query_as(LIST_ALERTS_BEFORE)
            .bind(tenant.as_str())
            .bind(before.at.as_micros())
            .bind(&before.id)
            .fetch_all(&mut **connection)
            .await?);
        let read = |row: AlertRow| Ok((format!("{}:{}:{}", row.feature, row.kind, row.period_start), row.read()?));
        rows.into_iter().map(read).collect()
    }

    pub async fn find_alert(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        period_start: Timestamp,
        kind: AlertKind,
    ) -> StoreResult<Option<Alert>> {
        let row: Option<AlertRow> = on_backend!(self, connection => sqlx::query_as(FIND_ALERT)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(period_start.as_micros())
            .bind(kind.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(AlertRow::read).transpose()
    }
}
