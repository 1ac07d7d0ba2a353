//! Lines across the chart: labeled values, limit, warning threshold and starts of periods.

use domain::{
    catalog::{Feature, Limit},
    entitlement::{FeatureUsage, history::Step},
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use super::scale::{TOTAL, height, steps, ticks};
use crate::wording::{self, day_of_year, used};

/// Up to this many period starts are labeled at every width; more are labeled on wide screens only.
const MAX_LABELED_STARTS: usize = 2;
/// Distance in pixels. If the lines of limit and warning are closer, the warning's label goes below its line.
const MIN_LABEL_DISTANCE: f64 = 20.0;
/// Position in percent of the width. The label of a line beyond this position stands left of the line.
const LABEL_FLIP_PERCENT: f64 = 75.0;

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
                {text!(chart_limit, limit = wording::most(feature, usage.limit))}
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

/// Renders the lines of the labeled values, with their figures right of the plot, where no line runs: the class `scaled`
/// leaves a margin there. The limit has a label of its own.
pub(super) fn value_lines(feature: &Feature, usage: &FeatureUsage, most: u64, top: f64) -> AnyView {
    let limit = match usage.limit {
        Limit::AtMost(limit @ 1..) => Some(height(limit, top)),
        _ => None,
    };
    ticks(feature.unit, most)
        .into_iter()
        .map(|value| (value, height(value, top)))
        .filter(|(_, at)| limit.is_none_or(|limit| (limit - at).abs() >= MIN_LABEL_DISTANCE))
        .map(|(value, at)| {
            let y = format!("{at:.1}");
            view! {
                <line class="value" x2="100%" y1=y.clone() y2=y/>
                <text x="100%" dx="6" y=format!("{:.1}", at + 4.0)>{used(feature, value)}</text>
            }
        })
        .collect_view()
        .into_any()
}
