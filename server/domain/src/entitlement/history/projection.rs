//! The projection of usage: where it leads at the current pace.

use crate::{
    catalog::{FeatureKind, Period},
    entitlement::{FeatureUsage, history::Step},
    time::Timestamp,
};

const SECS_PER_DAY: i64 = 86_400;
/// The pace is that of at most this many days.
const MAX_DAYS: i64 = 7;
/// How far usage without a period is projected.
const DAYS_AHEAD: i64 = 30;
/// A period is projected after this share of it: one part in so many.
const MIN_PERIOD_SHARE: i64 = 20;

/// What a projection is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The usage since the day began, in UTC: of a counter that resets every day.
    Today,
    /// The change in this many days of 24 hours, at least one.
    Days(i64),
}

/// Usage in the future if it goes on at its current pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The end of the projection: when the counter resets, or 30 days ahead for a gauge.
    pub until: Timestamp,
    /// Usage at the end of the projection, in the feature's unit.
    pub used: u64,
    /// When the limit is reached; `None` if that is not before the end of the projection.
    pub reached_at: Option<Timestamp>,
    pub pace: Pace,
}

/// Projects usage that grows towards its limit, or grows without one.
///
/// `changes` has pairs of an age in days and the net change on that day; each day has 24 hours, and the last one ends
/// with the current hour. `None` where there is too little data: usage that is known for less than a day, or a period of
/// which less than 5 % have passed. `None` also for usage that does not grow or has reached its limit, and for features
/// that reset every minute.
pub fn project(
    kind: FeatureKind,
    usage: &FeatureUsage,
    now: Timestamp,
    changes: &[(usize, i64)],
) -> Option<Projection> {
    if usage.left() == Some(0) {
        return None;
    }
    let (until, (pace, added, secs)) = match kind {
        FeatureKind::Gauge => (now.plus_secs(DAYS_AHEAD * SECS_PER_DAY), by_days(MAX_DAYS, now, changes)?),
        FeatureKind::Counter(period) => {
            let (since, until) = (usage.since?, usage.resets_at?);
            let passed = now.secs_since(since);
            if passed < until.secs_since(since) / MIN_PERIOD_SHARE {
                return None;
            }
            let pace = match period {
                Period::Minute => return None,
                Period::Day => (Pace::Today, i128::from(usage.used), passed),
                Period::Month | Period::Billing => by_days((passed / SECS_PER_DAY).min(MAX_DAYS), now, changes)?,
            };
            (until, pace)
        }
        FeatureKind::Flag | FeatureKind::Max => return None,
    };
    let ahead = i128::from(until.secs_since(now));
    if added <= 0 || secs <= 0 || ahead <= 0 {
        return None;
    }
    let secs = i128::from(secs);
    let gained = u64::try_from(added * ahead / secs).unwrap_or(u64::MAX);
    let reached_at = usage.left().and_then(|left| {
        // Rounded up, so that the limit is reached in time exactly if the amount that is gained reaches it.
        let needed = (i128::from(left) * secs + added - 1) / added;
        (needed <= ahead).then(|| now.plus_secs(i64::try_from(needed).unwrap_or(i64::MAX)))
    });
    Some(Projection { until, used: usage.used.saturating_add(gained), reached_at, pace })
}

/// Returns the change of the last days, at most `most`, and their seconds up to now. `None` without a whole day of data.
fn by_days(most: i64, now: Timestamp, changes: &[(usize, i64)]) -> Option<(Pace, i128, i64)> {
    // Usage may have begun within the day of the oldest change. Only the days after it are complete.
    let oldest = changes.iter().map(|(age, _)| *age).max()?;
    let days = most.min(i64::try_from(oldest).ok()?);
    if days < 1 {
        return None;
    }
    let is_counted = |age: usize| i64::try_from(age).is_ok_and(|age| age < days);
    let added = changes.iter().filter(|(age, _)| is_counted(*age)).map(|(_, amount)| i128::from(*amount)).sum();
    let rest_of_hour = Step::Hour.end(now).secs_since(now);
    Some((Pace::Days(days), added, days * SECS_PER_DAY - rest_of_hour))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::Limit;

    const MONTH: FeatureKind = FeatureKind::Counter(Period::Month);

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    /// A counter of January with a limit.
    fn january(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage {
            feature: "ai_tokens".parse().unwrap(),
            used,
            limit,
            since: Some(at("2026-01-01T00:00:00Z")),
            resets_at: Some(at("2026-02-01T00:00:00Z")),
        }
    }

    fn gauge(used: u64, most: u64) -> FeatureUsage {
        FeatureUsage { since: None, resets_at: None, ..january(used, Limit::AtMost(most)) }
    }

    /// The end of an hour less a second, so that each day has its 24 hours.
    const NOON: &str = "2026-01-15T11:59:59Z";

    #[test]
    fn a_counter_reaches_its_limit_or_a_figure_at_its_reset() {
        let changes: Vec<_> = (0..14).map(|age| (age, 100)).collect();
        let reached = project(MONTH, &january(1400, Limit::AtMost(2100)), at(NOON), &changes).unwrap();
        // 700 are left, and 700 were added in seven days less a second.
        assert_eq!(reached.reached_at, Some(at("2026-01-22T11:59:58Z")));
        assert_eq!((reached.until, reached.pace), (at("2026-02-01T00:00:00Z"), Pace::Days(7)));
        let within = project(MONTH, &january(1400, Limit::AtMost(9000)), at(NOON), &changes).unwrap();
        assert_eq!((within.reached_at, within.used), (None, 1400 + 1650));
        let unlimited = project(MONTH, &january(1400, Limit::Unlimited), at(NOON), &changes).unwrap();
        assert_eq!(unlimited, within);
    }

    #[test]
    fn too_little_data_gives_no_projection() {
        let limit = Limit::AtMost(2100);
        let changes = [(0, 100), (1, 100), (9, 100)];
        assert_eq!(project(MONTH, &january(100, limit), at("2026-01-02T11:00:00Z"), &changes), None, "less than 5 %");
        let second = project(MONTH, &january(100, limit), at("2026-01-02T23:59:59Z"), &changes).unwrap();
        assert_eq!(second.pace, Pace::Days(1), "the days before the period don't count");
        assert_eq!(project(MONTH, &january(100, limit), at(NOON), &[(0, 100)]), None, "less than a day");
        assert_eq!(project(MONTH, &january(100, limit), at(NOON), &[]), None);
        assert_eq!(project(FeatureKind::Gauge, &gauge(5, 9), at(NOON), &[(0, 5)]), None);
    }

    #[test]
    fn usage_that_does_not_grow_or_is_at_its_limit_has_no_projection() {
        let changes = [(0, 100), (3, 100)];
        assert_eq!(project(MONTH, &january(2100, Limit::AtMost(2100)), at(NOON), &changes), None);
        assert_eq!(project(MONTH, &january(200, Limit::AtMost(2100)), at(NOON), &[(9, 200)]), None);
        assert_eq!(project(FeatureKind::Gauge, &gauge(5, 9), at(NOON), &[(0, -1), (3, 6)]), None);
        let minute = FeatureKind::Counter(Period::Minute);
        assert_eq!(project(minute, &january(200, Limit::AtMost(2100)), at(NOON), &changes), None);
    }

    #[test]
    fn a_gauge_is_projected_thirty_days_ahead_and_a_day_by_itself() {
        let found = project(FeatureKind::Gauge, &gauge(14, 100), at(NOON), &[(0, 7), (6, 7), (20, 1)]).unwrap();
        assert_eq!((found.used, found.reached_at), (14 + 60, None));
        let day = FeatureUsage {
            since: Some(at("2026-01-15T00:00:00Z")),
            resets_at: Some(at("2026-01-16T00:00:00Z")),
            ..january(300, Limit::AtMost(500))
        };
        let found = project(FeatureKind::Counter(Period::Day), &day, at("2026-01-15T12:00:00Z"), &[]).unwrap();
        assert_eq!((found.used, found.reached_at), (600, Some(at("2026-01-15T20:00:00Z"))));
        assert_eq!(found.pace, Pace::Today);
        assert_eq!(project(FeatureKind::Counter(Period::Day), &day, at("2026-01-15T01:00:00Z"), &[]), None);
    }

    proptest! {
        #[test]
        fn the_limit_is_reached_exactly_if_the_projected_usage_is_at_the_limit(
            used in 0..10_000_u64,
            most in 1..20_000_u64,
            secs in 0..31 * SECS_PER_DAY,
            changes in prop::collection::vec((0..30_usize, -50..500_i64), 0..20),
        ) {
            let usage = january(used, Limit::AtMost(most));
            let now = at("2026-01-01T00:00:00Z").plus_secs(secs);
            if let Some(found) = project(MONTH, &usage, now, &changes) {
                prop_assert_eq!(found.reached_at.is_some(), found.used >= most);
                prop_assert!(found.reached_at.is_none_or(|reached| now < reached && reached <= found.until));
            }
        }
    }
}
