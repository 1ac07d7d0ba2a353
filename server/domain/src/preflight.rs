//! What becomes of a tenant's limits under another plan.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Enforcement, Limit, Plan},
    entitlement::FeatureUsage,
    ids::FeatureKey,
    subscription::Entitled,
};

/// A feature under another plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightLine {
    pub feature: FeatureKey,
    pub used: u64,
    pub limit: Limit,
    pub limit_then: Limit,
    pub outcome: Outcome,
}

/// What happens to what is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Fits,
    /// What is above the limit stays; nothing more is admitted until it is below.
    NoMore,
    /// What is above the limit stays, and more is counted with a warning.
    Warned,
}

/// Every feature under `plan`, as it would hold for this tenant ([`Entitled::limit_on`]).
pub fn preflight(catalog: &Catalog, entitled: &Entitled, usage: &[FeatureUsage], plan: &Plan) -> Vec<PreflightLine> {
    let line = |usage: &FeatureUsage| {
        let feature = catalog.feature(usage.feature.as_str())?;
        let limit_then = entitled.limit_on(plan, &feature.key);
        let used = if feature.kind.is_counted() { usage.used } else { 0 };
        let outcome = match feature.enforcement {
            _ if limit_then.admits(used) => Outcome::Fits,
            // A limit of 0 is "not included", soft or hard.
            Enforcement::Soft if limit_then.is_included() => Outcome::Warned,
            Enforcement::Soft | Enforcement::Hard => Outcome::NoMore,
        };
        Some(PreflightLine { feature: feature.key.clone(), used, limit: usage.limit, limit_then, outcome })
    };
    usage.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::file::default_catalog,
        overrides::{LimitOverride, Overrides, OwnLimit},
        subscription::entitled,
        time::Timestamp,
    };

    #[test]
    fn what_is_above_stays_and_an_operators_limit_goes_along() {
        let catalog = default_catalog();
        let free = catalog.plan("free").unwrap();
        let key = |text: &str| -> FeatureKey { text.parse().unwrap() };
        let mut overrides = Overrides::default();
        let own = OwnLimit::at_least(Limit::AtMost(50));
        overrides.set_limit(LimitOverride { feature: key("projects"), own, until: None });
        let held = entitled(None, &overrides, &catalog, 0, Timestamp::from_secs(0));
        let usage = |feature: &str, used| FeatureUsage {
            feature: key(feature),
            used,
            limit: Limit::Unlimited,
            since: None,
            resets_at: None,
        };
        let readings = [usage("websocket_connections", 11), usage("websocket_rooms", 0), usage("projects", 40)];
        let lines = preflight(&catalog, &held, &readings, free);
        let told: Vec<_> = lines.iter().map(|line| (line.limit_then, line.outcome)).collect();
        let rooms = free.limit(&key("websocket_rooms"));
        assert_eq!(
            told,
            [(Limit::AtMost(10), Outcome::NoMore), (rooms, Outcome::Fits), (Limit::AtMost(50), Outcome::Fits)]
        );
        let soft = catalog.features.iter().find(|feature| feature.enforcement == Enforcement::Soft);
        if let Some(soft) = soft.filter(|soft| matches!(free.limit(&soft.key), Limit::AtMost(1..))) {
            let lines = preflight(&catalog, &held, &[usage(soft.key.as_str(), u64::MAX)], free);
            assert_eq!(lines.first().unwrap().outcome, Outcome::Warned);
        }
    }
}
