//! Revenue of the installation.

use domain::{
    money::Money,
    subscription::revenue::{
        Revenue, revenue,
        trend::{Month, RevenueTrend, trend},
    },
    time::Timestamp,
};

use super::{
    super::{Housekeeping, Operators, ServiceError},
    Operator,
};
use crate::store::{Connection, StoreResult};

/// How old the stored revenue of the current month may become.
const SNAPSHOT_SECS: i64 = 86_400;

/// The revenue now and by month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRevenue {
    /// By currency, that of the catalog first.
    pub current: Vec<Revenue>,
    /// By currency, in the order of `current`. Other currencies of the last months follow.
    pub trends: Vec<RevenueTrend>,
    /// The first month whose MRR and changes of plan were recorded; `None` before the first record.
    pub recorded_since: Option<Month>,
}

/// The revenue of the current month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevenueSnapshot {
    /// Billing time.
    taken_at: Timestamp,
    /// The monthly revenue and the number of subscriptions, by currency.
    sums: Vec<(Money, u64)>,
}

impl RevenueSnapshot {
    /// Stores the revenue, in the caller's transaction. Idempotent. Returns how many rows were written.
    pub(crate) async fn store(&self, link: &mut Connection<'_>) -> StoreResult<u64> {
        link.replace_revenue_month(Month::of(self.taken_at), &self.sums, self.taken_at).await
    }
}

impl Operators {
    /// Returns the monthly recurring revenue of all subscriptions, at list prices, now and by month. Runs a constant
    /// number of statements.
    pub async fn desk_revenue(&self, _: &Operator) -> Result<DeskRevenue, ServiceError> {
        let now = self.billing_now();
        let months = (first_month(now), Month::of(now));
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let current = revenue(self.catalog(), &link.count_subscriptions().await?);
        let stored = link.list_revenue_months(months).await?;
        let changes = link.list_revenue_changes(months).await?;
        let recorded_since = link.find_first_revenue_month().await?;
        let trends = trend(now, &current, &stored, &changes);
        Ok(DeskRevenue { current, trends, recorded_since })
    }
}

impl Housekeeping {
    /// Whether the stored revenue of the current month is missing or old. `false` without subscriptions.
    pub(crate) async fn is_revenue_snapshot_due(&self, link: &mut Connection<'_>) -> StoreResult<bool> {
        let now = self.billing_now();
        let taken_at = link.find_revenue_taken_at(Month::of(now)).await?;
        if taken_at.is_some_and(|at| now.secs_since(at) < SNAPSHOT_SECS) {
            return Ok(false);
        }
        link.has_subscriptions().await
    }

    /// Computes the revenue of the current month from all subscriptions.
    pub(crate) async fn read_revenue(&self) -> StoreResult<RevenueSnapshot> {
        let taken_at = self.billing_now();
        let counts = self.store().read().await?.connection().count_subscriptions().await?;
        let current = revenue(self.catalog(), &counts);
        let sums = current.iter().map(|revenue| (revenue.active.monthly, revenue.active.subscriptions)).collect();
        Ok(RevenueSnapshot { taken_at, sums })
    }

    /// Returns since when changes of revenue are read: since the first month of the trend.
    pub(crate) fn revenue_changes_read_from(&self) -> Timestamp {
        first_month(self.billing_now()).starts_at()
    }
}

fn first_month(now: Timestamp) -> Month {
    Month::last_of_trend(now).first().copied().unwrap_or_else(|| Month::of(now))
}
