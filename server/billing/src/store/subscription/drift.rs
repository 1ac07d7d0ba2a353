//! Drift: stored subscriptions that differed from the provider's and were corrected.

use domain::{
    ids::TenantId,
    subscription::lifecycle::{Drift, Terms},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult, on_backend, parse, statements, tenant::tenants::page_position::PagePosition,
};

statements! {
    INSERT_DRIFT = "INSERT INTO drift (tenant_id, found_at, provider, external_id, found_by, was, became) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, found_at, provider, external_id) DO NOTHING";
    LIST_DRIFT = "SELECT found_at, provider, external_id, found_by, was, became FROM drift \
         WHERE tenant_id = $1 ORDER BY found_at DESC, provider, external_id LIMIT 20";
    LIST_DRIFT_BEFORE = "SELECT found_at, provider, external_id, found_by, was, became FROM drift \
         WHERE tenant_id = $1 AND found_at <= $2 AND (found_at, provider || ':' || external_id) < ($2, $3) \
         ORDER BY found_at DESC, provider || ':' || external_id DESC LIMIT 51";
}

#[derive(sqlx::FromRow)]
struct DriftRow {
    found_at: i64,
    provider: String,
    external_id: String,
    found_by: String,
    was: Option<String>,
    became: String,
}

impl DriftRow {
    fn read(self) -> StoreResult<Drift> {
        let Self { found_at, provider, external_id, found_by, was, became } = self;
        Ok(Drift {
            provider: parse(&provider, "drift.provider")?,
            external_id,
            was: was.map(|was| decode(&was)).transpose()?,
            became: decode(&became)?,
            found_by: parse(&found_by, "drift.found_by")?,
            found_at: Timestamp::from_micros(found_at),
        })
    }
}

fn decode(text: &str) -> StoreResult<Terms> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("drift"))
}

fn encode(terms: &Terms) -> StoreResult<String> {
    serde_json::to_string(terms).map_err(|_| StoreError::Corrupt("drift"))
}

impl Connection<'_> {
    pub async fn insert_drift(&mut self, tenant: &TenantId, drift: &Drift) -> StoreResult<()> {
        let Drift { provider, external_id, was, became, found_by, found_at } = drift;
        let (was, became) = (was.as_ref().map(encode).transpose()?, encode(became)?);
        on_backend!(self, connection => sqlx::query(INSERT_DRIFT)
            .bind(tenant.as_str())
            .bind(found_at.as_micros())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(found_by.as_str())
            .bind(was)
            .bind(became)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists a tenant's corrected differences before `before`, newest first, at most one more than a page of the desk. The
    /// id of a difference's position is `PROVIDER:SUBSCRIPTION`.
    pub async fn list_drift_before(&mut self, tenant: &TenantId, before: &PagePosition) -> StoreResult<Vec<Drift>> {
        let rows: Vec<DriftRow> = on_backend!(self, connection => sqlx::query_as(LIST_DRIFT_BEFORE)
            .bind(tenant.as_str())
            .bind(before.at.as_micros())
            .bind(&before.id)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(DriftRow::read).collect()
    }

    /// Lists a tenant's corrected differences, the newest first, at most 20.
    pub async fn list_drift(&mut self, tenant: &TenantId) -> StoreResult<Vec<Drift>> {
        let rows: Vec<DriftRow> = on_backend!(self, connection => sqlx::query_as(LIST_DRIFT)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(DriftRow::read).collect()
    }
}
