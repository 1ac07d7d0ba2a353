//! Summaries that a view caches in addition to its counters. Open pages share them until the view's state changes.

use std::collections::HashMap;

use domain::{entitlement::alert::Alert, ids::FeatureKey, time::Timestamp};

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
