//! Usage history: time series without gaps, counter resets and projections.

pub mod projection;
pub mod trend;

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{FeatureKind, Period},
    entitlement::{calendar_month, window},
    subscription::Subscription,
    time::Timestamp,
};

/// The length of a point of a time series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Hour,
    #[default]
    Day,
    Month,
}

crate::all_variants!(Step { Hour, Day, Month });

/// The text is not the name of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a step is hour, day or month")]
pub struct UnknownStep;

impl std::str::FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(UnknownStep)
    }
}

impl Step {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The start of the step that contains `at`, in UTC.
    #[must_use]
    pub fn floor(self, at: Timestamp) -> Timestamp {
        self.bounds(at).0
    }

    /// The end of the step that contains `at`, in UTC: the start of the next step.
    #[must_use]
    pub fn end(self, at: Timestamp) -> Timestamp {
        self.bounds(at).1
    }

    /// The start of the step `count` steps before the one that contains `at`.
    #[must_use]
    pub fn back(self, at: Timestamp, count: u16) -> Timestamp {
        (0..count).fold(self.floor(at), |start, _| self.floor(start.plus_secs(-1)))
    }

    fn bounds(self, at: Timestamp) -> (Timestamp, Timestamp) {
        let secs = match self {
            Self::Hour => 3600,
            Self::Day => 86_400,
            Self::Month => return calendar_month(at),
        };
        let start = at.as_secs().div_euclid(secs) * secs;
        (Timestamp::from_secs(start), Timestamp::from_secs(start.saturating_add(secs)))
    }
}

/// Usage of a feature within a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub starts_at: Timestamp,
    /// The net change of the counter.
    pub amount: i64,
    /// The highest value of the counter.
    pub peak: u64,
    /// The value of the counter at the end of the span.
    pub closing: u64,
}

/// A series with one point for every step from `from` (inclusive) to `to` (exclusive).
///
/// `spans` must be sorted and no longer than a step; `before` is the last span before `from`. In a step without a span
/// a gauge keeps its value, and a counter keeps it until its period ends.
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
        let ends_at = step.end(starts_at);
        let period = |at| window(kind, subscription, at).map(|(start, _)| start);
        let carried = last.filter(|last| period(last.starts_at) == period(starts_at)).map_or(0, |last| last.closing);
        let mut point = Span { starts_at, amount: 0, peak: carried, closing: carried };
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

/// Recomputes `peak` and `closing` of a daily or monthly counter, so that late events count from the time
/// at which they happened.
///
/// `spans` must be sorted and begin at the start of a period. A no-op for other kinds of features.
pub fn recompute_closing(kind: FeatureKind, spans: &mut [Span]) {
    let FeatureKind::Counter(Period::Day | Period::Month) = kind else { return };
    let (mut period, mut total) = (None, 0_u64);
    for span in spans {
        let span_period = window(kind, None, span.starts_at);
        if span_period != period {
            (period, total) = (span_period, 0);
        }
        total = total.saturating_add_signed(span.amount);
        span.peak = total.saturating_add(span.peak.saturating_sub(span.closing));
        span.closing = total;
    }
}

/// The resets of a counter after `from` and before `to` (both exclusive), sorted.
///
/// Resets by day and month are computed. Of the resets by billing period only the last can be computed; earlier ones
/// come from `known`, the recorded period starts. Empty for features that reset every minute or never.
pub fn reset_times(
    kind: FeatureKind,
    subscription: Option<&Subscription>,
    (from, to): (Timestamp, Timestamp),
    known: &[Timestamp],
) -> Vec<Timestamp> {
    let FeatureKind::Counter(period) = kind else { return Vec::new() };
    let mut reset_times = known.to_vec();
    match period {
        Period::Minute => return Vec::new(),
        Period::Day | Period::Month => {
            let next = |at: &Timestamp| window(kind, subscription, *at).map(|(_, end)| end).filter(|end| end < &to);
            reset_times.extend(std::iter::successors(next(&from), next));
        }
        Period::Billing => {
            let last = window(kind, subscription, Timestamp::from_micros(to.as_micros().saturating_sub(1)));
            reset_times.extend(last.map(|(start, _)| start));
        }
    }
    reset_times.retain(|start| from < *start && *start < to);
    reset_times.sort_unstable();
    reset_times.dedup();
    reset_times
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn span(secs: i64, amount: i64, closing: u64) -> Span {
        Span { starts_at: Timestamp::from_secs(secs), amount, peak: closing, closing }
    }

    fn tuples(points: &[Span]) -> Vec<(i64, i64, u64, u64)> {
        points.iter().map(|point| (point.starts_at.as_secs(), point.amount, point.peak, point.closing)).collect()
    }

    #[test]
    fn a_gauge_keeps_its_value_in_steps_without_changes() {
        let range = (Timestamp::from_secs(DAY + 60), Timestamp::from_secs(4 * DAY));
        let spans = [span(2 * DAY, 5, 9), span(2 * DAY + 3600, -7, 2)];
        let points = series(FeatureKind::Gauge, None, Step::Day, range, Some(span(0, 4, 4)), &spans);
        assert_eq!(tuples(&points), [(DAY, 0, 4, 4), (2 * DAY, -2, 9, 2), (3 * DAY, 0, 2, 2)]);
    }

    #[test]
    fn late_events_count_from_their_time_on() {
        let kind = FeatureKind::Counter(Period::Day);
        // The second span of the first day was counted last: it changed the counter from 5 to 8.
        let mut spans = [span(0, 2, 2), span(3600, 3, 8), span(7200, 3, 5), span(DAY, 1, 1)];
        recompute_closing(kind, &mut spans);
        assert_eq!(tuples(&spans), [(0, 2, 2, 2), (3600, 3, 5, 5), (7200, 3, 8, 8), (DAY, 1, 1, 1)]);
        let mut released = [Span { peak: 9, ..span(0, 4, 4) }];
        recompute_closing(kind, &mut released);
        assert_eq!(tuples(&released), [(0, 4, 9, 4)]);
        let mut gauge = [span(0, 2, 7)];
        recompute_closing(FeatureKind::Gauge, &mut gauge);
        assert_eq!(tuples(&gauge), [(0, 2, 7, 7)]);
    }

    #[test]
    fn a_month_is_a_step_of_the_calendar() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let noon = at("2024-02-29T12:00:00Z");
        assert_eq!(Step::Month.floor(noon), at("2024-02-01T00:00:00Z"));
        assert_eq!(Step::Month.end(noon), at("2024-03-01T00:00:00Z"));
        assert_eq!(Step::Month.back(noon, 0), Step::Month.floor(noon));
        assert_eq!(Step::Month.back(noon, 11), at("2023-03-01T00:00:00Z"));
        assert_eq!(Step::Hour.back(noon, 13), at("2024-02-28T23:00:00Z"));
        for step in Step::ALL {
            assert_eq!(step.as_str().parse(), Ok(step));
            assert_eq!(step.floor(step.end(noon)), step.end(noon));
        }
    }

    #[test]
    fn a_month_sums_its_days() {
        let kind = FeatureKind::Counter(Period::Month);
        let range = (Timestamp::from_secs(0), Timestamp::from_secs(40 * DAY));
        let points = series(kind, None, Step::Month, range, None, &[span(DAY, 3, 3), span(9 * DAY, 4, 7)]);
        assert_eq!(tuples(&points), [(0, 7, 7, 7), (31 * DAY, 0, 0, 0)]);
    }

    #[test]
    fn resets_follow_the_calendar_or_the_recorded_periods() {
        let range = (Timestamp::from_secs(0), Timestamp::from_secs(65 * DAY));
        let days = |kind, known: &[i64]| -> Vec<i64> {
            let known: Vec<_> = known.iter().map(|day| Timestamp::from_secs(day * DAY)).collect();
            reset_times(kind, None, range, &known).iter().map(|start| start.as_secs() / DAY).collect()
        };
        assert_eq!(days(FeatureKind::Counter(Period::Month), &[]), [31, 59]);
        assert_eq!(days(FeatureKind::Counter(Period::Day), &[]), (1..65).collect::<Vec<_>>());
        assert_eq!(days(FeatureKind::Counter(Period::Billing), &[-5, 0, 14, 44, 70]), [14, 44, 59]);
        assert_eq!(days(FeatureKind::Counter(Period::Minute), &[3]), Vec::<i64>::new());
        assert_eq!(days(FeatureKind::Gauge, &[3]), Vec::<i64>::new());
    }

    #[test]
    fn a_counter_resets_with_its_period() {
        let kind = FeatureKind::Counter(Period::Day);
        let range = (Timestamp::from_secs(DAY - 7200), Timestamp::from_secs(DAY + 3600));
        let points = series(kind, None, Step::Hour, range, Some(span(3600, 4, 4)), &[span(DAY - 3600, 3, 7)]);
        assert_eq!(tuples(&points), [(DAY - 7200, 0, 4, 4), (DAY - 3600, 3, 7, 7), (DAY, 0, 0, 0)]);
    }
}
