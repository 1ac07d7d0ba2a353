//! Subscriptions of a tenant's customer that Dues does not act on.

use domain::{
    ids::TenantId,
    subscription::{Provider, UnmanagedReason, UnmanagedSubscription},
    time::Timestamp,
};

use super::{Link, StoreResult, on_backend, parse, statements};

/// As many as are kept of one customer.
pub const MOST_ASIDE: usize = 50;

statements! {
    LIST_ASIDE = "SELECT provider, external_id, reason, described, detail, first_seen_at, is_shown FROM aside_subscriptions \
         WHERE tenant_id = $1 ORDER BY first_seen_at DESC, provider, external_id";
    UPSERT_ASIDE = "INSERT INTO aside_subscriptions \
         (tenant_id, provider, external_id, reason, described, detail, is_shown, first_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, provider, external_id) DO UPDATE SET \
         reason = excluded.reason, described = excluded.described, detail = excluded.detail, is_shown = excluded.is_shown";
    DELETE_ASIDE = "DELETE FROM aside_subscriptions WHERE tenant_id = $1 AND provider = $2 AND external_id = $3";
    LIST_ASIDE_OF_ALL = "SELECT own.tenant_id, tenants.name, own.provider, own.external_id, own.reason, own.described, \
         own.detail, own.first_seen_at, own.is_shown FROM aside_subscriptions AS own \
         JOIN tenants ON tenants.tenant_id = own.tenant_id WHERE own.is_shown = TRUE \
         ORDER BY own.first_seen_at DESC, own.tenant_id, own.external_id LIMIT 51";
}

#[derive(sqlx::FromRow)]
struct AsideRow {
    provider: String,
    external_id: String,
    reason: String,
    described: String,
    detail: Option<String>,
    first_seen_at: i64,
    is_shown: bool,
}

#[derive(sqlx::FromRow)]
struct AsideOfAllRow {
    tenant_id: String,
    name: String,
    #[sqlx(flatten)]
    own: AsideRow,
}

impl AsideRow {
    fn read(self) -> StoreResult<StoredAside> {
        let Self { provider, external_id, reason, described, detail, first_seen_at, is_shown } = self;
        let subscription = UnmanagedSubscription {
            provider: parse(&provider, "aside_subscriptions.provider")?,
            external_id,
            reason: parse::<UnmanagedReason>(&reason, "aside_subscriptions.reason")?,
            described,
            detail,
            first_seen_at: Timestamp::from_micros(first_seen_at),
        };
        Ok(StoredAside { subscription, is_shown })
    }
}

/// One with whether it is still so, or was once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAside {
    pub subscription: UnmanagedSubscription,
    pub is_shown: bool,
}

impl StoredAside {
    pub fn is(&self, provider: Provider, external_id: &str) -> bool {
        (self.subscription.provider, self.subscription.external_id.as_str()) == (provider, external_id)
    }
}

impl Link<'_> {
    /// The newest first. [`MOST_ASIDE`] bounds how many there are.
    pub async fn list_aside(&mut self, tenant: &TenantId) -> StoreResult<Vec<StoredAside>> {
        let rows: Vec<AsideRow> = on_backend!(self, connection => sqlx::query_as(LIST_ASIDE)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(AsideRow::read).collect()
    }

    /// The newest of all tenants, each with whose it is: fifty, and one more where there are more.
    pub async fn list_aside_of_all(&mut self) -> StoreResult<Vec<(TenantId, String, UnmanagedSubscription)>> {
        let rows: Vec<AsideOfAllRow> = on_backend!(self, connection => sqlx::query_as(LIST_ASIDE_OF_ALL)
            .fetch_all(&mut **connection)
            .await?);
        let read = |AsideOfAllRow { tenant_id, name, own }: AsideOfAllRow| {
            Ok((parse(&tenant_id, "aside_subscriptions.tenant_id")?, name, own.read()?.subscription))
        };
        rows.into_iter().map(read).collect()
    }

    /// Keeps when it was first seen.
    pub async fn upsert_aside(&mut self, tenant: &TenantId, aside: &StoredAside) -> StoreResult<()> {
        let StoredAside { subscription, is_shown } = aside;
        let UnmanagedSubscription { provider, external_id, reason, described, detail, first_seen_at } = subscription;
        on_backend!(self, connection => sqlx::query(UPSERT_ASIDE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(reason.as_str())
            .bind(described)
            .bind(detail)
            .bind(*is_shown)
            .bind(first_seen_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_aside(&mut self, tenant: &TenantId, provider: Provider, external_id: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_ASIDE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
