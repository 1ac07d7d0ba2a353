//! Features with their usage.

use domain::{
    catalog::{Catalog, Feature},
    entitlement::FeatureUsage,
    time::Timestamp,
    wire::MembershipView,
};

/// A feature with its usage.
pub(crate) type Reading<'a> = (&'a Feature, &'a FeatureUsage);

/// Iterates over every feature and its usage, in the order of `usage`. Leaves out usage of features that are not in the
/// catalog.
pub(crate) fn readings<'a>(catalog: &'a Catalog, usage: &'a [FeatureUsage]) -> impl Iterator<Item = Reading<'a>> {
    usage.iter().filter_map(move |usage| Some((catalog.feature(usage.feature.as_str())?, usage)))
}

/// Whether usage is measured against a limit: the feature is counted, and the plan includes it or it is in use.
pub(crate) fn is_metered((feature, usage): &Reading<'_>) -> bool {
    feature.kind.is_counted() && (usage.limit.is_included() || usage.used > 0)
}

/// The usage of all limits at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Readings<'a> {
    pub(crate) now: Timestamp,
    pub(crate) catalog: &'a Catalog,
    pub(crate) usage: &'a [FeatureUsage],
}

impl<'a> Readings<'a> {
    pub(crate) fn of(view: &'a MembershipView) -> Self {
        Self { now: view.now, catalog: &view.catalog, usage: &view.usage }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Reading<'a>> {
        readings(self.catalog, self.usage)
    }
}
