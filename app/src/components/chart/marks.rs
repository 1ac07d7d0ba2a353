//! What stands across the picture: the limit and where it is near, where the count started over, and the way ahead.

use domain::{
    catalog::{Feature, Limit},
    entitlement::FeatureUsage,
    history::{Span, Step},
    time::Timestamp,
};
use leptos::prelude::*;

use super::{TOTAL, figure, height};
use crate::wording::{day_of_year, used};

/// So many starts have their words; of more, only a wide picture has room for the dates.
const MOST_TOLD: usize = 2;
/// In pixels; nearer to the limit, the warning has its words below its line.
const NEAR_THE_LIMIT: f64 = 20.0;
/// In percent along; beyond, words stand to the left of what they are about.
const FAR: f64 = 75.0;
/// What is ahead takes at most such a share of what has been.
const MOST_AHEAD: f64 = 1.0 / 3.0;

/// The warning and the limit, with their figures.
pub(super) fn limit_lines(feature: &Feature, usage: &FeatureUsage, top: f64) -> Option<AnyView> {
    let Limit::AtMost(most @ 1..) = usage.limit else { return None };
    let warn = feature.warn_at.amount(most).min(most);
    let (at_most, at_warn) = (height(most, top), height(warn, top));
    let warn_words = if at_warn - at_most < NEAR_THE_LIMIT { at_warn + 14.0 } else { at_warn - 6.0 };
    // The dates stand below the axis; the legend names the line without words of its own.
    let warn_words = (warn_words < TOTAL.1).then(|| {
        view! {
            <text class="warn-text halo wide" y=format!("{warn_words:.1}")>
                {format!("Warning {}", used(feature, warn))}
            </text>
        }
    });
    Some(
        view! {
            <line class="warn" x2="100%" y1=format!("{at_warn:.1}") y2=format!("{at_warn:.1}")/>
            <line class="limit" x2="100%" y1=format!("{at_most:.1}") y2=format!("{at_most:.1}")/>
            <text class="strong halo" y=format!("{:.1}", at_most - 7.0)>{format!("Limit {}", used(feature, most))}</text>
            {warn_words}
        }
        .into_any(),
    )
}

/// A line and a date wherever the count started over.
pub(super) fn period_lines(starts: &[Timestamp], from: Timestamp, step: Step, along: f64) -> AnyView {
    let are_told = starts.len() <= MOST_TOLD;
    starts
        .iter()
        .map(|start| {
            let percent = steps(from, *start, step) * 100.0 / along;
            let x = format!("{percent:.2}%");
            let (dx, anchor) = if percent > FAR { ("-6", "end") } else { ("6", "start") };
            let class = if are_told { "halo" } else { "halo wide" };
            let explained = are_told.then(|| view! { <tspan class="wide">": counts from zero"</tspan> });
            view! {
                <line class="period" x1=x.clone() x2=x.clone() y1="10" y2="394"/>
                <text class=class x=x dx=dx y="20" text-anchor=anchor>{day_of_year(*start)}{explained}</text>
            }
        })
        .collect_view()
        .into_any()
}

/// Where the way ahead ends in the picture: so many steps along, at so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PaceEnd {
    pub(super) at: f64,
    pub(super) value: u64,
    /// Whether that is the limit, or the picture's edge before it.
    pub(super) is_limit: bool,
}

/// `None` where there is no limit to reach.
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
    let shown = (now * MOST_AHEAD).max(1.0);
    if ahead <= shown {
        return Some(PaceEnd { at: now + ahead, value: most, is_limit: true });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the room is no more than it"
    )]
    let gained = (figure(room) * shown / ahead) as u64;
    Some(PaceEnd { at: now + shown, value: last.closing.saturating_add(gained), is_limit: false })
}

/// "about 22 Jan", where the way ahead meets the limit.
pub(super) fn pace_words(
    pace: PaceEnd,
    step: Step,
    reached_at: Timestamp,
    along: f64,
    usage: &FeatureUsage,
    top: f64,
) -> Option<AnyView> {
    let Limit::AtMost(most) = usage.limit else { return None };
    let when = match step {
        Step::Hour => format!("about {}", reached_at.time_of_day()),
        Step::Day => format!("about {}", day_of_year(reached_at)),
    };
    let (x, y) = (format!("{:.2}%", pace.at * 100.0 / along), format!("{:.1}", height(most, top) - 7.0));
    pace.is_limit.then(|| view! { <text class="halo" x=x y=y text-anchor="end">{when}</text> }.into_any())
}

/// How many steps lie between two instants.
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
    fn the_way_ahead_leads_to_the_limit_or_to_the_edge() {
        assert_eq!(end(30.0, 6), PaceEnd { at: 36.0, value: 100, is_limit: true });
        assert_eq!(end(30.0, 20), PaceEnd { at: 40.0, value: 70, is_limit: false });
    }
}
