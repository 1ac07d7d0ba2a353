//! What was used over time: the rule that makes a series without gaps of what was counted.

pub mod trend;

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{FeatureKind, Period},
    entitlement::window,
    subscription::Subscription,
    time::Timestamp,
};

/// How long a point is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Hour,
    #[default]
    Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a step is hour or day")]
pub struct UnknownStep;

impl std::str::FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            _ => Err(UnknownStep),
        }
    }
}

impl Step {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub const fn secs(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// The beginning of the step that an instant lies in, by UTC.
    #[must_use]
    pub const fn floor(self, at: Timestamp) -> Timestamp {
        Timestamp::from_secs(at.as_secs().div_euclid(self.secs()) * self.secs())
    }
}

/// What a span of time adds to a feature's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub starts_at: Timestamp,
    /// By how much the counter changed.
    pub amount: i64,
    /// The highest that it stood at.
    pub peak: u64,
    /// What it stood at in the end.
    pub closing: u64,
}

/// Every step from `from` to before `to`, of what was counted in `spans`, which are in order and no longer than a step. `before`
/// is the last that was counted earlier.
///
/// Where nothing was counted, a gauge stays as it was, and a counter until its period ends.
pub fn series(
    kind: FeatureKind,
    subscription: Option<&Subscription>,
    step: Step,
    (from, to): (Timestamp, Timestamp),
    before: Option<Span>,
    spans: &[Span],
) -> Vec<Span> {
    let mut points = Vec::new();
    let mut last = before;
    let mut rest = spans.iter().peekable();
    let mut starts_at = step.floor(from);
    while starts_at < to {
        let ends_at = starts_at.plus_secs(step.secs());
        let period = |at| window(kind, subscription, at).map(|(start, _)| start);
        let stays = last.filter(|last| period(last.starts_at) == period(starts_at)).map_or(0, |last| last.closing);
        let mut point = Span { starts_at, amount: 0, peak: stays, closing: stays };
        while let Some(span) = rest.next_if(|span| span.starts_at < ends_at) {
            point.amount = point.amount.saturating_add(span.amount);
            point.peak = point.peak.max(span.peak);
            point.closing = span.closing;
            last = Some(*span);
        }
        points.push(point);
        starts_at = ends_at;
    }
    points
}

/// Where a count by the calendar stood in each of `spans`, which are in order and begin with a period: what came late is part of
/// what it stood at from its own time on.
pub fn recount(kind: FeatureKind, spans: &mut [Span]) {
    let FeatureKind::Counter(Period::Day | Period::Month) = kind else { return };
    let (mut period, mut stood) = (None, 0_u64);
    for span in spans {
        let own = window(kind, None, span.starts_at);
        if own != period {
            (period, stood) = (own, 0);
        }
        stood = stood.saturating_add_signed(span.amount);
        span.peak = stood.saturating_add(span.peak.saturating_sub(span.closing));
        span.closing = stood;
    }
}

/// When a counter starts over after `from` and before `to`. Periods by the calendar follow from it; of a subscription's, only
/// the last does: the others are those of `known` that somebody has kept. What starts over every minute is not worth telling.
pub fn starts(
    kind: FeatureKind,
    subscription: Option<&Subscription>,
    (from, to): (Timestamp, Timestamp),
    known: &[Timestamp],
) -> Vec<Timestamp> {
    let FeatureKind::Counter(period) = kind else { return Vec::new() };
    let mut starts = known.to_vec();
    match period {
        Period::Minute => return Vec::new(),
        Period::Day | Period::Month => {
            let next = |at: &Timestamp| window(kind, subscription, *at).map(|(_, end)| end).filter(|end| end < &to);
            starts.extend(std::iter::successors(next(&from), next));
        }
        Period::Billing => {
            let last = window(kind, subscription, Timestamp::from_micros(to.as_micros().saturating_sub(1)));
            starts.extend(last.map(|(start, _)| start));
        }
    }
    starts.retain(|start| from < *start && *start < to);
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// In how many seconds `left` more is used up at the pace of the last seven steps that have passed; `None` when it never is.
pub fn until_used_up(left: u64, step: Step, points: &[Span]) -> Option<i64> {
    const LOOKED_AT: usize = 7;
    // The one that runs is not over.
    let (_, passed) = points.split_last()?;
    let passed = passed.get(passed.len().saturating_sub(LOOKED_AT)..)?;
    let added = passed.iter().map(|point| i128::from(point.amount)).sum::<i128>();
    if added <= 0 {
        return None;
    }
    let span = i128::from(step.secs()) * i128::try_from(passed.len()).ok()?;
    i64::try_from(i128::from(left) * span / added).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn span(secs: i64, amount: i64, closing: u64) -> Span {
        Span { starts_at: Timestamp::from_secs(secs), amount, peak: closing, closing }
    }

    fn told(points: &[Span]) -> Vec<(i64, i64, u64, u64)> {
        points.iter().map(|point| (point.starts_at.as_secs(), point.amount, point.peak, point.closing)).collect()
    }

    #[test]
    fn a_gauge_stays_as_it_was_where_nothing_was_counted() {
        let range = (Timestamp::from_secs(DAY + 60), Timestamp::from_secs(4 * DAY));
        let spans = [span(2 * DAY, 5, 9), span(2 * DAY + 3600, -7, 2)];
        let points = series(FeatureKind::Gauge, None, Step::Day, range, Some(span(0, 4, 4)), &spans);
        assert_eq!(told(&points), [(DAY, 0, 4, 4), (2 * DAY, -2, 9, 2), (3 * DAY, 0, 2, 2)]);
    }

    #[test]
    fn what_came_late_is_part_of_what_a_count_stood_at_since() {
        let kind = FeatureKind::Counter(Period::Day);
        // Of the first day, the second was counted last: it found 5 there, and left 8.
        let mut spans = [span(0, 2, 2), span(3600, 3, 8), span(7200, 3, 5), span(DAY, 1, 1)];
        recount(kind, &mut spans);
        assert_eq!(told(&spans), [(0, 2, 2, 2), (3600, 3, 5, 5), (7200, 3, 8, 8), (DAY, 1, 1, 1)]);
        let mut given_back = [Span { peak: 9, ..span(0, 4, 4) }];
        recount(kind, &mut given_back);
        assert_eq!(told(&given_back), [(0, 4, 9, 4)]);
        let mut gauge = [span(0, 2, 7)];
        recount(FeatureKind::Gauge, &mut gauge);
        assert_eq!(told(&gauge), [(0, 2, 7, 7)]);
    }

    #[test]
    fn a_pace_is_that_of_the_last_seven_steps_that_have_passed() {
        let points: Vec<_> = (0..10).map(|day| span(day * DAY, if day < 3 { 1000 } else { 10 }, 0)).collect();
        // Six of ten and one of a thousand; today's does not count.
        assert_eq!(until_used_up(1060, Step::Day, &points), Some(7 * DAY));
        assert_eq!(until_used_up(10, Step::Day, &points[..1]), None);
        assert_eq!(until_used_up(10, Step::Day, &[span(0, -5, 0), span(DAY, 5, 0)]), None);
    }

    #[test]
    fn a_count_starts_over_by_the_calendar_or_when_it_is_known_to_have() {
        let range = (Timestamp::from_secs(0), Timestamp::from_secs(65 * DAY));
        let days = |kind, known: &[i64]| -> Vec<i64> {
            let known: Vec<_> = known.iter().map(|day| Timestamp::from_secs(day * DAY)).collect();
            starts(kind, None, range, &known).iter().map(|start| start.as_secs() / DAY).collect()
        };
        assert_eq!(days(FeatureKind::Counter(Period::Month), &[]), [31, 59]);
        assert_eq!(days(FeatureKind::Counter(Period::Day), &[]), (1..65).collect::<Vec<_>>());
        assert_eq!(days(FeatureKind::Counter(Period::Billing), &[-5, 0, 14, 44, 70]), [14, 44, 59]);
        assert_eq!(days(FeatureKind::Counter(Period::Minute), &[3]), Vec::<i64>::new());
        assert_eq!(days(FeatureKind::Gauge, &[3]), Vec::<i64>::new());
    }

    #[test]
    fn a_counter_starts_over_with_its_period() {
        let kind = FeatureKind::Counter(Period::Day);
        let range = (Timestamp::from_secs(DAY - 7200), Timestamp::from_secs(DAY + 3600));
        let points = series(kind, None, Step::Hour, range, Some(span(3600, 4, 4)), &[span(DAY - 3600, 3, 7)]);
        assert_eq!(told(&points), [(DAY - 7200, 0, 4, 4), (DAY - 3600, 3, 7, 7), (DAY, 0, 0, 0)]);
    }
}
