//! Prices (Stripe) and products (Polar) that customers pay but no plan sells. Times are wall time.

use domain::{
    subscription::{Provider, UnsoldPrice, item::SubscriptionItem},
    time::Timestamp,
};

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

/// A price that is seen again is written at most once in this time.
const SEEN_EVERY_SECS: i64 = 3600;

statements! {
    INSERT_UNSOLD = "INSERT INTO unsold_prices (provider, price, described, item, first_seen_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (provider, price) DO NOTHING";
    SEE_UNSOLD = "UPDATE unsold_prices SET described = $3, item = $4, last_seen_at = $5 \
         WHERE provider = $1 AND price = $2 AND last_seen_at < $6";
    LIST_UNSOLD = "SELECT provider, price, described, item, first_seen_at, last_seen_at FROM unsold_prices \
         WHERE last_seen_at >= $1 ORDER BY first_seen_at DESC, provider, price LIMIT 50";
}

#[derive(sqlx::FromRow)]
struct UnsoldRow {
    provider: String,
    price: String,
    described: String,
    item: Option<String>,
    first_seen_at: i64,
    last_seen_at: i64,
}

impl Connection<'_> {
    /// Inserts or updates a price. Returns whether it is new.
    pub async fn insert_unsold_price(
        &mut self,
        provider: Provider,
        price: &str,
        item: &SubscriptionItem,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let described = item.to_string();
        let item = serde_json::to_string(item).map_err(|_| StoreError::Corrupt("unsold_prices.item"))?;
        let rows = on_backend!(self, connection => sqlx::query(INSERT_UNSOLD)
            .bind(provider.as_str())
            .bind(price)
            .bind(&described)
            .bind(&item)
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
            let UnsoldRow { provider, price, described, item, first_seen_at, last_seen_at } = row;
            Ok(UnsoldPrice {
                provider: parse(&provider, "unsold_prices.provider")?,
                price,
                described,
                // What can't be read is described by the text alone.
                item: item.and_then(|item| serde_json::from_str(&item).ok()),
                first_seen_at: Timestamp::from_micros(first_seen_at),
                last_seen_at: Timestamp::from_micros(last_seen_at),
            })
        };
        rows.into_iter().map(read).collect()
    }
}
