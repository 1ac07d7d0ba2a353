//! Revenue of the installation.

use domain::{
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

    /// Stores the revenue of the current month, in the caller's transaction. Idempotent. Returns how many rows were
    /// written.
    pub(crate) async fn snapshot_revenue(&self, link: &mut Connection<'_>) -> StoreResult<u64> {
        let now = self.billing_now();
        let current = revenue(self.catalog(), &link.count_subscriptions().await?);
        let sums: Vec<_> =
            current.iter().map(|revenue| (revenue.active.monthly, revenue.active.subscriptions)).collect();
        link.replace_revenue_month(Month::of(now), &sums, now).await
    }

    /// Returns since when changes of revenue are read: since the first month of the trend.
    pub(crate) fn revenue_changes_read_from(&self) -> Timestamp {
        first_month(self.billing_now()).starts_at()
    }
}

fn first_month(now: Timestamp) -> Month {
    Month::last_of_trend(now).first().copied().unwrap_or_else(|| Month::of(now))
}
