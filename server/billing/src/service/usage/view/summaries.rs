//! What a view caches for pages beside its counters. Open pages share it until the state of the view changes.

use std::{collections::HashMap, sync::Arc};

use domain::{
    entitlement::{
        alert::Alert,
        history::{Span, Step},
    },
    ids::FeatureKey,
    time::Timestamp,
};

/// Maximum number of series that are kept for a tenant's open pages. When it is reached, all are dropped.
const MAX_SERIES: usize = 32;

/// A tenant's recent usage by day, and its alerts.
#[derive(Debug, Default)]
pub(in crate::service::usage) struct RecentChanges {
    /// For each feature: how many days back, and the change on that day.
    pub(in crate::service::usage) days: HashMap<FeatureKey, Vec<(usize, i64)>>,
    /// Newest first.
    pub(in crate::service::usage) alerts: Vec<Alert>,
}

/// The state of a view for which a cached summary is valid. Differs after a changed reading, an invalidation and a new
/// hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::usage) struct AsOf {
    pub(super) changes: u64,
    pub(super) generation: u64,
    pub(super) hour_end: Timestamp,
}

/// The points of features up to now, by feature, step and the start of the first step.
#[derive(Debug, Default)]
pub(in crate::service::usage) struct LatestSeries(HashMap<(FeatureKey, &'static str, Timestamp), Arc<[Span]>>);

impl LatestSeries {
    pub(in crate::service::usage) fn get(
        &self,
        feature: &FeatureKey,
        step: Step,
        from: Timestamp,
    ) -> Option<Arc<[Span]>> {
        self.0.get(&(feature.clone(), step.as_str(), from)).cloned()
    }

    pub(in crate::service::usage) fn insert(
        &mut self,
        feature: &FeatureKey,
        step: Step,
        from: Timestamp,
        points: Arc<[Span]>,
    ) {
        if self.0.len() >= MAX_SERIES {
            self.0.clear();
        }
        self.0.insert((feature.clone(), step.as_str(), from), points);
    }
}
