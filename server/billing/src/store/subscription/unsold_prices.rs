//! Prices (Stripe) and products (Polar) that customers pay but no plan sells. Times are wall time.

use domain::{
    catalog::Cycle,
    ids::TenantId,
    subscription::{Provider, UnsoldPrice, item::SubscriptionItem},
    time::Timestamp,
};

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

/// A price that is seen again is written at most once in this time.
const SEEN_EVERY_SECS: i64 = 3600;

statements! {
    INSERT_UNSOLD = "INSERT INTO unsold_prices (provider, price, described, item, cycle, first_seen_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (provider, price) DO NOTHING";
    SEE_UNSOLD = "UPDATE unsold_prices SET described = $3, item = $4, cycle = $5, last_seen_at = $6 \
         WHERE provider = $1 AND price = $2 AND last_seen_at < $7";
    LIST_UNSOLD = "SELECT prices.provider, prices.price, prices.described, prices.item, prices.cycle, \
         prices.first_seen_at, prices.last_seen_at, (SELECT CAST(COALESCE(sum(payers.subscriptions), 0) AS BIGINT) \
         FROM unsold_price_payers AS payers WHERE payers.provider = prices.provider AND payers.price = prices.price) \
         AS payers FROM unsold_prices AS prices WHERE prices.last_seen_at >= $1 \
         ORDER BY prices.first_seen_at DESC, prices.provider, prices.price LIMIT 50";
    LIST_UNSOLD_PAYERS = "SELECT price, subscriptions FROM unsold_price_payers WHERE tenant_id = $1 AND provider = $2";
    DELETE_UNSOLD_PAYERS = "DELETE FROM unsold_price_payers WHERE tenant_id = $1 AND provider = $2";
    INSERT_UNSOLD_PAYER =
        "INSERT INTO unsold_price_payers (tenant_id, provider, price, subscriptions) VALUES ($1, $2, $3, $4)";
}

#[derive(sqlx::FromRow)]
struct UnsoldRow {
    provider: String,
    price: String,
    described: String,
    item: Option<String>,
    cycle: Option<String>,
    first_seen_at: i64,
    last_seen_at: i64,
    payers: i64,
}

impl Connection<'_> {
    /// Inserts or updates a price. Returns whether it is new.
    pub async fn insert_unsold_price(
        &mut self,
        provider: Provider,
        price: &str,
        (item, cycle): (&SubscriptionItem, Option<Cycle>),
        now: Timestamp,
    ) -> StoreResult<bool> {
        let described = item.to_string();
        let item = serde_json::to_string(item).map_err(|_| StoreError::Corrupt("unsold_prices.item"))?;
        let cycle = cycle.map(Cycle::as_str);
        let rows = on_backend!(self, connection => sqlx::query(INSERT_UNSOLD)
            .bind(provider.as_str())
            .bind(price)
            .bind(&described)
            .bind(&item)
            .bind(cycle)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        if rows == 1 {
            return Ok(true);
        }
        on_backend!(self, connection => sqlx::query(SEE_UNSOLD)
            .bind(provider.as_str())
            .bind(price)
            .bind(&described)
            .bind(&item)
            .bind(cycle)
            .bind(now.as_micros())
            .bind(now.plus_secs(-SEEN_EVERY_SECS).as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(false)
    }

    /// Lists prices seen since an instant, newest first, at most 50.
    pub async fn list_unsold_prices(&mut self, since: Timestamp) -> StoreResult<Vec<UnsoldPrice>> {
        let rows: Vec<UnsoldRow> = on_backend!(self, connection => sqlx::query_as(LIST_UNSOLD)
            .bind(since.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        let read = |row: UnsoldRow| {
            let UnsoldRow { provider, price, described, item, cycle, first_seen_at, last_seen_at, payers } = row;
            Ok(UnsoldPrice {
                provider: parse(&provider, "unsold_prices.provider")?,
                price,
                described,
                // What can't be read is described by the text alone.
                item: item.and_then(|item| serde_json::from_str(&item).ok()),
                cycle: cycle.map(|cycle| parse(&cycle, "unsold_prices.cycle")).transpose()?,
                payers: payers.unsigned_abs(),
                first_seen_at: Timestamp::from_micros(first_seen_at),
                last_seen_at: Timestamp::from_micros(last_seen_at),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Lists the prices without a plan that a tenant pays at a provider, each with the number of its live subscriptions,
    /// sorted by price.
    pub async fn list_unsold_payers(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
    ) -> StoreResult<Vec<(String, u64)>> {
        let rows: Vec<(String, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_UNSOLD_PAYERS)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let mut payers: Vec<_> =
            rows.into_iter().map(|(price, subscriptions)| (price, subscriptions.unsigned_abs())).collect();
        payers.sort_unstable();
        Ok(payers)
    }

    /// Replaces what [`Connection::list_unsold_payers`] returns. The prices must differ from each other.
    pub async fn replace_unsold_payers(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        payers: &[(String, u64)],
    ) -> StoreResult<()> {
        on_backend!(&mut *self, connection => sqlx::query(DELETE_UNSOLD_PAYERS)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        for (price, subscriptions) in payers {
            on_backend!(&mut *self, connection => sqlx::query(INSERT_UNSOLD_PAYER)
                .bind(tenant.as_str())
                .bind(provider.as_str())
                .bind(price)
                .bind(i64::try_from(*subscriptions).unwrap_or(i64::MAX))
                .execute(&mut **connection)
                .await
                .map(drop)?);
        }
        Ok(())
    }
}
