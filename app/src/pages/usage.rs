//! Every limit, with what is used of it.

use domain::{
    catalog::{Feature, FeatureKind, Period, Unit, WarnAt},
    entitlement::{
        FeatureUsage, MeterState,
        alert::{Alert, AlertKind},
    },
    wire::MembershipView,
};
use leptos::prelude::*;

use super::{membership::standing_notice, signed_in_page};
use crate::{
    components::{
        compare_table::sections,
        entry::{entry, opening},
        icon::{Tone, state},
        meter::meters,
        page::{Place, frame},
    },
    wording::{count, day, day_of_year, limits_sentence, most, reached_and_near, used},
};

pub(crate) fn usage() -> AnyView {
    signed_in_page(|services, viewer, _| async move {
        let view = services.membership(&viewer).await?;
        Ok(page(&view, &services.alerts(&viewer.here.tenant_id).await?))
    })
}

/// A feature beside its reading.
type Reading<'a> = (&'a Feature, &'a FeatureUsage);

pub(super) fn page(view: &MembershipView, alerts: &[Alert]) -> AnyView {
    let (reached, near) = reached_and_near(&view.catalog, &view.usage);
    let readings: Vec<Reading<'_>> =
        view.usage.iter().filter_map(|usage| Some((view.catalog.feature(usage.feature.as_str())?, usage))).collect();
    let counted = readings.iter().filter(|(feature, _)| feature.kind.is_counted()).count();
    let parts = sections(&view.catalog)
        .into_iter()
        .enumerate()
        .map(|(at, (section, _))| {
            let own: Vec<Reading<'_>> =
                readings.iter().filter(|(feature, _)| feature.section == section).copied().collect();
            part(at, section, &own)
        })
        .collect_view();
    frame(
        "Usage",
        Place::Usage,
        Some(view.viewer.clone()),
        view! {
            {opening(day(view.now).into_any(), view! {
                <div class="stack">
                    <h1>{limits_sentence(reached, near)}</h1>
                    <p class="lead">
                        {room_words(counted, reached + near)}" Counted up to "
                        <b>{format!("{}, {}", day(view.now), view.now.time_of_day())}</b> "."
                    </p>
                </div>
                {standing_notice(view)}
                {pressing(&readings)}
                <div class="actions">
                    <a class="button main" href="/membership#plans">"Compare plans"</a>
                    <a class="button" href="/usage">"Count again"</a>
                </div>
            })}
            {parts}
            {told(view, alerts)}
            {how_to_read(view)}
        },
    )
}

/// "The other fourteen have room."
fn room_words(counted: usize, pressing: usize) -> String {
    let rest = counted.saturating_sub(pressing);
    match (pressing, rest) {
        (0, _) => format!("All {} have room.", count(counted)),
        (_, 0) => "No other is counted.".to_owned(),
        (_, 1) => "The other one has room.".to_owned(),
        (_, rest) => format!("The other {} have room.", count(rest)),
    }
}

/// What is reached or near, by name.
fn pressing(readings: &[Reading<'_>]) -> Option<AnyView> {
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

fn part(at: usize, section: &str, readings: &[Reading<'_>]) -> AnyView {
    let note = section_note(readings);
    let drawn = meters(readings.iter().copied());
    entry(
        format!("part-{}", at + 1),
        section.to_owned(),
        note.map(IntoAny::into_any),
        view! {
            {drawn}
        },
    )
}

/// What the figures of a section have in common.
fn section_note(readings: &[Reading<'_>]) -> Option<String> {
    if readings.iter().any(|(feature, _)| feature.unit == Unit::Bytes) {
        return Some("Binary sizes: 1\u{a0}GB is 1,024\u{a0}MB.".to_owned());
    }
    let counted: Vec<_> = readings.iter().filter(|(feature, _)| feature.kind.is_counted()).collect();
    let (first, usage) = counted.first()?;
    if counted.iter().any(|(feature, _)| feature.kind != first.kind) {
        return None;
    }
    Some(match first.kind {
        FeatureKind::Counter(Period::Minute) => "Starts over each minute.".to_owned(),
        FeatureKind::Counter(_) => format!("Starts over on {}, 00:00.", day_of_year(usage.resets_at?)),
        _ => "What is there now.".to_owned(),
    })
}

/// What was told of limits, the newest first; nothing where nothing was.
fn told(view: &MembershipView, alerts: &[Alert]) -> Option<AnyView> {
    const MOST_SHOWN: usize = 20;
    let known = alerts.iter().filter_map(|alert| Some((view.catalog.feature(alert.feature.as_str())?, alert)));
    let rows = known
        .take(MOST_SHOWN)
        .map(|(feature, alert)| {
            let says = match alert.kind {
                AlertKind::Warning => state(Tone::Near, "Near the limit".to_owned()),
                AlertKind::Reached => state(Tone::Stop, "Limit reached".to_owned()),
                AlertKind::Cleared => state(Tone::Ok, "Room again".to_owned()),
            };
            let href = format!("/usage/{}", feature.key);
            let figures = format!("{} of {}", used(feature, alert.used), most(feature, alert.limit));
            view! {
                <tr>
                    <th scope="row" class="nowrap">{format!("{}, {}", day(alert.told_at), alert.told_at.time_of_day())}</th>
                    <td><a href=href>{feature.title.clone()}</a></td>
                    <td>{says}</td>
                    <td class="num">{figures}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return None;
    }
    let note = view! { <a href="/api/v1/usage/alerts">"The same as JSON"</a> }.into_any();
    Some(entry(
        "told",
        "What was told",
        Some(note),
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label="Table of what was told">
                <table class="ledger">
                    <caption class="unseen">"Limits that were near, reached or far again, newest first"</caption>
                    <thead><tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Limit"</th>
                        <th scope="col">"What"</th>
                        <th scope="col" class="num">"Stood at"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        },
    ))
}

fn how_to_read(view: &MembershipView) -> AnyView {
    let mut marks: Vec<_> = view.catalog.features.iter().map(|feature| feature.warn_at).collect();
    marks.sort_unstable();
    marks.dedup();
    let mark = match marks.as_slice() {
        [WarnAt::Percent(one)] => format!("The mark on each meter stands at {one}%, where Dues starts to warn."),
        _ => "The mark on each meter stands where Dues starts to warn.".to_owned(),
    };
    entry(
        "reading",
        "How to read it",
        None,
        view! {
            <ul class="stack" role="list">
                <li>{mark}</li>
                <li>
                    "At a limit, further use is refused until there is room, or until the count starts over. Nothing extra \
                     is billed."
                </li>
            </ul>
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_room_is_counted_in_words() {
        assert_eq!(room_words(17, 3), "The other fourteen have room.");
        assert_eq!(room_words(17, 0), "All seventeen have room.");
        assert_eq!(room_words(2, 1), "The other one has room.");
        assert_eq!(room_words(2, 2), "No other is counted.");
    }
}
