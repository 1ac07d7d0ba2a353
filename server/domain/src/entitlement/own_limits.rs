//! What a workspace's admins set for its limits: thresholds of alerts, and caps below the plan's limits.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Feature, WarnAt},
    ids::{FeatureKey, UserId},
    time::Timestamp,
};

/// The maximum number of thresholds of a feature.
pub const MAX_THRESHOLDS: usize = 3;

/// What the admins set for the limit of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLimit {
    pub feature: FeatureKey,
    /// The thresholds of alerts, in place of the catalog's; empty for the catalog's. At most [`MAX_THRESHOLDS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warn_at: Vec<WarnAt>,
    /// The usage from which on more is refused, if the plan allows more than that; `None` for the plan's limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// The user who set it; `None` for a person without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<UserId>,
    pub set_at: Timestamp,
}

/// What the admins set, for each feature at most once, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnLimits(Vec<OwnLimit>);

impl OwnLimits {
    /// Nothing is set.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// What is set for a feature.
    pub fn get(&self, feature: &FeatureKey) -> Option<&OwnLimit> {
        let at = self.0.binary_search_by(|own| own.feature.cmp(feature)).ok()?;
        self.0.get(at)
    }

    /// Sets what applies to a feature. One with neither thresholds nor a cap is removed.
    pub fn set(&mut self, new: OwnLimit) {
        self.0.retain(|own| own.feature != new.feature);
        if !new.warn_at.is_empty() || new.cap.is_some() {
            let at = self.0.partition_point(|own| own.feature < new.feature);
            self.0.insert(at, new);
        }
    }

    /// The thresholds of alerts about a feature: those of the workspace, else the catalog's.
    pub fn thresholds<'a>(&'a self, feature: &'a Feature) -> &'a [WarnAt] {
        match self.get(&feature.key) {
            Some(own) if !own.warn_at.is_empty() => &own.warn_at,
            _ => std::slice::from_ref(&feature.warn_at),
        }
    }
}

/// Returns how many thresholds `used` has reached under a limit of `most`. 0 without usage.
pub fn thresholds_reached(thresholds: &[WarnAt], used: u64, most: u64) -> usize {
    thresholds.iter().filter(|threshold| used > 0 && used >= threshold.amount(most)).count()
}

/// Returns the usage at which the `number`th of the thresholds is reached, counted from 1, under a limit of `most`.
pub fn nth_threshold(thresholds: &[WarnAt], number: usize, most: u64) -> Option<u64> {
    let mut amounts: Vec<_> = thresholds.iter().map(|threshold| threshold.amount(most)).collect();
    amounts.sort_unstable();
    amounts.get(number.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::file::default_catalog;

    fn own(feature: &str, warn_at: &[WarnAt], cap: Option<u64>) -> OwnLimit {
        OwnLimit {
            feature: feature.parse().unwrap(),
            warn_at: warn_at.to_vec(),
            cap,
            set_by: None,
            set_at: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn each_feature_is_set_once_and_an_empty_setting_removes_it() {
        let mut limits = OwnLimits::default();
        limits.set(own("rooms", &[], Some(5)));
        limits.set(own("calls", &[WarnAt::Percent(50)], None));
        limits.set(own("rooms", &[], Some(7)));
        assert_eq!(limits.get(&"rooms".parse().unwrap()).unwrap().cap, Some(7));
        assert_eq!(limits.0.iter().map(|own| own.feature.as_str()).collect::<Vec<_>>(), ["calls", "rooms"]);
        limits.set(own("calls", &[], None));
        limits.set(own("rooms", &[], None));
        assert_eq!(limits, OwnLimits::default());
    }

    #[test]
    fn own_thresholds_replace_that_of_the_catalog() {
        let catalog = default_catalog();
        let feature = catalog.feature("websocket_rooms").unwrap();
        let mut limits = OwnLimits::default();
        assert_eq!(limits.thresholds(feature), [WarnAt::Percent(80)]);
        limits.set(own("websocket_rooms", &[], Some(3)));
        assert_eq!(limits.thresholds(feature), [WarnAt::Percent(80)], "a cap alone changes no threshold");
        limits.set(own("websocket_rooms", &[WarnAt::Amount(2), WarnAt::Percent(90)], None));
        assert_eq!(limits.thresholds(feature), [WarnAt::Amount(2), WarnAt::Percent(90)]);
    }

    #[test]
    fn thresholds_are_counted_in_the_order_of_their_amounts() {
        let thresholds = [WarnAt::Percent(90), WarnAt::Amount(2), WarnAt::Percent(50)];
        let reached = [0, 1, 2, 4, 5, 8, 9, 10].map(|used| thresholds_reached(&thresholds, used, 10));
        assert_eq!(reached, [0, 0, 1, 1, 2, 2, 3, 3]);
        let amounts = [0, 1, 2, 3, 4].map(|number| nth_threshold(&thresholds, number, 10));
        assert_eq!(amounts, [None, Some(2), Some(5), Some(9), None]);
    }

    #[test]
    fn stored_settings_leave_out_what_is_not_set() {
        let text = serde_json::to_string(&own("rooms", &[WarnAt::Percent(50)], None)).unwrap();
        assert_eq!(text, r#"{"feature":"rooms","warn_at":[{"percent":50}],"set_at":0}"#);
        assert_eq!(serde_json::from_str::<OwnLimit>(&text).unwrap(), own("rooms", &[WarnAt::Percent(50)], None));
    }
}
