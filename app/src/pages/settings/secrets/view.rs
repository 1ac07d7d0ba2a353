//! What the page of secrets shows.

use domain::{catalog::Feature, entitlement::FeatureUsage, tenant::secret::SecretMetadata};

/// The content for an admin.
pub(in crate::pages) struct SecretsView {
    /// Sorted by name.
    pub(in crate::pages) secrets: Vec<SecretMetadata>,
    /// The limit and its usage; `None` if the catalog does not count secrets.
    pub(in crate::pages) places: Option<(Feature, FeatureUsage)>,
    /// Whether the installation can store secrets.
    pub(in crate::pages) is_possible: bool,
}
