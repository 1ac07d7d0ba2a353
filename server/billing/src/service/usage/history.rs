//! What a tenant has used over time.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use domain::{
    catalog::{Feature, FeatureKind, Period},
    entitlement::{FeatureUsage, alert::Alert, window},
    history::{
        Span, Step, recompute_closing, reset_times, series,
        trend::{self, Trend, trend},
    },
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{
    super::{ServiceError, Services},
    is_counted_here, is_theirs,
    view::OfLate,
};

/// As many points as a chart can show and a table be read.
pub const MOST_POINTS: i64 = 800;
const HOURS_SHOWN: i64 = 48;
const DAYS_SHOWN: i64 = 30;

/// A feature's history, step by step.
#[derive(Clone, Debug)]
pub struct History<'a> {
    pub feature: &'a Feature,
    pub step: Step,
    /// Where the first step begins.
    pub from: Timestamp,
    /// Where the last has ended.
    pub to: Timestamp,
    pub points: Vec<Span>,
    /// When the count started over in between, as far as that is known.
    pub reset_times: Vec<Timestamp>,
}

/// What features were used like of late, where anything was counted by others than Dues.
pub type Trends = HashMap<FeatureKey, Trend>;

/// What happened to a tenant's limits of late.
#[derive(Clone, Debug)]
pub struct Lately {
    pub trends: Trends,
    of_late: Arc<OfLate>,
}

impl Lately {
    /// What was told, the newest first.
    pub fn alerts(&self) -> &[Alert] {
        &self.of_late.alerts
    }
}

impl Services {
    /// What was counted of a feature, without gaps, where Dues does not count it itself; the last 30 days or 48 hours unless `from` and `to` say.
    pub async fn history(
        &self,
        tenant: &TenantId,
        feature: &str,
        step: Step,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<History<'_>, ServiceError> {
        let (_, feature) = self.known_feature(feature)?;
        is_theirs(feature)?;
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
        if points > MOST_POINTS {
            let message = format!("from must be at most {MOST_POINTS} {}s before to.", step.as_str());
            return Err(ServiceError::field("from", message));
        }
        let to = last.plus_secs(step.secs());
        let (_, facts) = self.view(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        // A count is the sum of what its period has brought.
        let since = match feature.kind {
            FeatureKind::Counter(_) => window(feature.kind, None, from).map_or(from, |(start, _)| start),
            _ => from,
        };
        let mut spans = link.list_days(tenant, &feature.key, since, to).await?;
        spans.extend(link.list_hours(tenant, &feature.key, since, to).await?);
        spans.sort_by_key(|span| span.starts_at);
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

    /// What happened to a tenant's limits of late; `usage` is how they stand. Read once for as long as nothing is counted.
    pub async fn lately(&self, tenant: &TenantId, usage: &[FeatureUsage]) -> Result<Lately, ServiceError> {
        let of_late = self.of_late(tenant).await?;
        let trends = usage.iter().filter_map(|usage| {
            let feature = self.catalog().feature(usage.feature.as_str())?;
            Some((feature.key.clone(), trend(feature.kind, usage, of_late.changes.get(&feature.key)?)?))
        });
        Ok(Lately { trends: trends.collect(), of_late })
    }

    async fn of_late(&self, tenant: &TenantId) -> Result<Arc<OfLate>, ServiceError> {
        let (view, _) = self.view(tenant).await?;
        let hour_end = Step::Hour.floor(self.billing_now()).plus_secs(Step::Hour.secs());
        let as_of = view.as_of(hour_end);
        if let Some(known) = view.of_late(as_of) {
            return Ok(known);
        }
        let features = self.catalog().features.iter();
        let counted = features.filter(|feature| feature.kind.is_counted() && !is_counted_here(&feature.key));
        let keys: Vec<_> = counted.map(|feature| &feature.key).collect();
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let mut of_late = OfLate { alerts: link.list_alerts(tenant).await?, ..OfLate::default() };
        for day in link.sum_days_back(tenant, &keys, hour_end, trend::DAYS).await? {
            if let Some(key) = keys.get(day.place) {
                of_late.changes.entry((*key).clone()).or_default().push((day.back, day.amount));
            }
        }
        let of_late = Arc::new(of_late);
        view.keep_of_late(as_of, of_late.clone());
        Ok(of_late)
    }
}
