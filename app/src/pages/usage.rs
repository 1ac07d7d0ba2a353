//! `/usage`: every limit with its usage.

mod alerts;
pub(crate) mod feature;
mod now;

use std::borrow::Cow;

use billing::service::usage::history::Trends;
use domain::{
    catalog::{FeatureKind, Period, Unit, WarnAt},
    entitlement::{alert::Alert, history::trend::DAYS},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use self::{alerts::alerts_table, now::now};
use crate::{
    components::{
        membership::{compare_table::sections, limit_notices::remedies, notices::status_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
            live_updates::live_updates,
        },
        usage::{
            download::all_as_csv,
            meter::{meter, meters},
            readings::{Reading, Readings},
        },
    },
    wording::{day, day_of_year, name},
};

pub(crate) fn usage() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let lately = services.usage().recent_usage(&viewer.current_membership.tenant_id, &view.usage).await?;
        Ok(page(&view, &lately.trends, lately.alerts(), live_updates(&viewer, None, &req)))
    })
}

/// Renders the parts of the page that live updates replace.
pub(crate) fn live_parts(readings: Readings<'_>, trends: &Trends) -> Vec<AnyView> {
    let meters = readings.iter().map(|(feature, usage)| meter(feature, usage, trends.get(&feature.key)));
    std::iter::once(now(readings)).chain(meters).collect()
}

pub(super) fn page(view: &MembershipView, trends: &Trends, alerts: &[Alert], live_updates: AnyView) -> AnyView {
    let readings = Readings::of(view);
    let parts = sections(&view.catalog)
        .into_iter()
        .enumerate()
        .map(|(at, (section, _))| {
            let of_section: Vec<Reading<'_>> =
                readings.iter().filter(|(feature, _)| feature.section == section).collect();
            part(at, section, &of_section, trends)
        })
        .collect_view();
    frame(
        text!(usage_title),
        Place::Usage,
        view.viewer.account_viewer(),
        view! {
            {opening(day(view.now).into_any(), view! {
                {now(readings)}
                {remedies(view)}
                {status_notice(view)}
                <div class="actions">
                    <a class="button main" href="/membership#plans">{text!(usage_compare_plans)}</a>
                    <a class="button" href="/usage">{text!(usage_refresh)}</a>
                    {all_as_csv()}
                </div>
            })}
            {parts}
            {alerts_table(view, alerts)}
            {how_to_read(view)}
            {live_updates}
        },
    )
}

fn part(at: usize, section: &str, readings: &[Reading<'_>], trends: &Trends) -> AnyView {
    let note = section_note(readings);
    let drawn = meters(readings.iter().copied(), Some(trends));
    entry(
        format!("part-{}", at + 1),
        name(section),
        note.map(IntoAny::into_any),
        view! {
            {drawn}
        },
    )
}

/// Returns the note that applies to all figures of a section.
fn section_note(readings: &[Reading<'_>]) -> Option<Cow<'static, str>> {
    if readings.iter().any(|(feature, _)| feature.unit == Unit::Bytes) {
        return Some(text!(usage_note_sizes));
    }
    let counted: Vec<_> = readings.iter().filter(|(feature, _)| feature.kind.is_counted()).collect();
    let (first, usage) = counted.first()?;
    if counted.iter().any(|(feature, _)| feature.kind != first.kind) {
        return None;
    }
    Some(match first.kind {
        FeatureKind::Counter(Period::Minute) => text!(usage_note_minute),
        FeatureKind::Counter(_) => text!(usage_note_resets, day = day_of_year(usage.resets_at?)),
        _ => text!(usage_note_current),
    })
}

fn how_to_read(view: &MembershipView) -> AnyView {
    let mut marks: Vec<_> = view.catalog.features.iter().map(|feature| feature.warn_at).collect();
    marks.sort_unstable();
    marks.dedup();
    let mark = match marks.as_slice() {
        [WarnAt::Percent(one)] => text!(usage_reading_mark_percent, share = *one),
        _ => text!(usage_reading_mark),
    };
    entry(
        "reading",
        text!(usage_reading),
        None,
        view! {
            <ul class="stack" role="list">
                <li>{mark}</li>
                <li>{text!(usage_reading_refused)}</li>
                <li>{text!(usage_reading_bars, days = DAYS)}</li>
            </ul>
        },
    )
}
