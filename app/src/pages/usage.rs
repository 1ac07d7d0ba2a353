//! `/usage`: every limit with its usage.

mod alerts;
pub(crate) mod feature;
mod now;

use billing::service::usage::history::Trends;
use domain::{
    catalog::{FeatureKind, Period, Unit, WarnAt},
    entitlement::{alert::Alert, history::trend::DAYS},
    wire::MembershipView,
};
use leptos::prelude::*;

use self::{alerts::alerts_table, now::now};
use crate::{
    components::{
        membership::{compare_table::sections, notices::status_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
            live_updates::live_updates,
        },
        usage::{
            meter::{meter, meters},
            readings::{Reading, Readings},
        },
    },
    wording::{day, day_of_year},
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
        "Usage",
        Place::Usage,
        view.viewer.account_viewer(),
        view! {
            {opening(day(view.now).into_any(), view! {
                {now(readings)}
                {status_notice(view)}
                <div class="actions">
                    <a class="button main" href="/membership#plans">"Compare plans"</a>
                    <a class="button" href="/usage">"Count again"</a>
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
        section.to_owned(),
        note.map(IntoAny::into_any),
        view! {
            {drawn}
        },
    )
}

/// Returns the note that applies to all figures of a section.
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
                <li>
                    {format!("The small bars under a meter are the last {DAYS}\u{a0}days, the last of them up to now. Each name \
                              opens its history.")}
                </li>
            </ul>
        },
    )
}
