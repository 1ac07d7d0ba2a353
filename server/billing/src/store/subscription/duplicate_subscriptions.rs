//! Duplicate subscriptions: paid beside another one, and how they were settled.

use domain::{
    ids::TenantId,
    money::Money,
    subscription::{
        Provider,
        lifecycle::{DuplicateState, DuplicateSubscription},
    },
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_DUPLICATE = "INSERT INTO doubled_subscriptions (tenant_id, provider, external_id, plan, kept, state, found_at) \
         VALUES ($1, $2, $3, $4, $5, 'found', $6) ON CONFLICT (tenant_id, provider, external_id) \
         DO UPDATE SET kept = excluded.kept, state = 'found', found_at = excluded.found_at \
         WHERE doubled_subscriptions.state = 'dropped'";
    FIND_DUPLICATE = "SELECT provider, external_id, plan, kept, state, refunded_minor, currency, reason, found_at \
         FROM doubled_subscriptions WHERE tenant_id = $1 AND provider = $2 AND external_id = $3";
    LIST_DUPLICATES = "SELECT provider, external_id, plan, kept, state, refunded_minor, currency, reason, found_at \
         FROM doubled_subscriptions WHERE tenant_id = $1 ORDER BY found_at DESC, external_id LIMIT 20";
    DECIDE_DUPLICATE = "UPDATE doubled_subscriptions SET state = 'canceling' \
         WHERE tenant_id = $1 AND provider = $2 AND external_id = $3 AND state = 'found'";
    SETTLE_DUPLICATE = "UPDATE doubled_subscriptions SET state = $4, refunded_minor = $5, currency = $6, reason = $7 \
         WHERE tenant_id = $1 AND provider = $2 AND external_id = $3 AND state IN ('found', 'canceling')";
}

#[derive(sqlx::FromRow)]
struct DuplicateRow {
    provider: String,
    external_id: String,
    plan: String,
    kept: String,
    state: String,
    refunded_minor: Option<i64>,
    currency: Option<String>,
    reason: Option<String>,
    found_at: i64,
}

impl DuplicateRow {
    fn read(self) -> StoreResult<DuplicateSubscription> {
        let Self { provider, external_id, plan, kept, state, refunded_minor, currency, reason, found_at } = self;
        let currency = currency.map(|code| parse(&code, "doubled_subscriptions.currency")).transpose()?;
        Ok(DuplicateSubscription {
            provider: parse(&provider, "doubled_subscriptions.provider")?,
            external_id,
            plan: parse(&plan, "doubled_subscriptions.plan")?,
            kept_external_id: kept,
            state: parse(&state, "doubled_subscriptions.state")?,
            refunded: refunded_minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency)),
            reason,
            found_at: Timestamp::from_micros(found_at),
        })
    }
}

/// The outcome of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub state: DuplicateState,
    pub refunded: Option<Money>,
    pub reason: Option<String>,
}

impl Connection<'_> {
    /// Inserts a duplicate. `false` if it was found before. Else raises the tenant's revision: views in memory know whether
    /// a tenant has any.
    pub async fn insert_duplicate(&mut self, tenant: &TenantId, found: &DuplicateSubscription) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_DUPLICATE)
            .bind(tenant.as_str())
            .bind(found.provider.as_str())
            .bind(&found.external_id)
            .bind(found.plan.as_str())
            .bind(&found.kept_external_id)
            .bind(found.found_at.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        let is_new = rows == 1;
        if is_new {
            self.touch_tenant(tenant).await?;
        }
        Ok(is_new)
    }

    pub async fn find_duplicate(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        external_id: &str,
    ) -> StoreResult<Option<DuplicateSubscription>> {
        let row: Option<DuplicateRow> = on_backend!(self, connection => sqlx::query_as(FIND_DUPLICATE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(DuplicateRow::read).transpose()
    }

    /// Lists a tenant's duplicates, the newest first, at most 20.
    pub async fn list_duplicates(&mut self, tenant: &TenantId) -> StoreResult<Vec<DuplicateSubscription>> {
        let rows: Vec<DuplicateRow> = on_backend!(self, connection => sqlx::query_as(LIST_DUPLICATES)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(DuplicateRow::read).collect()
    }

    /// Marks a duplicate for cancellation and refund. Later changes of the other subscription do not revoke this.
    pub async fn decide_duplicate(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        external_id: &str,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DECIDE_DUPLICATE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Stores the outcome of a duplicate that is not settled yet.
    pub async fn settle_duplicate(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        external_id: &str,
        settled: &Settlement,
    ) -> StoreResult<()> {
        let Settlement { state, refunded, reason } = settled;
        on_backend!(self, connection => sqlx::query(SETTLE_DUPLICATE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(state.as_str())
            .bind(refunded.map(|money| money.minor))
            .bind(refunded.map(|money| money.currency.code()))
            .bind(reason)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
