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
            Span, Step,
            projection::{Projection, project},
            recompute_closing, reset_times, series,
            trend::{self, Trend, trend},
        },
        window,
    },
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{
    super::{ServiceError, Usage},
    is_reported, require_reported,
    view::RecentChanges,
};

/// Maximum number of hours or days of a history: what a chart can show.
pub const MAX_POINTS: u16 = 800;
/// Maximum number of months of a history. A month is summed from its days, or from its hours.
const MAX_MONTHS: u16 = 36;

/// How many days a history has by day if no range is requested.
pub const DAYS_SHOWN: u16 = 30;

/// How many steps a history has if no range is requested.
const fn steps_shown(step: Step) -> u16 {
    match step {
        Step::Hour => 48,
        Step::Day => DAYS_SHOWN,
        Step::Month => 12,
    }
}

/// The maximum number of steps of a history.
pub const fn max_steps(step: Step) -> u16 {
    match step {
        Step::Hour | Step::Day => MAX_POINTS,
        Step::Month => MAX_MONTHS,
    }
}

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

    /// Returns where a feature's usage leads at its current pace; `None` if it does not grow, or with too little data.
    pub fn projection(&self, feature: &Feature, usage: &FeatureUsage, now: Timestamp) -> Option<Projection> {
        let changes = self.changes.days.get(&feature.key).map_or(&[][..], Vec::as_slice);
        project(feature.kind, usage, now, changes)
    }
}

impl Usage {
    /// Returns a feature's usage over time, without gaps. Without `from` and `to`: the last 48 hours by hour, 30 days by
    /// day, or 12 months by month. Fails for a feature that Dues counts itself, and for more than [`max_steps`].
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
        let to = to.unwrap_or_else(|| self.billing_now());
        let last = step.floor(Timestamp::from_micros(to.as_micros().saturating_sub(1)));
        let from = from.map_or_else(|| step.back(last, steps_shown(step) - 1), |from| step.floor(from));
        if from > last {
            return Err(ServiceError::field("from", "from must be before to."));
        }
        let most = max_steps(step);
        if step.back(last, most - 1) > from {
            let message = format!("from must be at most {most} {}s before to.", step.as_str());
            return Err(ServiceError::field("from", message));
        }
        let to = step.end(last);
        let (view, facts) = self.view(tenant).await?;
        self.roll_up_before_read(&view).await;
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

    /// Returns the histories of all features that the tenant's usage is reported of, as [`Self::history`] does, in the
    /// order of the catalog. All have the same steps.
    pub async fn all_histories(
        &self,
        tenant: &TenantId,
        step: Step,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<History<'_>>, ServiceError> {
        // The clock may pass the end of a step between two features.
        let to = to.unwrap_or_else(|| self.billing_now());
        let mut histories = Vec::new();
        for feature in self.catalog().features.iter().filter(|feature| is_reported(feature)) {
            histories.push(self.history(tenant, feature.key.as_str(), step, from, Some(to)).await?);
        }
        Ok(histories)
    }

    /// Returns a tenant's recent trends and alerts. `usage` is its current usage. The store is read only after a
    /// change, or when the hour is over.
    pub async fn recent_usage(&self, tenant: &TenantId, usage: &[FeatureUsage]) -> Result<RecentUsage, ServiceError> {
        let changes = self.recent_changes(tenant).await?;
        let now = self.billing_now();
        let trends = usage.iter().filter_map(|usage| {
            let feature = self.catalog().feature(usage.feature.as_str())?;
            let days = changes.days.get(&feature.key)?;
            let projection = project(feature.kind, usage, now, days);
            Some((feature.key.clone(), Trend { projection, ..trend(feature.kind, usage, days)? }))
        });
        Ok(RecentUsage { trends: trends.collect(), changes })
    }

    /// Returns the end of the current hour, in billing time.
    fn hour_end(&self) -> Timestamp {
        Step::Hour.end(self.billing_now())
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
        let keys: Vec<_> = features.filter(|feature| is_reported(feature)).map(|feature| &feature.key).collect();
        self.roll_up_before_read(&view).await;
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
