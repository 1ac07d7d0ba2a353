//! Builds the usage of a feature from its counter. The submodules answer for many features or tenants.

pub(in crate::service::usage) mod check_many;
pub(in crate::service::usage) mod entitlements;
#[cfg(test)]
mod tests;

use domain::{
    catalog::{Feature, Limit},
    entitlement::{FeatureUsage, window},
    time::Timestamp,
};

use super::view::{Facts, View};

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

/// Returns the current usage of a feature, as the tenant's view holds it.
pub(super) fn reading(view: &View, facts: &Facts, feature: &Feature, limit: Limit, now: Timestamp) -> FeatureUsage {
    let window = window(feature.kind, facts.subscription.as_ref(), now);
    let used = match facts.counted_by_dues(&feature.key) {
        Some(used) => used,
        None if feature.kind.is_counted() => {
            view.reading(&feature.key, window.map(|(start, _)| start)).map_or(0, |reading| reading.used)
        }
        None => 0,
    };
    feature_usage(feature, limit, window, used)
}

/// Whether the view holds the feature's current counter; `true` for a feature that has none.
pub(super) fn is_read(view: &View, facts: &Facts, feature: &Feature, now: Timestamp) -> bool {
    let start = window(feature.kind, facts.subscription.as_ref(), now).map(|(start, _)| start);
    !feature.kind.is_counted() || view.reading(&feature.key, start).is_some()
}
