//! Features with their usage.

use domain::{
    catalog::{Catalog, Feature},
    entitlement::FeatureUsage,
    time::Timestamp,
    wire::MembershipView,
};

/// A feature with its usage.
pub(super) type Reading<'a> = (&'a Feature, &'a FeatureUsage);

/// The usage of all limits at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Readings<'a> {
    pub(crate) now: Timestamp,
    pub(crate) catalog: &'a Catalog,
    pub(crate) usage: &'a [FeatureUsage],
}

impl<'a> Readings<'a> {
    pub(super) fn of(view: &'a MembershipView) -> Self {
        Self { now: view.now, catalog: &view.catalog, usage: &view.usage }
    }

    /// Iterates over every feature and its usage, in the catalog's order.
    pub(super) fn iter(self) -> impl Iterator<Item = Reading<'a>> {
        self.usage.iter().filter_map(move |usage| Some((self.catalog.feature(usage.feature.as_str())?, usage)))
    }
}
