//! The totals of an import, from its live subscriptions.

use domain::{
    catalog::Cycle,
    ids::ImportId,
    money::Currency,
    tenant::import::{ImportTotal, outcome::total},
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    LIST_TOTALS = "SELECT currency, count(*), CAST(sum(yearly_minor) AS BIGINT) FROM import_subscriptions \
         WHERE import_id = $1 AND currency IS NOT NULL GROUP BY currency ORDER BY currency";
    LIST_UNMAPPED_PRICES = "SELECT price_id, min(described), min(cycle), count(DISTINCT position) FROM import_subscriptions \
         WHERE import_id = $1 AND price_id IS NOT NULL GROUP BY price_id \
         ORDER BY count(DISTINCT position) DESC, price_id LIMIT 100";
}

/// A price that no plan sells, with how many customers pay it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricePayers {
    pub price: String,
    pub described: String,
    pub cycle: Cycle,
    pub customers: u64,
}

impl Connection<'_> {
    /// Sums up the live subscriptions of an import by currency.
    pub async fn list_import_totals(&mut self, import: &ImportId) -> StoreResult<Vec<ImportTotal>> {
        let rows: Vec<(String, i64, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_TOTALS)
            .bind(import.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(currency, subscriptions, yearly): (String, i64, i64)| {
            let currency: Currency = parse(&currency, "import_subscriptions.currency")?;
            Ok(total(currency, subscriptions.unsigned_abs(), yearly))
        };
        rows.into_iter().map(read).collect()
    }

    /// Lists the prices that no plan sells, those with the most customers first, at most 100.
    pub async fn list_unmapped_prices(&mut self, import: &ImportId) -> StoreResult<Vec<PricePayers>> {
        type Row = (String, Option<String>, Option<String>, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_UNMAPPED_PRICES)
            .bind(import.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(price, described, cycle, customers): Row| {
            let cycle = cycle.map(|cycle| parse(&cycle, "import_subscriptions.cycle")).transpose()?;
            Ok(PricePayers {
                described: described.unwrap_or_else(|| price.clone()),
                cycle: cycle.unwrap_or_default(),
                customers: customers.unsigned_abs(),
                price,
            })
        };
        rows.into_iter().map(read).collect()
    }
}
