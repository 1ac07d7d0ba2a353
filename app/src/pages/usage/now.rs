//! The current state in a sentence, and the limits that are reached or near.

use domain::entitlement::MeterState;
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Tone, state},
        usage::readings::Readings,
    },
    wording::{count, limits_sentence, minute, most, reached_and_near, used},
};

/// Renders the page's title and lead. Live updates replace it by its id.
pub(super) fn now(readings: Readings<'_>) -> AnyView {
    let (reached, near) = reached_and_near(readings.catalog, readings.usage);
    let counted = readings.iter().filter(|(feature, _)| feature.kind.is_counted()).count();
    view! {
        <div class="stack" id="now">
            <h1>{limits_sentence(reached, near)}</h1>
            <p class="lead">
                {room_words(counted, reached + near)}" Counted up to "
                <b>{minute(readings.now)}</b> "."
            </p>
            {pressing(readings)}
        </div>
    }
    .into_any()
}

/// Builds "The other fourteen have room."
fn room_words(counted: usize, pressing: usize) -> String {
    let rest = counted.saturating_sub(pressing);
    match (pressing, rest) {
        (0, _) => format!("All {} have room.", count(counted)),
        (_, 0) => "No other is counted.".to_owned(),
        (_, 1) => "The other one has room.".to_owned(),
        (_, rest) => format!("The other {} have room.", count(rest)),
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
            let figures = format!(" {} of {}", used(feature, usage.used), most(feature, usage.limit));
            view! { <span>{state(tone, feature.title.clone())}{figures}</span> }
        })
        .collect_view();
    Some(view! { <div class="keys">{items}</div> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_with_room_are_counted_in_words() {
        assert_eq!(room_words(17, 3), "The other fourteen have room.");
        assert_eq!(room_words(17, 0), "All seventeen have room.");
        assert_eq!(room_words(2, 1), "The other one has room.");
        assert_eq!(room_words(2, 2), "No other is counted.");
    }
}
