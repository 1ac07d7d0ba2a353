//! Preview of a tenant's limits and usage under another plan.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Enforcement, Limit, Plan},
    entitlement::FeatureUsage,
    ids::FeatureKey,
    subscription::Entitlements,
};

/// A feature's usage and limits under the current and another plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightLine {
    pub feature: FeatureKey,
    pub used: u64,
    pub limit: Limit,
    pub new_limit: Limit,
    pub outcome: PreflightOutcome,
}

/// What happens to the current usage under the other plan's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PreflightOutcome {
    /// Usage is within the limit.
    Fits,
    /// Usage exceeds the limit: what is used is kept, and more is refused until usage is below the limit.
    NoMore,
    /// Usage exceeds a soft limit: what is used is kept, and more is counted with a warning.
    Warned,
}

/// Compares the usage of each feature with its limit under `plan`, including the tenant's overrides
/// ([`Entitlements::effective_limit`]).
pub fn preflight(
    catalog: &Catalog,
    entitlements: &Entitlements,
    usage: &[FeatureUsage],
    plan: &Plan,
) -> Vec<PreflightLine> {
    let line = |usage: &FeatureUsage| {
        let feature = catalog.feature(usage.feature.as_str())?;
        // An order buys as many seats as are in use.
        let new_limit = if entitlements.seats.is_some() {
            entitlements.effective_limit(plan, &feature.key)
        } else {
            entitlements.limit_for(plan, &feature.key, usage.used)
        };
        let used = if feature.kind.is_counted() { usage.used } else { 0 };
        let outcome = match feature.enforcement {
            _ if new_limit.allows(used) => PreflightOutcome::Fits,
            // A limit of 0 means "not included" and is always hard.
            Enforcement::Soft if new_limit.is_included() => PreflightOutcome::Warned,
            Enforcement::Soft | Enforcement::Hard => PreflightOutcome::NoMore,
        };
        Some(PreflightLine { feature: feature.key.clone(), used, limit: usage.limit, new_limit, outcome })
    };
    usage.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::file::default_catalog,
        entitlement::overrides::{CustomLimit, LimitOverride, Overrides},
        subscription::entitlements,
        time::Timestamp,
    };

    #[test]
    fn usage_above_a_limit_is_kept_and_overrides_apply_to_the_other_plan() {
        let catalog = default_catalog();
        let free = catalog.plan("free").unwrap();
        let key = |text: &str| -> FeatureKey { text.parse().unwrap() };
        let mut overrides = Overrides::default();
        let custom = CustomLimit::at_least(Limit::AtMost(50));
        overrides.set_limit(LimitOverride { feature: key("projects"), custom, until: None });
        let entitlements = entitlements(None, &overrides, &catalog, 0, Timestamp::from_secs(0));
        let usage = |feature: &str, used| FeatureUsage {
            feature: key(feature),
            used,
            limit: Limit::Unlimited,
            since: None,
            resets_at: None,
        };
        let usages = [usage("websocket_connections", 11), usage("websocket_rooms", 0), usage("projects", 40)];
        let lines = preflight(&catalog, &entitlements, &usages, free);
        let found: Vec<_> = lines.iter().map(|line| (line.new_limit, line.outcome)).collect();
        let rooms = free.limit(&key("websocket_rooms"));
        assert_eq!(
            found,
            [
                (Limit::AtMost(10), PreflightOutcome::NoMore),
                (rooms, PreflightOutcome::Fits),
                (Limit::AtMost(50), PreflightOutcome::Fits)
            ]
        );
        let soft = catalog.features.iter().find(|feature| feature.enforcement == Enforcement::Soft);
        if let Some(soft) = soft.filter(|soft| matches!(free.limit(&soft.key), Limit::AtMost(1..))) {
            let lines = preflight(&catalog, &entitlements, &[usage(soft.key.as_str(), u64::MAX)], free);
            assert_eq!(lines.first().unwrap().outcome, PreflightOutcome::Warned);
        }
    }
}
