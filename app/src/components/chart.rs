//! What was used over time, drawn: the running total against its limit, and what each step added.

use domain::{
    catalog::{Feature, FeatureKind, Limit},
    entitlement::FeatureUsage,
    history::{Span, Step},
    time::Timestamp,
};
use leptos::prelude::*;

use crate::wording::{day, day_of_year, used};

/// Where the total is drawn, and where the bars: pixels from the top.
const TOTAL: (f64, f64) = (24.0, 274.0);
const BARS: (f64, f64) = (326.0, 394.0);
const HEIGHT: u32 = 400;
/// The total's own units.
const TALL: f64 = 1000.0;
/// Room above the highest line, for its words.
const HEADROOM: f64 = 1.2;

#[expect(clippy::cast_precision_loss, reason = "a picture is no finer than its pixels")]
const fn figure(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer points than pixels")]
const fn place(at: usize) -> f64 {
    at as f64
}

/// The highest figure that the picture has to hold.
fn top(points: &[Span], limit: Limit) -> f64 {
    let peak = points.iter().map(|point| point.peak).max().unwrap_or_default();
    let most = match limit {
        Limit::AtMost(most) => most.max(peak),
        Limit::Unlimited => peak,
    };
    figure(most.max(1)) * HEADROOM
}

fn height(value: u64, top: f64) -> f64 {
    TOTAL.1 - (TOTAL.1 - TOTAL.0) * figure(value) / top
}

/// The total as lines, a new one wherever a counter starts over.
fn run(kind: FeatureKind, points: &[Span], top: f64) -> String {
    let y = |value: u64| TALL - TALL * figure(value) / top;
    let mut parts = Vec::new();
    let mut before = points.first().map_or(0, |first| match kind {
        FeatureKind::Gauge => first.closing.saturating_add_signed(first.amount.saturating_neg()),
        _ => first.closing.saturating_sub(first.amount.unsigned_abs()),
    });
    for (at, point) in points.iter().enumerate() {
        let starts_over = matches!(kind, FeatureKind::Counter(_)) && point.closing < before;
        if at == 0 || starts_over {
            let from = if starts_over { 0 } else { before };
            parts.push(format!("M{at} {:.1}", y(from)));
        }
        parts.push(format!("L{} {:.1}", at + 1, y(point.closing)));
        before = point.closing;
    }
    parts.concat()
}

/// What a point is called.
pub(crate) fn step_name(step: Step, at: Timestamp) -> String {
    match step {
        Step::Hour => format!("{}, {}", day_of_year(at), at.time_of_day()),
        Step::Day => day(at),
    }
}

/// A picture with its title and description; the table beneath says the same in figures.
pub(crate) fn chart(feature: &Feature, usage: &FeatureUsage, step: Step, points: &[Span], says: String) -> AnyView {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return ().into_any() };
    let top = top(points, usage.limit);
    let count = points.len();
    let line = run(feature.kind, points, top);
    let title =
        format!("{}, {} to {}", feature.title, step_name(step, first.starts_at), step_name(step, last.starts_at));
    let most_added = points.iter().map(|point| point.amount.max(0)).max().unwrap_or_default().max(1).unsigned_abs();
    let bars = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.amount > 0)
        .map(|(at, point)| {
            let tall = (BARS.1 - BARS.0) * figure(point.amount.unsigned_abs()) / figure(most_added);
            let x = format!("{:.2}%", (place(at) + 0.15) * 100.0 / place(count));
            let width = format!("{:.2}%", 70.0 / place(count));
            view! { <rect class="bar" x=x width=width y=format!("{:.1}", BARS.1 - tall) height=format!("{tall:.1}")/> }
        })
        .collect_view();
    let limits = match usage.limit {
        Limit::AtMost(most) if most > 0 => Some((most, feature.warn_at.amount(most).min(most))),
        _ => None,
    };
    let limits = limits.map(|(most, warn)| {
        let (at_most, at_warn) = (height(most, top), height(warn, top));
        view! {
            <line class="warn" x2="100%" y1=format!("{at_warn:.1}") y2=format!("{at_warn:.1}")/>
            <line class="limit" x2="100%" y1=format!("{at_most:.1}") y2=format!("{at_most:.1}")/>
            <text class="strong halo" y=format!("{:.1}", at_most - 7.0)>{format!("Limit {}", used(feature, most))}</text>
            <text class="warn-text halo wide" y=format!("{:.1}", at_warn - 6.0)>{format!("Warning {}", used(feature, warn))}</text>
        }
    });
    let each = match step {
        Step::Hour => "Each hour",
        Step::Day => "Each day",
    };
    view! {
        <svg class="chart" width="100%" height=HEIGHT role="img" aria-labelledby="c-title c-desc">
            <title id="c-title">{title}</title>
            <desc id="c-desc">{says}</desc>
            <svg y="24" width="100%" height="250" viewBox=format!("0 0 {count} {TALL}") preserveAspectRatio="none">
                <path class="run" d=line/>
            </svg>
            {limits}
            <line class="axis" x2="100%" y1="274" y2="274"/>
            <text class="halo" x="0" y="294">{step_name(step, first.starts_at)}</text>
            <text class="halo" x="100%" y="294" text-anchor="end">{step_name(step, last.starts_at)}</text>
            <text class="halo" y="320">{each}</text>
            {bars}
            <line class="axis" x2="100%" y1="394" y2="394"/>
        </svg>
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
    fn a_total_is_one_line_until_it_starts_over() {
        let points = [point(5, 5), point(5, 10), point(2, 2)];
        assert_eq!(run(FeatureKind::Counter(Period::Day), &points, 10.0), "M0 1000.0L1 500.0L2 0.0M2 1000.0L3 800.0");
        assert_eq!(run(FeatureKind::Gauge, &points[1..], 10.0), "M0 500.0L1 0.0L2 800.0");
    }

    #[test]
    fn the_limit_is_always_in_the_picture() {
        assert!((top(&[point(1, 1)], Limit::AtMost(100)) - 120.0).abs() < 0.001);
        assert!((top(&[point(1, 200)], Limit::AtMost(100)) - 240.0).abs() < 0.001);
        assert!((top(&[], Limit::Unlimited) - 1.2).abs() < 0.001);
    }
}
