//! Summaries that a view caches in addition to its counters. Open pages share them until the view's state changes.

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
    /// For each feature, pairs: how many days ago, and the sum of the changes of its usage on that day.
    pub(in crate::service::usage) days: HashMap<FeatureKey, Vec<(usize, i64)>>,
    /// Newest first.
    pub(in crate::service::usage) alerts: Vec<Alert>,
}

/// The state of a view for which a cached summary is valid. It differs after a reading changes, after an invalidation,
/// and when a new hour begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::usage) struct AsOf {
    pub(super) changes: u64,
    pub(super) generation: u64,
    pub(super) hour_end: Timestamp,
}

/// The points of usage charts that end now, by feature, step and the start of the first step.
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
