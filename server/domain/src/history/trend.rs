//! What a feature was used like of late, in little: a figure a day, and how it compares with before.

use crate::{catalog::FeatureKind, entitlement::FeatureUsage};

/// How many days a trend tells of, each of 24 hours, the last of which ends now.
pub const DAYS: usize = 30;
const WEEK: usize = 7;

/// What was used of late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trend {
    /// Of each of the last [`DAYS`] days, the oldest first: what a counter was added, where a gauge stood in the end.
    pub days: Vec<u64>,
    pub compared: Compared,
}

/// Now against then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// What a counter was added in the last seven days, and in the seven before.
    Added { week: u64, before: u64 },
    /// Where a gauge stands, and where it stood [`DAYS`] days ago.
    Stood { now: u64, then: u64 },
}

/// The trend of a feature that stands at `usage`, of what it changed by on days that lie so many days back; `None` where nothing
/// was counted on any of them.
pub fn trend(kind: FeatureKind, usage: &FeatureUsage, changes: &[(usize, i64)]) -> Option<Trend> {
    let mut added = [0_i64; DAYS];
    for (back, amount) in changes {
        let day = DAYS.checked_sub(back + 1).and_then(|day| added.get_mut(day))?;
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
        let compared = Compared::Added { week: sum(0), before: sum(WEEK) };
        return Some(Trend { days, compared });
    }
    // A gauge is the sum of its changes: before a day, it stood at what it did in the end without the day's.
    let mut stood = usage.used;
    let mut days = Vec::with_capacity(DAYS);
    for amount in added.iter().rev() {
        days.push(stood);
        stood = stood.saturating_add_signed(amount.saturating_neg());
    }
    days.reverse();
    Some(Trend { days, compared: Compared::Stood { now: usage.used, then: stood } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Limit, Period};

    fn of(kind: FeatureKind, used: u64, changes: &[(usize, i64)]) -> Option<Trend> {
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
    fn a_counters_week_is_held_against_the_one_before() {
        let found = of(FeatureKind::Counter(Period::Month), 9, &[(0, 5), (6, 1), (7, 4), (13, 2), (14, 100)]).unwrap();
        assert_eq!(found.compared, Compared::Added { week: 6, before: 6 });
        assert_eq!((found.days.len(), found.days[29], found.days[15]), (DAYS, 5, 100));
    }

    #[test]
    fn a_gauge_is_followed_back_from_where_it_stands() {
        let found = of(FeatureKind::Gauge, 4, &[(0, -2), (2, 5)]).unwrap();
        assert_eq!(found.compared, Compared::Stood { now: 4, then: 1 });
        assert_eq!(found.days[25..], [1, 1, 6, 6, 4]);
    }

    #[test]
    fn where_nothing_was_counted_there_is_no_trend() {
        assert_eq!(of(FeatureKind::Gauge, 4, &[]), None);
        assert_eq!(of(FeatureKind::Gauge, 4, &[(DAYS, 1)]), None);
    }
}
