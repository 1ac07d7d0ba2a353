//! The current state in a sentence, and the limits that are reached or near.

use std::borrow::Cow;

use domain::entitlement::MeterState;
use leptos::prelude::*;
use locales::{Rich, rich, text};

use crate::{
    components::{
        icon::{Tone, state},
        rich::rich_text,
        usage::readings::{Readings, is_metered},
    },
    wording::{limits_sentence, minute, most, name, reached_and_near, used},
};

/// Renders the page's title and lead. Live updates replace it by its id.
pub(super) fn now(readings: Readings<'_>) -> AnyView {
    let (reached, near) = reached_and_near(readings.catalog, readings.usage);
    let counted = readings.iter().filter(is_metered).count();
    let room = Rich::from(room_words(counted, reached + near)).then(" ");
    let lead = room.and(rich!(usage_updated, at = minute(readings.now)));
    view! {
        <div class="stack" id="now">
            <h1>{limits_sentence(reached, near)}</h1>
            <p class="lead">{rich_text(lead)}</p>
            {pressing(readings)}
        </div>
    }
    .into_any()
}

/// Says how many limits have room left: "The other 14 limits have room left."
fn room_words(counted: usize, pressing: usize) -> Cow<'static, str> {
    let rest = counted.saturating_sub(pressing);
    match (pressing, rest) {
        (0, _) => text!(usage_all_have_room, limits = counted),
        (_, 0) => text!(usage_no_others),
        (_, rest) => text!(usage_others_have_room, limits = rest),
    }
}

/// Renders the limits that are reached or near, by name.
fn pressing(readings: Readings<'_>) -> Option<AnyView> {
    let mut pressing: Vec<_> = readings
        .iter()
        .filter(|(feature, _)| feature.kind.is_counted())
        .filter_map(|(feature, usage)| match usage.state(feature) {
            MeterState::Over | MeterState::Reached => Some((Tone::Stop, feature, usage)),
            MeterState::Near => Some((Tone::Near, feature, usage)),
            MeterState::Ok => None,
        })
        .collect();
    if pressing.is_empty() {
        return None;
    }
    pressing.sort_by_key(|(tone, ..)| *tone == Tone::Near);
    let items = pressing
        .into_iter()
        .map(|(tone, feature, usage)| {
            let (used, limit) = (used(feature, usage.used), most(feature, usage.limit));
            let figures = format!(" {}", text!(usage_figures, used = used, limit = limit));
            view! { <span>{state(tone, Cow::Owned(name(&feature.title)))}{figures}</span> }
        })
        .collect_view();
    Some(view! { <div class="keys">{items}</div> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_with_room_are_counted() {
        assert_eq!(room_words(17, 3), "The other 14 limits have room left.");
        assert_eq!(room_words(17, 0), "All 17 limits have room left.");
        assert_eq!(room_words(2, 1), "The other limit has room left.");
        assert_eq!(room_words(2, 2), "No other limits are metered.");
    }
}
