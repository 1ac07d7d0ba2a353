//! The usage chart: the running total against its limit, and the amount of each step.

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
    legend::legend,
    marks::{limit_lines, pace_end, pace_words, period_lines},
    picture::Picture,
    scale::figure,
};
use crate::wording::{day, day_of_year, name};

/// Vertical range of the bars, in pixels from the top.
const BARS: (f64, f64) = (326.0, 394.0);
const HEIGHT: u32 = 400;
/// Height of the total's plot in its own view box.
const TALL: f64 = 1000.0;
/// Factor by which the value axis exceeds the highest line, to leave space for the line's label.
const HEADROOM: f64 = 1.2;

#[expect(clippy::cast_precision_loss, reason = "a chart has fewer points than an f64 can count")]
const fn coordinate(at: usize) -> f64 {
    at as f64
}

/// Returns the highest value on the value axis.
fn top(points: &[Span], limit: Limit) -> f64 {
    let peak = points.iter().map(|point| point.peak).max().unwrap_or_default();
    let most = match limit {
        Limit::AtMost(most) => most.max(peak),
        Limit::Unlimited => peak,
    };
    figure(most.max(1)) * HEADROOM
}

/// Converts a value to a y coordinate in the total's view box. `top` is the highest value on the axis.
fn viewbox_height(value: u64, top: f64) -> f64 {
    TALL - TALL * figure(value) / top
}

/// A continuous part of the total: points of (step, value).
type Segment = Vec<(usize, u64)>;

/// Splits the total into segments; a counter's reset starts a new one.
fn segments(kind: FeatureKind, points: &[Span]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut before = points.first().map_or(0, |first| match kind {
        FeatureKind::Gauge => first.closing.saturating_add_signed(first.amount.saturating_neg()),
        _ => first.closing.saturating_sub(first.amount.unsigned_abs()),
    });
    for (at, point) in points.iter().enumerate() {
        let starts_over = matches!(kind, FeatureKind::Counter(_)) && point.closing < before;
        let begun = segments.last_mut().filter(|_| !starts_over);
        let end = (at + 1, point.closing);
        match begun {
            Some(segment) => segment.push(end),
            None => segments.push(vec![(at, if starts_over { 0 } else { before }), end]),
        }
        before = point.closing;
    }
    segments
}

/// Returns the path of a segment, and of the area under it.
fn paths(segment: &Segment, top: f64) -> (String, String) {
    let corner = |letter: char, (at, value): &(usize, u64)| format!("{letter}{at} {:.1}", viewbox_height(*value, top));
    let line: String = segment.iter().enumerate().map(|(n, at)| corner(if n == 0 { 'M' } else { 'L' }, at)).collect();
    let (first, last) = (segment.first().map_or(0, |at| at.0), segment.last().map_or(0, |at| at.0));
    let area = format!("{line}L{last} {TALL}L{first} {TALL}Z");
    (line, area)
}

/// Returns the label of a step.
pub(crate) fn step_name(step: Step, at: Timestamp) -> Cow<'static, str> {
    match step {
        Step::Hour => text!(chart_hour, day = day_of_year(at), time = at.time_of_day()),
        Step::Day => Cow::Owned(day(at)),
    }
}

/// Renders the chart with title, description and legend. The table below it holds the same figures.
pub(crate) fn chart(picture: &Picture<'_>) -> AnyView {
    let Picture { feature, usage, plan: _, step, points, reset_times, reached_at, ref description } = *picture;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return ().into_any() };
    let top = top(points, usage.limit);
    let now = coordinate(points.len());
    let pace = reached_at.and_then(|at| pace_end(usage, last, step, now, at));
    // The chart's width in steps, with space for the projection.
    let along = pace.map_or(now, |pace| pace.at.max(now + 1.0).ceil());
    // No reset is marked if there are so many that the markers would overlap.
    let reset_times = if reset_times.len() * 4 > points.len() { &[] } else { reset_times };
    let since = reset_times.last().copied();
    let segments = segments(feature.kind, points);
    let count = segments.len();
    let is_former = |at: usize| since.is_some() && at + 1 < count;
    let lines = segments
        .iter()
        .enumerate()
        .map(|(at, segment)| {
            let (line, area) = paths(segment, top);
            let (run_class, area_class) = if is_former(at) { ("run then", "area then") } else { ("run", "area") };
            view! { <path class=area_class d=area/><path class=run_class d=line/> }
        })
        .collect_view();
    let ahead = pace.map(|pace| {
        let (from, to) = (viewbox_height(last.closing, top), viewbox_height(pace.value, top));
        view! { <path class="pace" d=format!("M{now} {from:.1}L{:.2} {to:.1}", pace.at)/> }
    });
    let (from, to) = (step_name(step, first.starts_at), step_name(step, last.starts_at));
    let title = text!(chart_title, feature = name(&feature.title), from = &*from, to = &*to);
    let most_added = points.iter().map(|point| point.amount.max(0)).max().unwrap_or_default().max(1).unsigned_abs();
    let bars = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.amount > 0)
        .map(|(at, point)| {
            let tall = (BARS.1 - BARS.0) * figure(point.amount.unsigned_abs()) / figure(most_added);
            let x = format!("{:.2}%", (coordinate(at) + 0.15) * 100.0 / along);
            let width = format!("{:.2}%", 70.0 / along);
            let is_former = since.is_some_and(|since| point.starts_at.plus_secs(step.secs()) <= since);
            let class = if is_former { "bar then" } else { "bar" };
            view! { <rect class=class x=x width=width y=format!("{:.1}", BARS.1 - tall) height=format!("{tall:.1}")/> }
        })
        .collect_view();
    let each = match step {
        Step::Hour => text!(chart_each_hour),
        Step::Day => text!(chart_each_day),
    };
    view! {
        <svg class="chart" width="100%" height=HEIGHT role="img" aria-labelledby="c-title c-desc">
            <title id="c-title">{title}</title>
            <desc id="c-desc">{description.clone()}</desc>
            <svg y="24" width="100%" height="250" viewBox=format!("0 0 {along} {TALL}") preserveAspectRatio="none">
                {lines}
                {ahead}
            </svg>
            {period_lines(reset_times, first.starts_at, step, along)}
            {limit_lines(feature, usage, top)}
            <line class="axis" x2="100%" y1="274" y2="274"/>
            {pace.zip(reached_at).map(|(pace, at)| pace_words(pace, step, at, along, usage, top))}
            <text class="halo" x="0" y="294">{from}</text>
            <text class="halo" x=format!("{:.2}%", now * 100.0 / along) y="294" text-anchor="end">
                {to}
            </text>
            <text class="halo" y="320">{each}</text>
            {bars}
            <line class="axis" x2="100%" y1="394" y2="394"/>
        </svg>
        {legend(picture, pace.is_some())}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use domain::catalog::Period;

    use super::*;

    fn point(amount: i64, closing: u64) -> Span {
        Span { starts_at: Timestamp::from_secs(0), amount, peak: closing, closing }
    }

    #[test]
    fn a_reset_starts_a_new_segment() {
        let points = [point(5, 5), point(5, 10), point(2, 2)];
        let drawn = segments(FeatureKind::Counter(Period::Day), &points);
        assert_eq!(drawn, [vec![(0, 0), (1, 5), (2, 10)], vec![(2, 0), (3, 2)]]);
        assert_eq!(segments(FeatureKind::Gauge, &points[1..]), [[(0, 5), (1, 10), (2, 2)]]);
        let (line, area) = paths(&drawn[1], 10.0);
        assert_eq!((line.as_str(), area.as_str()), ("M2 1000.0L3 800.0", "M2 1000.0L3 800.0L3 1000L2 1000Z"));
    }

    #[test]
    fn the_chart_includes_the_limit() {
        assert!((top(&[point(1, 1)], Limit::AtMost(100)) - 120.0).abs() < 0.001);
        assert!((top(&[point(1, 200)], Limit::AtMost(100)) - 240.0).abs() < 0.001);
        assert!((top(&[], Limit::Unlimited) - 1.2).abs() < 0.001);
    }
}
