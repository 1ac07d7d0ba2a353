//! Markers across the chart: limit, warning threshold, starts of periods and the projection.

use domain::{
    catalog::{Feature, Limit},
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use super::scale::{TOTAL, figure, height};
use crate::wording::{day_of_year, used};

/// Up to this many period starts are labeled at every width; more are labeled on wide screens only.
const MAX_LABELED_STARTS: usize = 2;
/// Distance in pixels. If the lines of limit and warning are closer, the warning's label goes below its line.
const MIN_LABEL_DISTANCE: f64 = 20.0;
/// Position in percent of the width. The label of a line beyond this position stands left of the line.
const LABEL_FLIP_PERCENT: f64 = 75.0;
/// Maximum length of the projection, as a share of the time span that the chart shows up to now.
const MAX_PROJECTION_SHARE: f64 = 1.0 / 3.0;

/// Renders the lines of the warning threshold and of the limit, with labels.
pub(super) fn limit_lines(feature: &Feature, usage: &FeatureUsage, top: f64) -> Option<AnyView> {
    let Limit::AtMost(most @ 1..) = usage.limit else { return None };
    let warn = feature.warn_at.amount(most).min(most);
    let (at_most, at_warn) = (height(most, top), height(warn, top));
    let warn_words = if at_warn - at_most < MIN_LABEL_DISTANCE { at_warn + 14.0 } else { at_warn - 6.0 };
    // A label below the axis would cover the dates. The legend explains the line anyway.
    let warn_words = (warn_words < TOTAL.1).then(|| {
        view! {
            <text class="warn-text halo wide" y=format!("{warn_words:.1}")>
                {text!(chart_warning, amount = used(feature, warn))}
            </text>
        }
    });
    Some(
        view! {
            <line class="warn" x2="100%" y1=format!("{at_warn:.1}") y2=format!("{at_warn:.1}")/>
            <line class="limit" x2="100%" y1=format!("{at_most:.1}") y2=format!("{at_most:.1}")/>
            <text class="strong halo" y=format!("{:.1}", at_most - 7.0)>
                {text!(chart_limit, limit = used(feature, most))}
            </text>
            {warn_words}
        }
        .into_any(),
    )
}

/// Renders a line and a date at every period start.
pub(super) fn period_lines(reset_times: &[Timestamp], from: Timestamp, step: Step, along: f64) -> AnyView {
    let are_labeled = reset_times.len() <= MAX_LABELED_STARTS;
    reset_times
        .iter()
        .map(|start| {
            let percent = steps(from, *start, step) * 100.0 / along;
            let x = format!("{percent:.2}%");
            let (dx, anchor) = if percent > LABEL_FLIP_PERCENT { ("-6", "end") } else { ("6", "start") };
            let class = if are_labeled { "halo" } else { "halo wide" };
            let explained = are_labeled.then(|| view! { <tspan class="wide">" · "{text!(chart_reset)}</tspan> });
            view! {
                <line class="period" x1=x.clone() x2=x.clone() y1="10" y2="394"/>
                <text class=class x=x dx=dx y="20" text-anchor=anchor>{day_of_year(*start)}{explained}</text>
            }
        })
        .collect_view()
        .into_any()
}

/// End of the projected line: `at` in steps from the left, `value` in the feature's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PaceEnd {
    pub(super) at: f64,
    pub(super) value: u64,
    /// Whether the line reaches the limit before the chart's edge.
    pub(super) is_limit: bool,
}

/// Returns where the projection ends; `None` if usage is unlimited or already above the limit.
pub(super) fn pace_end(
    usage: &FeatureUsage,
    last: &Span,
    step: Step,
    now: f64,
    reached_at: Timestamp,
) -> Option<PaceEnd> {
    let Limit::AtMost(most) = usage.limit else { return None };
    let room = most.checked_sub(last.closing)?;
    let ends_at = last.starts_at.plus_secs(step.secs());
    let ahead = steps(ends_at, reached_at, step).max(0.0);
    let shown = (now * MAX_PROJECTION_SHARE).max(1.0);
    if ahead <= shown {
        return Some(PaceEnd { at: now + ahead, value: most, is_limit: true });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of `room` is between zero and `room`"
    )]
    let gained = (figure(room) * shown / ahead) as u64;
    Some(PaceEnd { at: now + shown, value: last.closing.saturating_add(gained), is_limit: false })
}

/// Renders the date at which the projection reaches the limit, as "about 22 Jan".
pub(super) fn pace_words(
    pace: PaceEnd,
    step: Step,
    reached_at: Timestamp,
    along: f64,
    usage: &FeatureUsage,
    top: f64,
) -> Option<AnyView> {
    let Limit::AtMost(most) = usage.limit else { return None };
    let at = match step {
        Step::Hour => reached_at.time_of_day(),
        Step::Day => day_of_year(reached_at),
    };
    let about = text!(chart_reached_about, at = at);
    let (x, y) = (format!("{:.2}%", pace.at * 100.0 / along), format!("{:.1}", height(most, top) - 7.0));
    pace.is_limit.then(|| view! { <text class="halo" x=x y=y text-anchor="end">{about}</text> }.into_any())
}

/// Returns the number of steps between two instants.
fn steps(from: Timestamp, to: Timestamp, step: Step) -> f64 {
    let whole = |secs: i64| u32::try_from(secs).map_or(f64::from(u32::MAX), f64::from);
    whole(to.secs_since(from).max(0)) / whole(step.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn end(now: f64, days: i64) -> PaceEnd {
        let usage = FeatureUsage {
            feature: "rooms".parse().unwrap(),
            used: 40,
            limit: Limit::AtMost(100),
            since: None,
            resets_at: None,
        };
        let last = Span { starts_at: Timestamp::from_secs(-DAY), amount: 1, peak: 40, closing: 40 };
        pace_end(&usage, &last, Step::Day, now, Timestamp::from_secs(days * DAY)).unwrap()
    }

    #[test]
    fn the_projection_ends_at_the_limit_or_at_the_edge() {
        assert_eq!(end(30.0, 6), PaceEnd { at: 36.0, value: 100, is_limit: true });
        assert_eq!(end(30.0, 20), PaceEnd { at: 40.0, value: 70, is_limit: false });
    }
}
