//! A usage meter: a bar and its figures.

use std::borrow::Cow;

use billing::service::usage::history::Trends;
use domain::{
    catalog::{Feature, FeatureKind, Limit, WarnAt},
    entitlement::{FeatureUsage, MeterState, history::trend::Trend},
};
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    components::{
        icon::{Tone, state},
        rich::rich_text,
        usage::trend::trend,
    },
    wording::{self, left, most, since, used},
};

/// The bar of a meter. Positions are in percent of the width.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bar {
    tone: Tone,
    fill: String,
    /// Start and width of the hatched part: all usage if it is near the limit, the excess if it is above the limit.
    hatch: Option<(String, String)>,
    /// Position of the tick: the warning threshold, or the limit when it is exceeded.
    tick: String,
}

fn percent(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Returns the bar; `None` if the limit is 0 or unlimited.
fn bar(feature: &Feature, usage: &FeatureUsage) -> Option<Bar> {
    let Limit::AtMost(most) = usage.limit else { return None };
    if most == 0 {
        return None;
    }
    let warn = match feature.warn_at {
        WarnAt::Percent(share) => format!("{share}%"),
        WarnAt::Amount(amount) => percent(amount.min(most), most),
    };
    Some(match usage.state(feature) {
        MeterState::Ok => Bar { tone: Tone::Ok, fill: percent(usage.used, most), hatch: None, tick: warn },
        MeterState::Near => {
            let fill = percent(usage.used, most);
            Bar { tone: Tone::Near, fill: fill.clone(), hatch: Some(("0%".to_owned(), fill)), tick: warn }
        }
        MeterState::Reached => Bar { tone: Tone::Stop, fill: "100%".to_owned(), hatch: None, tick: warn },
        MeterState::Over => {
            let limit = percent(most, usage.used);
            let excess = percent(usage.used - most, usage.used);
            Bar { tone: Tone::Stop, fill: "100%".to_owned(), hatch: Some((limit.clone(), excess)), tick: limit }
        }
    })
}

fn draw(bar: Bar) -> impl IntoView {
    let Bar { tone, fill, hatch, tick } = bar;
    let empty = fill == "0.00%";
    view! {
        <svg class="meter" data-is=tone.as_str() aria-hidden="true">
            <rect class="track" y="3" width="100%" height="8"/>
            {(!empty).then(|| view! { <rect class="fill" y="3" width=fill height="8"/> })}
            {hatch.map(|(x, width)| view! { <rect x=x y="3" width=width height="8" fill="url(#hatch)"/> })}
            <line class="tick" x1=tick.clone() x2=tick y1="1" y2="13"/>
        </svg>
    }
}

/// Renders one line of [`meters`]. Live updates replace the line by its id.
pub(crate) fn meter(feature: &Feature, usage: &FeatureUsage, lately: Option<&Trend>) -> AnyView {
    line(feature, usage, lately, Some(format!("/usage/{}", feature.key)))
}

/// Renders a line. `history` is the path that the feature's name links to; `None` renders the name without a link.
fn line(feature: &Feature, usage: &FeatureUsage, lately: Option<&Trend>, history: Option<String>) -> AnyView {
    let (id, name) = (format!("meter-{}", feature.key), wording::name(&feature.title));
    let words = |says: Cow<'static, str>, figure: Cow<'static, str>| {
        view! {
            <li id=id.clone()>
                <span class="name">{name.clone()}</span>
                <span class="none">{says}</span>
                <span class="used num"><b>{figure}</b></span>
                <span class="left"><span></span></span>
            </li>
        }
        .into_any()
    };
    match feature.kind {
        FeatureKind::Flag => {
            let is_included = usage.limit.is_included();
            let figure = if is_included { text!(usage_meter_included) } else { text!(limit_not_included) };
            return words(text!(usage_meter_flag), figure);
        }
        FeatureKind::Max => {
            return words(text!(usage_meter_max), Cow::Owned(wording::limit(feature, usage.limit)));
        }
        FeatureKind::Gauge | FeatureKind::Counter(_) if usage.limit == Limit::AtMost(0) && usage.used == 0 => {
            return words(text!(usage_meter_none), text!(limit_not_included));
        }
        FeatureKind::Gauge | FeatureKind::Counter(_) => {}
    }
    let room = match usage.state(feature) {
        MeterState::Over => {
            let over = usage.used.saturating_sub(match usage.limit {
                Limit::AtMost(most) => most,
                Limit::Unlimited => usage.used,
            });
            state(Tone::Stop, text!(usage_meter_over, over = used(feature, over))).into_any()
        }
        MeterState::Reached => state(Tone::Stop, text!(usage_meter_reached)).into_any(),
        near_or_ok => match usage.left() {
            Some(rest) if near_or_ok == MeterState::Near => {
                state(Tone::Near, text!(usage_meter_left, left = left(feature, rest))).into_any()
            }
            Some(rest) => view! { <span>{text!(usage_meter_left, left = left(feature, rest))}</span> }.into_any(),
            None => view! { <span>{text!(limit_none)}</span> }.into_any(),
        },
    };
    let drawn = bar(feature, usage).map_or_else(
        || view! { <span class="none">{text!(usage_meter_unlimited)}</span> }.into_any(),
        |bar| draw(bar).into_any(),
    );
    let amount = used(feature, usage.used);
    let figures = match usage.limit {
        Limit::Unlimited => view! { <b>{amount}</b> }.into_any(),
        Limit::AtMost(_) => rich_text(rich!(usage_meter_used, used = amount, limit = most(feature, usage.limit))),
    };
    let name = match history {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <li id=id>
            <span class="name">{name}</span>
            {drawn}
            <span class="used num">{figures}</span>
            <span class="left">{room}<span>{since(feature, usage)}</span></span>
            {lately.map(|lately| trend(feature, lately))}
        </li>
    }
    .into_any()
}

/// Renders a list of meters with aligned figures, and the recent trend where it is known.
pub(crate) fn meters<'a>(
    readings: impl IntoIterator<Item = (&'a Feature, &'a FeatureUsage)>,
    trends: Option<&Trends>,
) -> AnyView {
    let lately = |feature: &Feature| trends.and_then(|trends| trends.get(&feature.key));
    let lines = readings.into_iter().map(|(feature, usage)| meter(feature, usage, lately(feature))).collect_view();
    view! { <ul class="meters" role="list">{lines}</ul> }.into_any()
}

/// Renders meters of a workspace that is not the open one: the names are not links.
pub(crate) fn meters_of_another<'a>(readings: impl IntoIterator<Item = (&'a Feature, &'a FeatureUsage)>) -> AnyView {
    let lines = readings.into_iter().map(|(feature, usage)| line(feature, usage, None, None)).collect_view();
    view! { <ul class="meters" role="list">{lines}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(used: u64, limit: Limit) -> (Feature, FeatureUsage) {
        let catalog = domain::catalog::file::default_catalog();
        let feature = catalog.feature("websocket_rooms").unwrap().clone();
        let usage = FeatureUsage { feature: feature.key.clone(), used, limit, since: None, resets_at: None };
        (feature, usage)
    }

    fn drawn(used: u64, limit: Limit) -> Option<Bar> {
        let (feature, usage) = reading(used, limit);
        bar(&feature, &usage)
    }

    #[test]
    fn the_bar_length_is_the_share_used() {
        assert_eq!(drawn(3, Limit::AtMost(10)).unwrap().fill, "30.00%");
        assert_eq!(drawn(2, Limit::AtMost(3)).unwrap().fill, "66.66%");
        let near = drawn(8, Limit::AtMost(10)).unwrap();
        assert_eq!((near.tone, near.tick.as_str()), (Tone::Near, "80%"));
        assert_eq!(drawn(5, Limit::Unlimited), None);
        assert_eq!(drawn(0, Limit::AtMost(0)), None);
    }

    #[test]
    fn above_the_limit_the_tick_moves_to_the_limit() {
        let over = drawn(4, Limit::AtMost(2)).unwrap();
        assert_eq!(over.tick, "50.00%");
        assert_eq!(over.hatch, Some(("50.00%".to_owned(), "50.00%".to_owned())));
    }

    #[test]
    fn a_meter_states_its_figures() {
        let (feature, usage) = reading(8, Limit::AtMost(10));
        let html = Owner::new().with(|| meters([(&feature, &usage)], None).to_html());
        assert!(html.contains("<b>8</b>"), "{html}");
        assert!(html.contains(" of 10") && html.contains("2 left"), "{html}");
        assert!(!html.contains("style="), "{html}");
    }
}
