//! Unmanaged subscriptions: those of a tenant's customer that Dues does not act on.

use domain::{
    ids::TenantId,
    subscription::{Provider, UnmanagedReason, UnmanagedSubscription},
    time::Timestamp,
};

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

/// Maximum number of a customer's current unmanaged subscriptions that are stored.
pub const MAX_UNMANAGED: usize = 50;

statements! {
    LIST_UNMANAGED = "SELECT provider, external_id, reason, described, items, detail, first_seen_at, is_shown FROM aside_subscriptions \
         WHERE tenant_id = $1 ORDER BY first_seen_at DESC, provider, external_id";
    UPSERT_UNMANAGED = "INSERT INTO aside_subscriptions \
         (tenant_id, provider, external_id, reason, described, items, detail, is_shown, first_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, provider, external_id) DO UPDATE SET \
         reason = excluded.reason, described = excluded.described, items = excluded.items, detail = excluded.detail, \
         is_shown = excluded.is_shown";
    DELETE_UNMANAGED = "DELETE FROM aside_subscriptions WHERE tenant_id = $1 AND provider = $2 AND external_id = $3";
    LIST_UNMANAGED_OF_ALL = "SELECT own.tenant_id, tenants.name, own.provider, own.external_id, own.reason, own.described, \
         own.items, own.detail, own.first_seen_at, own.is_shown FROM aside_subscriptions AS own \
         JOIN tenants ON tenants.tenant_id = own.tenant_id WHERE own.is_shown = TRUE \
         ORDER BY own.first_seen_at DESC, own.tenant_id, own.external_id LIMIT 51";
}

#[derive(sqlx::FromRow)]
struct UnmanagedRow {
    provider: String,
    external_id: String,
    reason: String,
    described: String,
    items: Option<String>,
    detail: Option<String>,
    first_seen_at: i64,
    is_shown: bool,
}

#[derive(sqlx::FromRow)]
struct UnmanagedOfAllRow {
    tenant_id: String,
    name: String,
    #[sqlx(flatten)]
    columns: UnmanagedRow,
}

impl UnmanagedRow {
    fn read(self) -> StoreResult<StoredUnmanaged> {
        let Self { provider, external_id, reason, described, items, detail, first_seen_at, is_shown } = self;
        // What can't be read is described by the text alone.
        let items = items.and_then(|items| serde_json::from_str(&items).ok()).unwrap_or_default();
        let subscription = UnmanagedSubscription {
            provider: parse(&provider, "aside_subscriptions.provider")?,
            external_id,
            reason: parse::<UnmanagedReason>(&reason, "aside_subscriptions.reason")?,
            described,
            items,
            detail,
            first_seen_at: Timestamp::from_micros(first_seen_at),
        };
        Ok(StoredUnmanaged { subscription, is_shown })
    }
}

/// A subscription that is or was unmanaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUnmanaged {
    pub subscription: UnmanagedSubscription,
    /// Whether it is unmanaged now.
    pub is_shown: bool,
}

impl StoredUnmanaged {
    pub fn matches(&self, provider: Provider, external_id: &str) -> bool {
        (self.subscription.provider, self.subscription.external_id.as_str()) == (provider, external_id)
    }
}

impl Connection<'_> {
    /// Lists a tenant's subscriptions that are or were unmanaged, the newest first.
    pub async fn list_unmanaged(&mut self, tenant: &TenantId) -> StoreResult<Vec<StoredUnmanaged>> {
        let rows: Vec<UnmanagedRow> = on_backend!(self, connection => sqlx::query_as(LIST_UNMANAGED)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(UnmanagedRow::read).collect()
    }

    /// Lists the newest unmanaged subscriptions across all tenants, each with its tenant's id and name: at most 51,
    /// where the 51st only shows that there are more.
    pub async fn list_unmanaged_of_all(&mut self) -> StoreResult<Vec<(TenantId, String, UnmanagedSubscription)>> {
        let rows: Vec<UnmanagedOfAllRow> = on_backend!(self, connection => sqlx::query_as(LIST_UNMANAGED_OF_ALL)
            .fetch_all(&mut **connection)
            .await?);
        let read = |UnmanagedOfAllRow { tenant_id, name, columns }: UnmanagedOfAllRow| {
            Ok((parse(&tenant_id, "aside_subscriptions.tenant_id")?, name, columns.read()?.subscription))
        };
        rows.into_iter().map(read).collect()
    }

    /// Inserts or updates an unmanaged subscription. Keeps when it was first seen. Raises the tenant's revision: views
    /// in memory know whether a tenant has any.
    pub async fn upsert_unmanaged(&mut self, tenant: &TenantId, stored: &StoredUnmanaged) -> StoreResult<()> {
        let StoredUnmanaged { subscription, is_shown } = stored;
        let UnmanagedSubscription { provider, external_id, reason, described, items, detail, first_seen_at } =
            subscription;
        let items = serde_json::to_string(items).map_err(|_| StoreError::Corrupt("aside_subscriptions.items"))?;
        on_backend!(self, connection => sqlx::query(UPSERT_UNMANAGED)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(reason.as_str())
            .bind(described)
            .bind(items)
            .bind(detail)
            .bind(*is_shown)
            .bind(first_seen_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }

    /// Deletes an unmanaged subscription. Raises the tenant's revision.
    pub async fn delete_unmanaged(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        external_id: &str,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_UNMANAGED)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }
}
