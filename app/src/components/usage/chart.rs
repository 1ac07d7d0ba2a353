//! The usage chart: the running total against its limit, and the amount of each step.

mod ahead;
mod legend;
mod marks;
pub(crate) mod picture;
mod scale;

use std::borrow::Cow;

use domain::{
    catalog::{FeatureKind, Limit},
    entitlement::history::{Span, Step},
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use self::{
    ahead::Ahead,
    legend::legend,
    marks::{limit_lines, period_lines, value_lines},
    picture::Picture,
    scale::{TALL, figure, steps, viewbox_height},
};
use crate::wording::{day, day_of_year, month, name};

/// Vertical range of the bars, in pixels from the top.
const BARS: (f64, f64) = (326.0, 394.0);
const HEIGHT: u32 = 400;
/// Factor by which the value axis exceeds the highest line, to leave space for the line's label.
const HEADROOM: f64 = 1.2;
/// The lowest maximum of the value axis, so that it has three labels.
const MIN_HIGHEST: u64 = 2;

#[expect(clippy::cast_precision_loss, reason = "a chart has fewer points than an f64 can count")]
const fn coordinate(at: usize) -> f64 {
    at as f64
}

/// Returns the highest value that the chart shows: of the limit, of the total or of its projection.
fn highest(points: &[Span], limit: Limit, ahead: Option<&Ahead>) -> u64 {
    let peak = points.iter().map(|point| point.peak).max().unwrap_or_default();
    let most = match limit {
        Limit::AtMost(most) => most.max(peak),
        Limit::Unlimited => peak,
    };
    most.max(ahead.map_or(0, Ahead::highest)).max(MIN_HIGHEST)
}

/// Returns the total that a step shows. A counter may reset within a month: the month shows its highest total.
pub(crate) const fn level(kind: FeatureKind, step: Step, point: &Span) -> u64 {
    match (kind, step) {
        (FeatureKind::Counter(_), Step::Month) => point.peak,
        _ => point.closing,
    }
}

/// A continuous part of the total: points of (position in steps, value).
type Segment = Vec<(f64, u64)>;

/// Splits the total into segments; a counter's reset starts a new one. The last step ends at `now`.
fn segments(kind: FeatureKind, step: Step, points: &[Span], reset_times: &[Timestamp], now: f64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut before = points.first().map_or(0, |first| match kind {
        FeatureKind::Gauge => first.closing.saturating_add_signed(first.amount.saturating_neg()),
        _ => first.closing.saturating_sub(first.amount.unsigned_abs()),
    });
    for (at, point) in points.iter().enumerate() {
        let value = level(kind, step, point);
        // A month may hold a reset without showing a lower total.
        let is_reset = |time: &Timestamp| point.starts_at <= *time && *time < step.end(point.starts_at);
        let has_reset = step == Step::Month && reset_times.iter().any(is_reset);
        let starts_over = matches!(kind, FeatureKind::Counter(_)) && (value < before || has_reset);
        let begun = segments.last_mut().filter(|_| !starts_over);
        let end = (coordinate(at + 1).min(now), value);
        match begun {
            Some(segment) => segment.push(end),
            None => segments.push(vec![(coordinate(at), if starts_over { 0 } else { before }), end]),
        }
        before = value;
    }
    segments
}

/// Returns the path of a segment, and of the area under it.
fn paths(segment: &Segment, top: f64) -> (String, String) {
    let corner = |letter: char, (at, value): &(f64, u64)| format!("{letter}{at:.2} {:.1}", viewbox_height(*value, top));
    let line: String = segment.iter().enumerate().map(|(n, at)| corner(if n == 0 { 'M' } else { 'L' }, at)).collect();
    let (first, last) = (segment.first().map_or(0.0, |at| at.0), segment.last().map_or(0.0, |at| at.0));
    let area = format!("{line}L{last:.2} {TALL}L{first:.2} {TALL}Z");
    (line, area)
}

/// Returns the label of a step.
pub(crate) fn step_name(step: Step, at: Timestamp) -> Cow<'static, str> {
    match step {
        Step::Hour => text!(chart_hour, day = day_of_year(at), time = at.time_of_day()),
        Step::Day => Cow::Owned(day(at)),
        Step::Month => Cow::Owned(month(at)),
    }
}

/// Renders the chart with title, description and legend. The table below it holds the same figures.
pub(crate) fn chart(picture: &Picture<'_>) -> AnyView {
    let Picture { feature, usage, plan: _, step, points, reset_times, now, projection, ref description } = *picture;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return ().into_any() };
    let count = coordinate(points.len());
    let now_at = now.map_or(count, |now| steps(first.starts_at, now, step).clamp(count - 1.0, count));
    let ahead = projection.map(|found| Ahead::of(&found, usage.used, (first.starts_at, step), (now_at, count)));
    let most = highest(points, usage.limit, ahead.as_ref());
    let top = figure(most) * HEADROOM;
    // The chart's width in steps, with space for the projection.
    let along = ahead.map_or(count, |ahead| ahead.to.0.max(count));
    let segments = segments(feature.kind, step, points, reset_times, now_at);
    // No reset is marked if there are so many that the markers would overlap.
    let reset_times = if reset_times.len() * 4 > points.len() { &[] } else { reset_times };
    let since = reset_times.last().copied();
    let current = segments.len().saturating_sub(1);
    let is_former = |at: usize| since.is_some() && at < current;
    let lines = segments
        .iter()
        .enumerate()
        .map(|(at, segment)| {
            let (line, area) = paths(segment, top);
            let (run_class, area_class) = if is_former(at) { ("run then", "area then") } else { ("run", "area") };
            view! { <path class=area_class d=area/><path class=run_class d=line/> }
        })
        .collect_view();
    let limit = match usage.limit {
        Limit::AtMost(limit) => Some(limit),
        Limit::Unlimited => None,
    };
    let pace = ahead.map(|ahead| view! { <path class="pace" d=ahead.path(top)/> });
    let marks_ahead = ahead.zip(now).map(|(ahead, now)| ahead.marks(limit, now, top, along));
    let (from, to) = (step_name(step, first.starts_at), step_name(step, last.starts_at));
    let title = text!(chart_title, feature = name(&feature.title), from = &*from, to = &*to);
    // Beside a projection there is no room for the year twice.
    let axis_end = if step == Step::Day { Cow::Owned(day_of_year(last.starts_at)) } else { to.clone() };
    let most_added = points.iter().map(|point| point.amount.max(0)).max().unwrap_or_default().max(1).unsigned_abs();
    let bars = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.amount > 0)
        .map(|(at, point)| {
            let tall = (BARS.1 - BARS.0) * figure(point.amount.unsigned_abs()) / figure(most_added);
            let x = format!("{:.2}%", (coordinate(at) + 0.15) * 100.0 / along);
            let width = format!("{:.2}%", 70.0 / along);
            let is_former = since.is_some_and(|since| step.end(point.starts_at) <= since);
            let class = if is_former { "bar then" } else { "bar" };
            view! { <rect class=class x=x width=width y=format!("{:.1}", BARS.1 - tall) height=format!("{tall:.1}")/> }
        })
        .collect_view();
    let each = match step {
        Step::Hour => text!(chart_each_hour),
        Step::Day => text!(chart_each_day),
        Step::Month => text!(chart_each_month),
    };
    view! {
        <svg class="chart scaled" width="100%" height=HEIGHT role="img" aria-labelledby="c-title c-desc">
            <title id="c-title">{title}</title>
            <desc id="c-desc">{description.clone()}</desc>
            <svg y="24" width="100%" height="250" viewBox=format!("0 0 {along} {TALL}") preserveAspectRatio="none">
                {lines}
                {pace}
            </svg>
            {value_lines(feature, usage, most, top)}
            {period_lines(reset_times, first.starts_at, step, along)}
            {limit_lines(feature, usage, top)}
            <line class="axis" x2="100%" y1="274" y2="274"/>
            {marks_ahead}
            <text class="halo" x="0" y="294">{from}</text>
            <text class="halo" x=format!("{:.2}%", now_at * 100.0 / along) y="294" text-anchor="end">
                {axis_end}
            </text>
            <text class="halo" y="320">{each}</text>
            {bars}
            <line class="axis" x2="100%" y1="394" y2="394"/>
        </svg>
        {legend(picture)}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use domain::catalog::Period;

    use super::*;
    use crate::fixture::at;

    fn point(amount: i64, closing: u64) -> Span {
        Span { starts_at: Timestamp::from_secs(0), amount, peak: closing, closing }
    }

    #[test]
    fn a_reset_starts_a_new_segment() {
        let points = [point(5, 5), point(5, 10), point(2, 2)];
        let drawn = segments(FeatureKind::Counter(Period::Day), Step::Hour, &points, &[], 2.5);
        assert_eq!(drawn, [vec![(0.0, 0), (1.0, 5), (2.0, 10)], vec![(2.0, 0), (2.5, 2)]]);
        assert_eq!(segments(FeatureKind::Gauge, Step::Hour, &points[1..], &[], 2.0), [[(0.0, 5), (1.0, 10), (2.0, 2)]]);
        let (line, area) = paths(&drawn[1], 10.0);
        assert_eq!(
            (line.as_str(), area.as_str()),
            ("M2.00 1000.0L2.50 800.0", "M2.00 1000.0L2.50 800.0L2.50 1000L2.00 1000Z")
        );
    }

    #[test]
    fn each_month_of_a_counter_starts_over_and_shows_its_highest_total() {
        let month = |starts_at: &str, closing, peak| Span { starts_at: at(starts_at), amount: 5, peak, closing };
        let points = [month("2026-01-01T00:00:00Z", 5, 5), month("2026-02-01T00:00:00Z", 0, 7)];
        let (kind, resets) = (FeatureKind::Counter(Period::Month), [at("2026-02-01T00:00:00Z")]);
        let drawn = segments(kind, Step::Month, &points, &resets, 2.0);
        assert_eq!(drawn, [[(0.0, 0), (1.0, 5)], [(1.0, 0), (2.0, 7)]]);
        // A yearly period goes on from month to month.
        let drawn = segments(FeatureKind::Counter(Period::Billing), Step::Month, &points, &[], 2.0);
        assert_eq!(drawn, [[(0.0, 0), (1.0, 5), (2.0, 7)]]);
    }

    #[test]
    fn the_scale_includes_the_limit_and_has_room_for_three_labels() {
        assert_eq!(highest(&[point(1, 1)], Limit::AtMost(100), None), 100);
        assert_eq!(highest(&[point(1, 200)], Limit::AtMost(100), None), 200);
        assert_eq!(highest(&[], Limit::Unlimited, None), 2);
    }
}
