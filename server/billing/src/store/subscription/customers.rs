//! Customers: a tenant's account at a provider.

use domain::{ids::TenantId, subscription::Provider, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_CUSTOMER = "INSERT INTO customers (tenant_id, provider, external_id, revision, created_at) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (tenant_id, provider) DO NOTHING";
    FIND_CUSTOMER = "SELECT tenant_id, external_id, revision, fetched_at FROM customers WHERE tenant_id = $1 AND provider = $2";
    FIND_CUSTOMER_BY_EXTERNAL_ID =
        "SELECT tenant_id, external_id, revision, fetched_at FROM customers WHERE provider = $1 AND external_id = $2";
    REPLACE_CUSTOMER = "UPDATE customers SET external_id = $4, revision = revision + 1 \
         WHERE tenant_id = $1 AND provider = $2 AND external_id = $3";
    // Only customers with a live subscription, and those that pay a price that no plan sells: the catalog may map it by
    // now. The others have nothing that could drift.
    LIST_TO_RECONCILE = "SELECT tenant_id, external_id, revision, fetched_at FROM customers WHERE provider = $1 AND walked_at <= $2 \
         AND EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.tenant_id = customers.tenant_id \
         AND subscriptions.provider = customers.provider AND subscriptions.status NOT IN ('canceled', 'incomplete_expired') \
         UNION ALL SELECT 1 FROM unsold_price_payers AS payers WHERE payers.tenant_id = customers.tenant_id \
         AND payers.provider = customers.provider) \
         ORDER BY walked_at, tenant_id LIMIT 20";
    MARK_RECONCILED = "UPDATE customers SET walked_at = $3 WHERE tenant_id = $1 AND provider = $2";
    // Moves all these times back by one interval, so that the order of the customers stays.
    RESET_RECONCILED = "UPDATE customers SET walked_at = walked_at - $2 WHERE provider = $1 AND walked_at > $3";
    UPDATE_CUSTOMER_REVISION = "UPDATE customers SET revision = revision + 1, fetched_at = $4 \
         WHERE tenant_id = $1 AND provider = $2 AND revision = $3";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub tenant: TenantId,
    pub external_id: String,
    /// Grows with every write of fetched data.
    pub revision: i64,
    /// When data was last fetched from the provider, by the billing clock.
    pub fetched_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct CustomerRow {
    tenant_id: String,
    external_id: String,
    revision: i64,
    fetched_at: Option<i64>,
}

impl CustomerRow {
    fn read(self) -> StoreResult<Customer> {
        let Self { tenant_id, external_id, revision, fetched_at } = self;
        Ok(Customer {
            tenant: parse(&tenant_id, "customers.tenant_id")?,
            external_id,
            revision,
            fetched_at: fetched_at.map(Timestamp::from_micros),
        })
    }
}

impl Connection<'_> {
    /// Inserts a customer. No-op if the tenant has one already.
    pub async fn insert_customer(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        external_id: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_CUSTOMER)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_customer(&mut self, tenant: &TenantId, provider: Provider) -> StoreResult<Option<Customer>> {
        let row: Option<CustomerRow> = on_backend!(self, connection => sqlx::query_as(FIND_CUSTOMER)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(CustomerRow::read).transpose()
    }

    pub async fn find_customer_by_external_id(
        &mut self,
        provider: Provider,
        external_id: &str,
    ) -> StoreResult<Option<Customer>> {
        let row: Option<CustomerRow> = on_backend!(self, connection => sqlx::query_as(FIND_CUSTOMER_BY_EXTERNAL_ID)
            .bind(provider.as_str())
            .bind(external_id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(CustomerRow::read).transpose()
    }

    /// Replaces a customer that was deleted at the provider. No-op if it was replaced already.
    pub async fn replace_customer(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        deleted: &str,
        external_id: &str,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(REPLACE_CUSTOMER)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(deleted)
            .bind(external_id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists customers with a live subscription, or with a price that no plan sells, that were last reconciled at or
    /// before `before` (wall time), least recently reconciled first, at most 20.
    pub async fn list_customers_to_reconcile(
        &mut self,
        provider: Provider,
        before: Timestamp,
    ) -> StoreResult<Vec<Customer>> {
        let rows: Vec<CustomerRow> = on_backend!(self, connection => sqlx::query_as(LIST_TO_RECONCILE)
            .bind(provider.as_str())
            .bind(before.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(CustomerRow::read).collect()
    }

    pub async fn mark_reconciled(&mut self, tenant: &TenantId, provider: Provider, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(MARK_RECONCILED)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Makes every customer of a provider due for reconciliation, even if it was reconciled less than `every_secs` ago.
    pub async fn reset_reconciled(&mut self, provider: Provider, every_secs: i64, now: Timestamp) -> StoreResult<()> {
        let before = now.plus_secs(-every_secs);
        on_backend!(self, connection => sqlx::query(RESET_RECONCILED)
            .bind(provider.as_str())
            .bind(now.as_micros() - before.as_micros())
            .bind(before.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Claims the right to write data that was fetched at `revision`; `false` if another writer was quicker.
    pub async fn update_customer_revision(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        revision: i64,
        fetched_at: Timestamp,
    ) -> StoreResult<bool> {
        let touched = on_backend!(self, connection => sqlx::query(UPDATE_CUSTOMER_REVISION)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(revision)
            .bind(fetched_at.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }
}
