//! The status of a feature: whether a tenant may use more of it, how much is left, and until when.

use serde::{Deserialize, Serialize};

use super::{
    FeatureUsage,
    check::{Check, FailureReason, check},
};
use crate::{
    catalog::{Catalog, Feature, Limit},
    ids::FeatureKey,
    subscription::Entitlements,
    time::Timestamp,
};

/// The amount that [`feature_status`] checks, in the feature's unit.
const ONE: u64 = 1;

/// The status of one feature of a tenant, in the feature's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureStatus {
    pub feature: FeatureKey,
    /// 0 or 1 for a flag.
    pub limit: Limit,
    /// 0 for a feature that is not counted.
    pub used: u64,
    /// What is left of the limit; `None` if unlimited. For a feature of kind `max`, the largest value allowed.
    pub remaining: Option<u64>,
    /// When the counter resets; `None` for a feature without a period.
    pub resets_at: Option<Timestamp>,
    /// Why one more unit is refused; `None` if it is allowed.
    pub failure: Option<FailureReason>,
    /// A warning about the limit or an overdue payment, in words.
    pub warning: Option<String>,
}

/// Computes the status of a feature. `usage` is the current usage.
pub fn feature_status(
    catalog: &Catalog,
    feature: &Feature,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    now: Timestamp,
) -> FeatureStatus {
    let Check { failure, warning, used, limit, permille: _ } = check(catalog, feature, entitlements, usage, ONE, now);
    let usage = FeatureUsage { used, limit, ..usage.clone() };
    FeatureStatus {
        feature: feature.key.clone(),
        limit,
        used,
        remaining: usage.left(),
        resets_at: usage.resets_at,
        failure,
        warning,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::file::default_catalog,
        entitlement::overrides::Overrides,
        subscription::{SubscriptionStatus, entitlements},
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_426_800);

    fn free() -> Entitlements {
        entitlements(None, &Overrides::default(), &default_catalog(), 0, NOW)
    }

    fn status(key: &str, used: u64, limit: Limit) -> FeatureStatus {
        let catalog = default_catalog();
        let feature = catalog.feature(key).unwrap();
        let resets_at = Some(NOW.plus_secs(60));
        let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at };
        feature_status(&catalog, feature, &free(), &usage, NOW)
    }

    #[rstest]
    #[case(0, Limit::AtMost(10), Some(10), None)]
    #[case(9, Limit::AtMost(10), Some(1), None)]
    #[case(10, Limit::AtMost(10), Some(0), Some(FailureReason::LimitReached))]
    #[case::after_a_downgrade(45, Limit::AtMost(10), Some(0), Some(FailureReason::LimitReached))]
    #[case(0, Limit::AtMost(0), Some(0), Some(FailureReason::FeatureNotIncluded))]
    #[case(1_000, Limit::Unlimited, None, None)]
    fn one_more_is_allowed_while_something_remains(
        #[case] used: u64,
        #[case] limit: Limit,
        #[case] remaining: Option<u64>,
        #[case] failure: Option<FailureReason>,
    ) {
        let found = status("websocket_connections", used, limit);
        assert_eq!((found.used, found.limit, found.remaining, found.failure), (used, limit, remaining, failure));
        assert_eq!(found.resets_at, Some(NOW.plus_secs(60)));
    }

    #[test]
    fn a_status_agrees_with_a_check_of_one() {
        let catalog = default_catalog();
        let paid = Entitlements { status: SubscriptionStatus::PastDue, limits: BTreeMap::new(), ..free() };
        for feature in &catalog.features {
            for used in [0, 1, 1_000_000] {
                let limit = paid.limit(&catalog, &feature.key);
                let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None };
                let found = feature_status(&catalog, feature, &paid, &usage, NOW);
                let checked = check(&catalog, feature, &paid, &usage, 1, NOW);
                assert_eq!(
                    (found.failure, found.warning, found.used, found.limit),
                    (checked.failure, checked.warning, checked.used, checked.limit),
                    "{}",
                    feature.key
                );
            }
        }
    }
}
