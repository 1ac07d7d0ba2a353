//! A usage meter: a bar and its figures. Written as markup: a page has some twenty meters.

use std::borrow::Cow;

use billing::service::usage::history::Trends;
use domain::{
    catalog::{Feature, FeatureKind, Limit, WarnAt},
    entitlement::{FeatureUsage, MeterState, history::trend::Trend},
};
use leptos::prelude::*;
use locales::{rich, text};
use maud::{Markup, html};

use crate::{
    components::{
        icon::{Tone, state_markup},
        markup::markup_view,
        rich::rich_markup,
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

fn draw(bar: &Bar) -> Markup {
    let Bar { tone, fill, hatch, tick } = bar;
    html! {
        svg class="meter" data-is=(tone.as_str()) aria-hidden="true" {
            rect class="track" y="3" width="100%" height="8" {}
            @if fill != "0.00%" { rect class="fill" y="3" width=(fill) height="8" {} }
            @if let Some((x, width)) = hatch { rect x=(x) y="3" width=(width) height="8" fill="url(#hatch)" {} }
            line class="tick" x1=(tick) x2=(tick) y1="1" y2="13" {}
        }
    }
}

/// Renders one line of [`meters`]. Live updates replace the line by its id.
pub(crate) fn meter(feature: &Feature, usage: &FeatureUsage, lately: Option<&Trend>) -> AnyView {
    markup_view(line(feature, usage, lately, true))
}

/// Renders a line. `is_linked`: whether the feature's name links to its history.
fn line(feature: &Feature, usage: &FeatureUsage, lately: Option<&Trend>, is_linked: bool) -> Markup {
    let name = wording::name(&feature.title);
    let words = |says: Cow<'static, str>, figure: Cow<'static, str>| {
        html! {
            li id={ "meter-" (feature.key.as_str()) } {
                span class="name" { (name) }
                span class="none" { (says) }
                span class="used num" { b { (figure) } }
                span class="left" { span {} }
            }
        }
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
    let amount = used(feature, usage.used);
    html! {
        li id={ "meter-" (feature.key.as_str()) } {
            span class="name" {
                @if is_linked { a href={ "/usage/" (feature.key.as_str()) } { (name) } } @else { (name) }
            }
            @if let Some(bar) = bar(feature, usage) {
                (draw(&bar))
            } @else {
                span class="none" { (text!(usage_meter_unlimited)) }
            }
            span class="used num" {
                @if usage.limit == Limit::Unlimited {
                    b { (amount) }
                } @else {
                    (rich_markup(&rich!(usage_meter_used, used = amount, limit = most(feature, usage.limit))))
                }
            }
            span class="left" {
                (room(feature, usage))
                span { (since(feature, usage)) }
            }
            @if let Some(lately) = lately { (trend(feature, lately)) }
        }
    }
}

/// Renders how much is left, or that none is.
fn room(feature: &Feature, usage: &FeatureUsage) -> Markup {
    match usage.state(feature) {
        MeterState::Over => {
            let over = usage.used.saturating_sub(match usage.limit {
                Limit::AtMost(most) => most,
                Limit::Unlimited => usage.used,
            });
            state_markup(Tone::Stop, &text!(usage_meter_over, over = used(feature, over)))
        }
        MeterState::Reached => state_markup(Tone::Stop, &text!(usage_meter_reached)),
        near_or_ok => match usage.left() {
            Some(rest) if near_or_ok == MeterState::Near => {
                state_markup(Tone::Near, &text!(usage_meter_left, left = left(feature, rest)))
            }
            Some(rest) => html! { span { (text!(usage_meter_left, left = left(feature, rest))) } },
            None => html! { span { (text!(limit_none)) } },
        },
    }
}

/// Renders a list of meters with aligned figures, and the recent trend where it is known.
pub(crate) fn meters<'a>(
    readings: impl IntoIterator<Item = (&'a Feature, &'a FeatureUsage)>,
    trends: Option<&Trends>,
) -> AnyView {
    let lately = |feature: &Feature| trends.and_then(|trends| trends.get(&feature.key));
    list(readings.into_iter().map(|(feature, usage)| line(feature, usage, lately(feature), true)))
}

/// Renders meters of a workspace that is not the open one: the names are not links.
pub(crate) fn meters_of_another<'a>(readings: impl IntoIterator<Item = (&'a Feature, &'a FeatureUsage)>) -> AnyView {
    list(readings.into_iter().map(|(feature, usage)| line(feature, usage, None, false)))
}

fn list(lines: impl Iterator<Item = Markup>) -> AnyView {
    markup_view(html! {
        ul class="meters" role="list" { @for line in lines { (line) } }
    })
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
