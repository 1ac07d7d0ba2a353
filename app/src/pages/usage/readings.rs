//! Features with their usage.

use domain::{catalog::Feature, entitlement::FeatureUsage, wire::MembershipView};

/// A feature with its usage.
pub(super) type Reading<'a> = (&'a Feature, &'a FeatureUsage);

/// Iterates over every feature and its usage, in the catalog's order.
pub(super) fn readings(view: &MembershipView) -> impl Iterator<Item = Reading<'_>> {
    view.usage.iter().filter_map(|usage| Some((view.catalog.feature(usage.feature.as_str())?, usage)))
}
