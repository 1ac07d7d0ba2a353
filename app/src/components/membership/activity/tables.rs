//! Tables of failing jobs, received events and corrected drift.

use billing::service::subscription::activity::{EventState, FailingJob, ReceivedEvent};
use domain::{
    subscription::lifecycle::{Drift, Terms},
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::words::{self, drift_source, job_kind, status, tried};
use crate::{
    actions::billing::TryAgain,
    components::{
        icon::{Tone, state},
        table::{Column, RowAlign, record_table},
    },
    request::drawn_for::form_address,
    wording::{capital, day, minute},
};

pub(crate) fn failing_jobs_table(jobs: &[FailingJob], now: Timestamp) -> AnyView {
    let rows = jobs.iter().map(|job| failing_row(job, now)).collect_view();
    record_table(
        RowAlign::Middle,
        "Jobs that failed",
        [
            Column::Text("What, and why not"),
            Column::Text("Tried"),
            Column::Text("Next try"),
            Column::Button("Try again"),
        ],
        rows,
    )
}

fn failing_row(job: &FailingJob, now: Timestamp) -> impl IntoView + use<> {
    let FailingJob { id, kind, attempts, next_try, error, created_at: _ } = job;
    let what = job_kind(*kind);
    let of = what.clone();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what}<br/><span class="note breaking">{error.clone()}</span></th>
            <td role="cell" data-label="Tried">{tried(*attempts)}</td>
            <td role="cell" data-label="Next try">{words::next_try(*next_try, now)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(TryAgain::PATH)>
                    <input type="hidden" name="job" value=id.clone()/>
                    <button class="plain">"Try again now"<span class="unseen">{format!(": {of}")}</span></button>
                </form>
            </td>
        </tr>
    }
}

pub(crate) fn events_table(events: &[ReceivedEvent]) -> AnyView {
    let rows = events.iter().map(event).collect_view();
    record_table(
        RowAlign::Middle,
        "Events received",
        [Column::Text("Event"), Column::Text("Received"), Column::Text("State")],
        rows,
    )
}

fn event(event: &ReceivedEvent) -> impl IntoView + use<> {
    let ReceivedEvent { provider: _, id, kind, state: how_far, received_at, handled_at } = event;
    let (tone, word) = match (how_far, handled_at) {
        (EventState::Received, _) => (Tone::Near, "waits".to_owned()),
        (EventState::Handled, Some(at)) if at.days_until(*received_at) == 0 => {
            (Tone::Ok, format!("handled {}", at.time_of_day()))
        }
        (EventState::Handled, Some(at)) => (Tone::Ok, format!("handled {}", day(*at))),
        (EventState::Handled, None) => (Tone::Ok, "handled".to_owned()),
        (EventState::Ignored, _) => (Tone::Off, "nothing to do".to_owned()),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{kind.clone()}</span><br/><code class="note breaking">{id.clone()}</code>
            </th>
            <td role="cell" data-label="Received">{minute(*received_at)}</td>
            <td role="cell" data-label="State">{state(tone, word)}</td>
        </tr>
    }
}

pub(crate) fn drift_table(drift: &[Drift]) -> AnyView {
    let rows = drift.iter().map(drift_row).collect_view();
    record_table(
        RowAlign::Middle,
        "Differences that were mended",
        [Column::Text("Subscription"), Column::Text("Was"), Column::Text("Became"), Column::Text("Found")],
        rows,
    )
}

fn drift_row(drift: &Drift) -> impl IntoView + use<> {
    let Drift { provider: _, external_id, was, became, found_by, found_at } = drift;
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><code class="note breaking">{external_id.clone()}</code></th>
            <td role="cell" data-label="Was">{was.as_ref().map_or_else(|| "not known".to_owned(), terms)}</td>
            <td role="cell" data-label="Became">{terms(became)}</td>
            <td role="cell" data-label="Found">
                {minute(*found_at)}<br/><span class="note">{drift_source(*found_by)}</span>
            </td>
        </tr>
    }
}

/// Builds "Pro, active, until 1 Feb 2026, then Starter".
fn terms(terms: &Terms) -> String {
    let Terms { plan, cycle: _, status: how, period_end, cancel_at_period_end, pending } = terms;
    let plan = capital(plan.as_str());
    if !how.is_live() {
        return format!("{plan}, {}", status(*how));
    }
    let verb = if *cancel_at_period_end { "ends" } else { "until" };
    let then = pending.as_ref().map(|pending| format!(", then {}", capital(pending.plan.as_str()))).unwrap_or_default();
    format!("{plan}, {}, {verb} {}{then}", status(*how), day(*period_end))
}
