//! Names in the catalog of features that entries mention.

use domain::catalog::Catalog;

use crate::wording::name;

/// Returns the feature's name, or its key if the catalog has no such feature.
pub(super) fn feature_name(key: &str, catalog: &Catalog) -> String {
    catalog.feature(key).map_or_else(|| key.to_owned(), |feature| name(&feature.title))
}
