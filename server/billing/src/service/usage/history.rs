//! Usage over time.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use domain::{
    catalog::{Feature, FeatureKind, Period},
    entitlement::{
        FeatureUsage,
        alert::Alert,
        history::{
            Span, Step, recompute_closing, reset_times, series,
            trend::{self, Trend, trend},
        },
        window,
    },
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{
    super::{ServiceError, Usage},
    require_reported,
    view::{LatestSeries, RecentChanges},
};
use crate::service::base::internal_features::is_counted_by_dues;

/// Maximum number of points of a history: what a chart can show.
pub const MAX_POINTS: i64 = 800;
const HOURS_SHOWN: i64 = 48;
const DAYS_SHOWN: i64 = 30;

/// The history of a feature, one point for each step.
#[derive(Clone, Debug)]
pub struct History<'a> {
    pub feature: &'a Feature,
    pub step: Step,
    /// Start of the first step.
    pub from: Timestamp,
    /// End of the last step.
    pub to: Timestamp,
    pub points: Vec<Span>,
    /// Known times at which the counter was reset in the range.
    pub reset_times: Vec<Timestamp>,
}

/// The recent trend of each feature with usage, except features that Dues counts itself.
pub type Trends = HashMap<FeatureKey, Trend>;

/// A tenant's recent usage: trends and alerts.
#[derive(Clone, Debug)]
pub struct RecentUsage {
    pub trends: Trends,
    changes: Arc<RecentChanges>,
}

impl RecentUsage {
    /// Returns the recent alerts, newest first.
    pub fn alerts(&self) -> &[Alert] {
        &self.changes.alerts
    }
}

impl Usage {
    /// Returns a feature's usage over time, without gaps. Without `from` and `to`: the last 48 hours by hour, or
    /// 30 days by day. Fails for a feature that Dues counts itself, and for more than [`MAX_POINTS`] steps.
    pub async fn history(
        &self,
        tenant: &TenantId,
        feature: &str,
        step: Step,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<History<'_>, ServiceError> {
        let (_, feature) = self.known_feature(feature)?;
        require_reported(feature)?;
        let shown = match step {
            Step::Hour => HOURS_SHOWN,
            Step::Day => DAYS_SHOWN,
        };
        let to = to.unwrap_or_else(|| self.billing_now());
        let last = step.floor(Timestamp::from_micros(to.as_micros().saturating_sub(1)));
        let from = step.floor(from.unwrap_or_else(|| last.plus_secs(-(shown - 1) * step.secs())));
        let points = last.secs_since(from) / step.secs() + 1;
        if from > last {
            return Err(ServiceError::field("from", "from must be before to."));
        }
        if points > MAX_POINTS {
            let message = format!("from must be at most {MAX_POINTS} {}s before to.", step.as_str());
            return Err(ServiceError::field("from", message));
        }
        let to = last.plus_secs(step.secs());
        let (_, facts) = self.view(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        // A counter's value is the sum since its period began.
        let since = match feature.kind {
            FeatureKind::Counter(_) => window(feature.kind, None, from).map_or(from, |(start, _)| start),
            _ => from,
        };
        let mut spans = link.list_spans(tenant, &feature.key, since, to).await?;
        recompute_closing(feature.kind, &mut spans);
        let (earlier, spans) = spans.split_at(spans.partition_point(|span| span.starts_at < from));
        let before = match earlier.last() {
            Some(last) => Some(*last),
            None => link.find_last_span(tenant, &feature.key, from).await?,
        };
        let known = if feature.kind == FeatureKind::Counter(Period::Billing) {
            link.list_periods(tenant, &feature.key, from, to).await?
        } else {
            Vec::new()
        };
        let subscription = facts.subscription.as_ref();
        let points = series(feature.kind, subscription, step, (from, to), before, spans);
        let reset_times = reset_times(feature.kind, subscription, (from, to), &known);
        Ok(History { feature, step, from, to, points, reset_times })
    }

    /// Returns a tenant's recent trends and alerts. `usage` is its current usage. The store is read only after a
    /// change, or when the hour is over.
    pub async fn recent_usage(&self, tenant: &TenantId, usage: &[FeatureUsage]) -> Result<RecentUsage, ServiceError> {
        let changes = self.recent_changes(tenant).await?;
        let trends = usage.iter().filter_map(|usage| {
            let feature = self.catalog().feature(usage.feature.as_str())?;
            Some((feature.key.clone(), trend(feature.kind, usage, changes.days.get(&feature.key)?)?))
        });
        Ok(RecentUsage { trends: trends.collect(), changes })
    }

    /// Returns the points of [`Self::history`] from `from` until now. The open pages of a tenant share them: they are
    /// read from the store only after a change, or when the hour is over.
    pub async fn latest_points(
        &self,
        tenant: &TenantId,
        feature: &str,
        step: Step,
        from: Timestamp,
    ) -> Result<Arc<[Span]>, ServiceError> {
        let (_, known_feature) = self.known_feature(feature)?;
        let key = &known_feature.key;
        let (view, _) = self.view(tenant).await?;
        let mut cached = view.latest_series.lock().await;
        let as_of = view.as_of(self.hour_end());
        let mut series = match cached.take() {
            Some((known, series)) if known == as_of => series,
            _ => LatestSeries::default(),
        };
        let points = if let Some(points) = series.get(key, step, from) {
            points
        } else {
            let points: Arc<[Span]> = self.history(tenant, feature, step, Some(from), None).await?.points.into();
            series.insert(key, step, from, points.clone());
            points
        };
        *cached = Some((as_of, series));
        Ok(points)
    }

    /// Returns the end of the current hour, in billing time.
    fn hour_end(&self) -> Timestamp {
        Step::Hour.floor(self.billing_now()).plus_secs(Step::Hour.secs())
    }

    async fn recent_changes(&self, tenant: &TenantId) -> Result<Arc<RecentChanges>, ServiceError> {
        let (view, _) = self.view(tenant).await?;
        let mut cached = view.recent_changes.lock().await;
        let hour_end = self.hour_end();
        let as_of = view.as_of(hour_end);
        if let Some((known, changes)) = &*cached
            && *known == as_of
        {
            return Ok(changes.clone());
        }
        let features = self.catalog().features.iter();
        let counted = features.filter(|feature| feature.kind.is_counted() && !is_counted_by_dues(&feature.key));
        let keys: Vec<_> = counted.map(|feature| &feature.key).collect();
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let mut changes = RecentChanges { alerts: link.list_alerts(tenant).await?, ..RecentChanges::default() };
        for day in link.sum_by_day(tenant, &keys, hour_end, trend::DAYS).await? {
            if let Some(key) = keys.get(day.place) {
                changes.days.entry((*key).clone()).or_default().push((day.days_ago, day.amount));
            }
        }
        let changes = Arc::new(changes);
        *cached = Some((as_of, changes.clone()));
        Ok(changes)
    }
}
