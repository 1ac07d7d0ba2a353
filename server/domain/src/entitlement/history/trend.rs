//! The usage trend of a feature: one value per day, and a comparison with the past.

use super::projection::Projection;
use crate::{catalog::FeatureKind, entitlement::FeatureUsage};

/// The number of days of a trend. Each day has 24 hours; the last day ends now.
pub const DAYS: usize = 30;
const WEEK: usize = 7;

/// Recent usage of a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trend {
    /// One value for each of the last [`DAYS`] days, oldest first: the amount added to a counter, or the closing value
    /// of a gauge.
    pub days: Vec<u64>,
    pub compared: TrendComparison,
    /// Where usage leads at its current pace; `None` if it does not grow, or with too little data.
    pub projection: Option<Projection>,
}

/// Recent usage compared with earlier usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrendComparison {
    /// The amounts added to a counter in the last seven days and in the seven days before.
    Added { week: u64, before: u64 },
    /// The current value of a gauge, and its value [`DAYS`] days ago.
    Level { now: u64, then: u64 },
}

/// The trend of a feature with the current `usage`, without a projection; `None` without changes in the last [`DAYS`]
/// days.
///
/// `changes` has pairs of an age in days, less than [`DAYS`], and the net change on that day.
pub fn trend(kind: FeatureKind, usage: &FeatureUsage, changes: &[(usize, i64)]) -> Option<Trend> {
    let mut added = [0_i64; DAYS];
    for (age, amount) in changes {
        let day = DAYS.checked_sub(age + 1).and_then(|day| added.get_mut(day))?;
        *day = day.saturating_add(*amount);
    }
    if changes.is_empty() {
        return None;
    }
    if kind != FeatureKind::Gauge {
        let days: Vec<_> = added.iter().map(|amount| amount.max(&0).unsigned_abs()).collect();
        let sum = |skipped: usize| {
            days.iter().rev().skip(skipped).take(WEEK).fold(0, |sum: u64, day| sum.saturating_add(*day))
        };
        let compared = TrendComparison::Added { week: sum(0), before: sum(WEEK) };
        return Some(Trend { days, compared, projection: None });
    }
    // A gauge is the sum of its changes: its value before a day is the day's closing value less the day's change.
    let mut value = usage.used;
    let mut days = Vec::with_capacity(DAYS);
    for amount in added.iter().rev() {
        days.push(value);
        value = value.saturating_add_signed(amount.saturating_neg());
    }
    days.reverse();
    let compared = TrendComparison::Level { now: usage.used, then: value };
    Some(Trend { days, compared, projection: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Limit, Period};

    fn trend_of(kind: FeatureKind, used: u64, changes: &[(usize, i64)]) -> Option<Trend> {
        let usage = FeatureUsage {
            feature: "rooms".parse().unwrap(),
            used,
            limit: Limit::Unlimited,
            since: None,
            resets_at: None,
        };
        trend(kind, &usage, changes)
    }

    #[test]
    fn the_last_week_of_a_counter_is_compared_with_the_week_before() {
        let found =
            trend_of(FeatureKind::Counter(Period::Month), 9, &[(0, 5), (6, 1), (7, 4), (13, 2), (14, 100)]).unwrap();
        assert_eq!(found.compared, TrendComparison::Added { week: 6, before: 6 });
        assert_eq!((found.days.len(), found.days[29], found.days[15]), (DAYS, 5, 100));
    }

    #[test]
    fn past_values_of_a_gauge_are_computed_from_its_current_value() {
        let found = trend_of(FeatureKind::Gauge, 4, &[(0, -2), (2, 5)]).unwrap();
        assert_eq!(found.compared, TrendComparison::Level { now: 4, then: 1 });
        assert_eq!(found.days[25..], [1, 1, 6, 6, 4]);
    }

    #[test]
    fn a_feature_without_changes_has_no_trend() {
        assert_eq!(trend_of(FeatureKind::Gauge, 4, &[]), None);
        assert_eq!(trend_of(FeatureKind::Gauge, 4, &[(DAYS, 1)]), None);
    }
}
