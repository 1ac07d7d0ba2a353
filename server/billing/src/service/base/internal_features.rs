//! The features that Dues counts itself. Callers can't report their usage.

use domain::ids::FeatureKey;

pub(in crate::service) const TEAM_MEMBERS: &str = "team_members";
pub(in crate::service) const SECRETS: &str = "secrets";

/// Whether Dues counts the feature itself.
pub(in crate::service) fn is_counted_by_dues(feature: &FeatureKey) -> bool {
    [TEAM_MEMBERS, SECRETS].contains(&feature.as_str())
}
