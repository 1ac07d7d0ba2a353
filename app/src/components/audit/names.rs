//! Names in the catalog of plans and features that entries mention.

use domain::catalog::Catalog;

use crate::wording::name;

/// Returns the plan's name, or its id if the catalog has no such plan.
pub(super) fn plan_name(id: &str, catalog: &Catalog) -> String {
    catalog.plan(id).map_or_else(|| id.to_owned(), |plan| name(&plan.name))
}

/// Returns the feature's name, or its key if the catalog has no such feature.
pub(super) fn feature_name(key: &str, catalog: &Catalog) -> String {
    catalog.feature(key).map_or_else(|| key.to_owned(), |feature| name(&feature.title))
}
