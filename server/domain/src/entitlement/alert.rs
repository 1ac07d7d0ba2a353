//! When a limit that is near, reached or far again is told: once a period, however often it is crossed.

use serde::{Deserialize, Serialize};

use super::{FeatureUsage, MeterState};
use crate::{
    catalog::{Feature, FeatureKind, Limit, Period},
    history::Step,
    ids::FeatureKey,
    time::Timestamp,
};

/// How a counter stands to its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    #[default]
    Below,
    Warning,
    Reached,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The warning threshold was passed.
    Warning,
    /// So was the limit, or it was met.
    Reached,
    /// The counter is below the warning threshold again.
    Cleared,
}

/// A crossing that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub feature: FeatureKey,
    /// The span in which this kind is told once began then.
    pub told_since: Timestamp,
    pub kind: AlertKind,
    pub told_at: Timestamp,
    pub used: u64,
    /// Of the plan that held then.
    pub limit: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alert is a warning, reached or cleared")]
pub struct UnknownAlert;

impl AlertKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Reached => "reached",
            Self::Cleared => "cleared",
        }
    }
}

impl std::str::FromStr for AlertKind {
    type Err = UnknownAlert;

    fn from_str(text: &str) -> Result<Self, UnknownAlert> {
        [Self::Warning, Self::Reached, Self::Cleared].into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownAlert)
    }
}

impl Level {
    /// As a column holds it.
    pub const fn as_i64(self) -> i64 {
        match self {
            Self::Below => 0,
            Self::Warning => 1,
            Self::Reached => 2,
        }
    }

    /// `None` for a number that no level is written as.
    pub const fn read(column: i64) -> Option<Self> {
        match column {
            0 => Some(Self::Below),
            1 => Some(Self::Warning),
            2 => Some(Self::Reached),
            _ => None,
        }
    }

    pub fn of(feature: &Feature, usage: &FeatureUsage) -> Self {
        match usage.state(feature) {
            // What a plan does not include has nothing that could be reached.
            _ if !usage.limit.is_included() => Self::Below,
            MeterState::Ok => Self::Below,
            MeterState::Near => Self::Warning,
            MeterState::Reached | MeterState::Over => Self::Reached,
        }
    }

    /// What is told when a counter comes from here to `now`; from reached to near, nothing: the warning stands.
    pub const fn told_at(self, now: Self) -> Option<AlertKind> {
        match (self, now) {
            (Self::Below, Self::Warning) => Some(AlertKind::Warning),
            (Self::Below | Self::Warning, Self::Reached) => Some(AlertKind::Reached),
            (Self::Warning | Self::Reached, Self::Below) => Some(AlertKind::Cleared),
            (Self::Below, Self::Below)
            | (Self::Warning | Self::Reached, Self::Warning)
            | (Self::Reached, Self::Reached) => None,
        }
    }
}

/// The beginning of the span in which each kind is told once: the counter's own period, and the day for what has none, or one
/// so short that it would be told without end.
pub fn told_once_since(kind: FeatureKind, period_start: Option<Timestamp>, now: Timestamp) -> Timestamp {
    match (kind, period_start) {
        (FeatureKind::Counter(Period::Day | Period::Month | Period::Billing), Some(start)) => start,
        _ => Step::Day.floor(now),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::catalog::{WarnAt, file::default_catalog};

    fn level(used: u64, limit: Limit, warn_at: WarnAt) -> Level {
        let feature = Feature { warn_at, ..default_catalog().feature("websocket_rooms").unwrap().clone() };
        let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None };
        Level::of(&feature, &usage)
    }

    #[rstest]
    #[case(WarnAt::Percent(80), [(0, Level::Below), (7, Level::Below), (8, Level::Warning), (10, Level::Reached), (11, Level::Reached)])]
    #[case(WarnAt::Percent(75), [(7, Level::Below), (8, Level::Warning), (9, Level::Warning), (10, Level::Reached), (99, Level::Reached)])]
    #[case(WarnAt::Amount(3), [(0, Level::Below), (2, Level::Below), (3, Level::Warning), (9, Level::Warning), (10, Level::Reached)])]
    #[case(WarnAt::Amount(30), [(0, Level::Below), (3, Level::Below), (9, Level::Below), (10, Level::Reached), (30, Level::Reached)])]
    fn a_threshold_is_a_share_or_an_amount(#[case] warn_at: WarnAt, #[case] levels: [(u64, Level); 5]) {
        for (used, expected) in levels {
            assert_eq!(level(used, Limit::AtMost(10), warn_at), expected, "{used} of 10");
            assert_eq!(level(used, Limit::Unlimited, warn_at), Level::Below, "{used} of all there is");
            assert_eq!(level(used, Limit::AtMost(0), warn_at), Level::Below, "{used} of nothing");
        }
    }

    #[test]
    fn each_crossing_is_told_as_what_it_leads_to() {
        use Level::{Below, Reached, Warning};
        let told = [(Below, Warning), (Warning, Reached), (Below, Reached), (Reached, Below), (Warning, Below)];
        let told = told.map(|(before, now)| before.told_at(now).unwrap());
        assert_eq!(
            told,
            [AlertKind::Warning, AlertKind::Reached, AlertKind::Reached, AlertKind::Cleared, AlertKind::Cleared]
        );
        for (before, now) in [(Below, Below), (Warning, Warning), (Reached, Reached), (Reached, Warning)] {
            assert_eq!(before.told_at(now), None);
        }
    }

    #[test]
    fn what_has_a_short_period_or_none_is_told_once_a_day() {
        let now = Timestamp::from_secs(1_768_000_000);
        let day = Step::Day.floor(now);
        let start = Some(Timestamp::from_secs(1_767_225_600));
        assert_eq!(told_once_since(FeatureKind::Gauge, None, now), day);
        assert_eq!(told_once_since(FeatureKind::Counter(Period::Minute), Some(now), now), day);
        assert_eq!(Some(told_once_since(FeatureKind::Counter(Period::Month), start, now)), start);
    }

    proptest! {
        #[test]
        fn more_used_is_never_a_lower_level(used: u64, more: u64, most in 1_u64.., percent in 1..=100_u8) {
            let at = |used| level(used, Limit::AtMost(most), WarnAt::Percent(percent));
            prop_assert!(at(used.saturating_add(more)) >= at(used));
        }
    }
}
