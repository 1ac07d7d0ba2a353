//! Usage alerts: which crossings of a limit cause an alert. Each kind is sent at most once per period.

use serde::{Deserialize, Serialize};

use super::{FeatureUsage, MeterState};
use crate::{
    catalog::{FeatureKind, Limit, Period, WarnAt},
    entitlement::{history::Step, own_limits::thresholds_reached},
    ids::FeatureKey,
    time::Timestamp,
};

/// The level of usage relative to its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsageLevel {
    /// Below the warning threshold.
    #[default]
    Below,
    /// At or above the warning threshold, below the limit.
    Warning,
    /// At or above the second threshold that the workspace has set.
    SecondWarning,
    /// At or above the third threshold that the workspace has set.
    ThirdWarning,
    /// At or above the limit.
    Reached,
}

/// The kind of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Usage reached the warning threshold.
    Warning,
    /// Usage reached the second threshold that the workspace has set.
    SecondWarning,
    /// Usage reached the third threshold that the workspace has set.
    ThirdWarning,
    /// Usage reached the limit.
    Reached,
    /// Usage is below the warning threshold again.
    Cleared,
}

/// An alert that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub feature: FeatureKey,
    /// The start of the period within which this kind of alert is sent only once.
    pub period_start: Timestamp,
    pub kind: AlertKind,
    /// When the alert was sent.
    pub sent_at: Timestamp,
    pub used: u64,
    /// The effective limit at that time.
    pub limit: Limit,
}

/// The text is not the name of a kind of alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alert is a warning, reached or cleared")]
pub struct UnknownAlert;

crate::all_variants!(AlertKind { Warning, SecondWarning, ThirdWarning, Reached, Cleared });

impl AlertKind {
    /// The number of the threshold that usage reached, counted from 1. For other kinds 1, the lowest threshold.
    pub const fn threshold(self) -> usize {
        match self {
            Self::Warning | Self::Reached | Self::Cleared => 1,
            Self::SecondWarning => 2,
            Self::ThirdWarning => 3,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::SecondWarning => "second_warning",
            Self::ThirdWarning => "third_warning",
            Self::Reached => "reached",
            Self::Cleared => "cleared",
        }
    }
}

impl std::str::FromStr for AlertKind {
    type Err = UnknownAlert;

    fn from_str(text: &str) -> Result<Self, UnknownAlert> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownAlert)
    }
}

impl UsageLevel {
    /// The number stored in the database.
    pub const fn as_i64(self) -> i64 {
        match self {
            Self::Below => 0,
            Self::Warning => 1,
            Self::Reached => 2,
            // Later than the others, so that stored numbers keep their meaning.
            Self::SecondWarning => 3,
            Self::ThirdWarning => 4,
        }
    }

    /// The level of a stored number; `None` for an unknown number.
    pub const fn from_i64(column: i64) -> Option<Self> {
        match column {
            0 => Some(Self::Below),
            1 => Some(Self::Warning),
            2 => Some(Self::Reached),
            3 => Some(Self::SecondWarning),
            4 => Some(Self::ThirdWarning),
            _ => None,
        }
    }

    /// The level of a feature's usage with the tenant's thresholds; always below for a feature that is not included.
    pub fn of(usage: &FeatureUsage, thresholds: &[WarnAt]) -> Self {
        match (usage.state_with(thresholds), usage.limit) {
            // A feature that is not included has no limit to reach.
            _ if !usage.limit.is_included() => Self::Below,
            (MeterState::Reached | MeterState::Over, _) => Self::Reached,
            (MeterState::Near, Limit::AtMost(most)) => match thresholds_reached(thresholds, usage.used, most) {
                0 => Self::Below,
                1 => Self::Warning,
                2 => Self::SecondWarning,
                _ => Self::ThirdWarning,
            },
            (MeterState::Near | MeterState::Ok, _) => Self::Below,
        }
    }

    /// The alert for a change from this level to `now`; `None` if there is none.
    ///
    /// A fall to a lower warning causes none: its alert was sent when the usage rose.
    pub fn alert_for(self, now: Self) -> Option<AlertKind> {
        match now {
            Self::Below => (self > Self::Below).then_some(AlertKind::Cleared),
            _ if now <= self => None,
            Self::Warning => Some(AlertKind::Warning),
            Self::SecondWarning => Some(AlertKind::SecondWarning),
            Self::ThirdWarning => Some(AlertKind::ThirdWarning),
            Self::Reached => Some(AlertKind::Reached),
        }
    }
}

/// The start of the period within which each kind of alert is sent only once.
///
/// That is the counter's period; for gauges and for counters per minute it is the UTC day.
pub fn alert_period_start(kind: FeatureKind, period_start: Option<Timestamp>, now: Timestamp) -> Timestamp {
    match (kind, period_start) {
        (FeatureKind::Counter(Period::Day | Period::Month | Period::Billing), Some(start)) => start,
        _ => Step::Day.floor(now),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::{
        UsageLevel::{Below, Reached, Warning},
        *,
    };

    fn level(used: u64, limit: Limit, warn_at: WarnAt) -> UsageLevel {
        let feature = "websocket_rooms".parse().unwrap();
        UsageLevel::of(&FeatureUsage { feature, used, limit, since: None, resets_at: None }, &[warn_at])
    }

    #[rstest]
    #[case(WarnAt::Percent(80), [(0, Below), (7, Below), (8, Warning), (10, Reached), (11, Reached)])]
    #[case(WarnAt::Percent(75), [(7, Below), (8, Warning), (9, Warning), (10, Reached), (99, Reached)])]
    #[case(WarnAt::Amount(3), [(0, Below), (2, Below), (3, Warning), (9, Warning), (10, Reached)])]
    #[case(WarnAt::Amount(30), [(0, Below), (3, Below), (9, Below), (10, Reached), (30, Reached)])]
    fn a_threshold_is_a_percentage_or_an_amount(#[case] warn_at: WarnAt, #[case] levels: [(u64, UsageLevel); 5]) {
        for (used, expected) in levels {
            assert_eq!(level(used, Limit::AtMost(10), warn_at), expected, "{used} of 10");
            assert_eq!(level(used, Limit::Unlimited, warn_at), Below, "{used}, unlimited");
            assert_eq!(level(used, Limit::AtMost(0), warn_at), Below, "{used}, not included");
        }
    }

    #[test]
    fn each_crossing_causes_the_alert_of_its_new_level() {
        let crossings = [(Below, Warning), (Warning, Reached), (Below, Reached), (Reached, Below), (Warning, Below)];
        let alerts = crossings.map(|(before, now)| before.alert_for(now).unwrap());
        assert_eq!(
            alerts,
            [AlertKind::Warning, AlertKind::Reached, AlertKind::Reached, AlertKind::Cleared, AlertKind::Cleared]
        );
        for (before, now) in [(Below, Below), (Warning, Warning), (Reached, Reached), (Reached, Warning)] {
            assert_eq!(before.alert_for(now), None);
        }
    }

    #[test]
    fn each_threshold_of_the_workspace_has_a_level_and_an_alert() {
        let thresholds = [WarnAt::Percent(90), WarnAt::Percent(25), WarnAt::Amount(5)];
        let level = |used| {
            let feature = "websocket_rooms".parse().unwrap();
            let limit = Limit::AtMost(10);
            UsageLevel::of(&FeatureUsage { feature, used, limit, since: None, resets_at: None }, &thresholds)
        };
        let levels = [2, 3, 5, 9, 10].map(level);
        assert_eq!(levels, [Below, Warning, UsageLevel::SecondWarning, UsageLevel::ThirdWarning, Reached]);
        let alerts: Vec<_> = levels.windows(2).map(|pair| pair[0].alert_for(pair[1]).unwrap()).collect();
        let rising = [AlertKind::Warning, AlertKind::SecondWarning, AlertKind::ThirdWarning, AlertKind::Reached];
        assert_eq!(alerts, rising);
        assert_eq!(Below.alert_for(level(9)), Some(AlertKind::ThirdWarning), "one alert for all that were passed");
        assert_eq!(level(9).alert_for(level(3)), None);
        assert_eq!(level(9).alert_for(Below), Some(AlertKind::Cleared));
        for level in levels {
            assert_eq!(UsageLevel::from_i64(level.as_i64()), Some(level));
        }
    }

    #[test]
    fn gauges_and_counters_per_minute_alert_once_a_day() {
        let now = Timestamp::from_secs(1_768_000_000);
        let day = Step::Day.floor(now);
        let start = Some(Timestamp::from_secs(1_767_225_600));
        assert_eq!(alert_period_start(FeatureKind::Gauge, None, now), day);
        assert_eq!(alert_period_start(FeatureKind::Counter(Period::Minute), Some(now), now), day);
        assert_eq!(Some(alert_period_start(FeatureKind::Counter(Period::Month), start, now)), start);
    }

    proptest! {
        #[test]
        fn more_usage_is_never_a_lower_level(used: u64, more: u64, most in 1_u64.., percent in 1..=100_u8) {
            let at = |used| level(used, Limit::AtMost(most), WarnAt::Percent(percent));
            prop_assert!(at(used.saturating_add(more)) >= at(used));
        }
    }
}
