//! What the page of secrets shows.

use std::sync::Arc;

use domain::{
    catalog::{Catalog, Feature},
    entitlement::{FeatureUsage, remedy::LimitRemedy},
    tenant::secret::SecretMetadata,
};

/// The content for an admin.
pub(in crate::pages) struct SecretsView {
    pub(in crate::pages) catalog: Arc<Catalog>,
    /// Sorted by name.
    pub(in crate::pages) secrets: Vec<SecretMetadata>,
    /// The limit and its usage; `None` if the catalog does not count secrets.
    pub(in crate::pages) places: Option<(Feature, FeatureUsage)>,
    /// What raises the limit if it is reached; `None` if it is not.
    pub(in crate::pages) remedy: Option<LimitRemedy>,
    /// Whether the installation can store secrets.
    pub(in crate::pages) is_possible: bool,
}
