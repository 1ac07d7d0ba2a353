//! The usage of one feature, from its counter.

use domain::{
    catalog::{Feature, Limit},
    entitlement::FeatureUsage,
    time::Timestamp,
};

/// The start and end of a counter's period; `None` for a gauge.
type Window = Option<(Timestamp, Timestamp)>;

/// Builds a feature's usage from the limit, the counter's period and its value.
pub(in crate::service) fn feature_usage(feature: &Feature, limit: Limit, window: Window, used: u64) -> FeatureUsage {
    FeatureUsage {
        feature: feature.key.clone(),
        used,
        limit,
        since: window.map(|(start, _)| start),
        resets_at: window.map(|(_, end)| end),
    }
}
