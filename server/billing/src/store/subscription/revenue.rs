//! Revenue by month: what it was at the end of each month, and the changes that led there. Times are billing time.

use domain::{
    ids::TenantId,
    money::Money,
    subscription::{
        Subscription,
        revenue::{
            change::RevenueChange,
            trend::{ChangeTotal, Month, StoredMonth},
        },
    },
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_REVENUE_CHANGE = "INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, \
         currency, monthly_minor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    LIST_CHANGE_TOTALS = "SELECT month, currency, kind, count(*), CAST(sum(monthly_minor) AS BIGINT) FROM revenue_changes \
         WHERE month >= $1 AND month <= $2 GROUP BY month, currency, kind";
    LIST_REVENUE_MONTHS = "SELECT month, currency, monthly_minor, subscriptions FROM revenue_months \
         WHERE month >= $1 AND month <= $2";
    // A currency without subscriptions now may have had some earlier in the month.
    CLEAR_REVENUE_MONTH = "UPDATE revenue_months SET monthly_minor = 0, subscriptions = 0, taken_at = $2 WHERE month = $1";
    UPSERT_REVENUE_MONTH = "INSERT INTO revenue_months (month, currency, monthly_minor, subscriptions, taken_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (month, currency) DO UPDATE SET monthly_minor = excluded.monthly_minor, \
         subscriptions = excluded.subscriptions, taken_at = excluded.taken_at";
    FIND_REVENUE_TAKEN_AT = "SELECT max(taken_at) FROM revenue_months WHERE month = $1";
    FIND_FIRST_REVENUE_MONTH = "SELECT month FROM revenue_months ORDER BY month LIMIT 1";
    FIND_ANY_SUBSCRIPTION = "SELECT CAST(1 AS BIGINT) FROM subscriptions LIMIT 1";
}

impl Connection<'_> {
    /// Inserts a change of a subscription's revenue, in the transaction of the change.
    pub async fn insert_revenue_change(
        &mut self,
        tenant: &TenantId,
        subscription: &Subscription,
        change: &RevenueChange,
    ) -> StoreResult<()> {
        let RevenueChange { kind, at, monthly } = change;
        on_backend!(self, connection => sqlx::query(INSERT_REVENUE_CHANGE)
            .bind(tenant.as_str())
            .bind(uuid::Uuid::now_v7().to_string())
            .bind(at.as_micros())
            .bind(Month::of(*at).to_string())
            .bind(subscription.provider.as_str())
            .bind(&subscription.external_id)
            .bind(kind.as_str())
            .bind(monthly.currency.code())
            .bind(monthly.minor)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Sums the changes of the months from `first` to `last` by month, currency and kind.
    pub async fn list_revenue_changes(&mut self, (first, last): (Month, Month)) -> StoreResult<Vec<ChangeTotal>> {
        type Row = (String, String, String, i64, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_CHANGE_TOTALS)
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(month, currency, kind, count, minor): Row| {
            Ok(ChangeTotal {
                month: parse(&month, "revenue_changes.month")?,
                kind: parse(&kind, "revenue_changes.kind")?,
                subscriptions: count.unsigned_abs(),
                monthly: Money::new(minor, parse(&currency, "revenue_changes.currency")?),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Lists the stored revenue of the months from `first` to `last`.
    pub async fn list_revenue_months(&mut self, (first, last): (Month, Month)) -> StoreResult<Vec<StoredMonth>> {
        type Row = (String, String, i64, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_REVENUE_MONTHS)
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(month, currency, minor, subscriptions): Row| {
            Ok(StoredMonth {
                month: parse(&month, "revenue_months.month")?,
                monthly: Money::new(minor, parse(&currency, "revenue_months.currency")?),
                subscriptions: subscriptions.unsigned_abs(),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Replaces the stored revenue of a month. Returns how many rows were written.
    pub async fn replace_revenue_month(
        &mut self,
        month: Month,
        revenue: &[(Money, u64)],
        now: Timestamp,
    ) -> StoreResult<u64> {
        on_backend!(&mut *self, connection => sqlx::query(CLEAR_REVENUE_MONTH)
            .bind(month.to_string())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        let mut written = 0;
        for (monthly, subscriptions) in revenue {
            written += on_backend!(&mut *self, connection => sqlx::query(UPSERT_REVENUE_MONTH)
                .bind(month.to_string())
                .bind(monthly.currency.code())
                .bind(monthly.minor)
                .bind(i64::try_from(*subscriptions).unwrap_or(i64::MAX))
                .bind(now.as_micros())
                .execute(&mut **connection)
                .await?
                .rows_affected());
        }
        Ok(written)
    }

    /// Finds when the revenue of a month was last stored.
    pub async fn find_revenue_taken_at(&mut self, month: Month) -> StoreResult<Option<Timestamp>> {
        let at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_REVENUE_TAKEN_AT)
            .bind(month.to_string())
            .fetch_one(&mut **connection)
            .await?);
        Ok(at.map(Timestamp::from_micros))
    }

    /// Finds the first month whose revenue is stored.
    pub async fn find_first_revenue_month(&mut self) -> StoreResult<Option<Month>> {
        let month: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_FIRST_REVENUE_MONTH)
            .fetch_optional(&mut **connection)
            .await?);
        month.map(|month| parse(&month, "revenue_months.month")).transpose()
    }

    /// Whether any tenant ever had a subscription.
    pub async fn has_subscriptions(&mut self) -> StoreResult<bool> {
        let found: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_ANY_SUBSCRIPTION)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(found.is_some())
    }
}
