//! Tables of failing jobs, received events and corrected drift.

use std::borrow::Cow;

use billing::service::subscription::activity::{EventState, FailingJob, ReceivedEvent};
use domain::{
    ids::PlanId,
    subscription::lifecycle::{Drift, Terms},
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::words::{self, drift_source, job_kind, status, tried};
use crate::{
    actions::billing::TryAgain,
    components::{
        icon::{Tone, state},
        membership::status::capitalized,
        table::{Column, RowAlign, record_table},
    },
    request::drawn_for::form_address,
    wording::{day, minute, name},
};

pub(crate) fn failing_jobs_table(jobs: &[FailingJob], now: Timestamp) -> AnyView {
    let rows = jobs.iter().map(|job| failing_row(job, now)).collect_view();
    record_table(
        RowAlign::Middle,
        text!(activity_failing_caption),
        [
            Column::Text(text!(activity_job)),
            Column::Text(text!(activity_tried)),
            Column::Text(text!(activity_next_try)),
            Column::Button(text!(activity_retry)),
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
            <td role="cell" data-label=text!(activity_tried)>{tried(*attempts)}</td>
            <td role="cell" data-label=text!(activity_next_try)>{words::next_try(*next_try, now)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(TryAgain::PATH)>
                    <input type="hidden" name="job" value=id.clone()/>
                    <button class="plain">
                        {text!(activity_retry_now)}<span class="unseen">{format!(": {of}")}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}

pub(crate) fn events_table(events: &[ReceivedEvent]) -> AnyView {
    let rows = events.iter().map(event).collect_view();
    record_table(
        RowAlign::Middle,
        text!(activity_received_caption),
        [
            Column::Text(text!(activity_event)),
            Column::Text(text!(activity_event_received)),
            Column::Text(text!(activity_event_state)),
        ],
        rows,
    )
}

fn event(event: &ReceivedEvent) -> impl IntoView + use<> {
    let ReceivedEvent { provider: _, id, kind, state: how_far, received_at, handled_at } = event;
    let (tone, word) = match (how_far, handled_at) {
        (EventState::Received, _) => (Tone::Near, text!(activity_event_waiting)),
        (EventState::Handled, Some(at)) if at.days_until(*received_at) == 0 => {
            (Tone::Ok, text!(activity_event_handled_at, at = at.time_of_day()))
        }
        (EventState::Handled, Some(at)) => (Tone::Ok, text!(activity_event_handled_at, at = day(*at))),
        (EventState::Handled, None) => (Tone::Ok, text!(activity_event_handled)),
        (EventState::Ignored, _) => (Tone::Off, text!(activity_event_ignored)),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{kind.clone()}</span><br/><code class="note breaking">{id.clone()}</code>
            </th>
            <td role="cell" data-label=text!(activity_event_received)>{minute(*received_at)}</td>
            <td role="cell" data-label=text!(activity_event_state)>{state(tone, word)}</td>
        </tr>
    }
}

pub(crate) fn drift_table(drift: &[Drift]) -> AnyView {
    let rows = drift.iter().map(drift_row).collect_view();
    record_table(
        RowAlign::Middle,
        text!(activity_corrected_caption),
        [
            Column::Text(text!(activity_subscription)),
            Column::Text(text!(activity_before)),
            Column::Text(text!(activity_after)),
            Column::Text(text!(activity_found)),
        ],
        rows,
    )
}

fn drift_row(drift: &Drift) -> impl IntoView + use<> {
    let Drift { provider: _, external_id, was, became, found_by, found_at } = drift;
    let was = was.as_ref().map_or_else(|| text!(activity_before_unknown), terms);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><code class="note breaking">{external_id.clone()}</code></th>
            <td role="cell" data-label=text!(activity_before)>{was}</td>
            <td role="cell" data-label=text!(activity_after)>{terms(became)}</td>
            <td role="cell" data-label=text!(activity_found)>
                {minute(*found_at)}<br/><span class="note">{drift_source(*found_by)}</span>
            </td>
        </tr>
    }
}

/// Builds "Pro, active, until 1 Feb 2026, then Starter".
fn terms(terms: &Terms) -> Cow<'static, str> {
    let Terms { plan, cycle: _, status: how, period_end, cancel_at_period_end, pending, seats: _, pending_seats: _ } =
        terms;
    let (plan, status) = (plan_title(plan), status(*how));
    if !how.is_live() {
        return text!(activity_terms, plan = plan, status = status);
    }
    let (date, next) = (day(*period_end), pending.as_ref().map(|pending| plan_title(&pending.plan)));
    match (*cancel_at_period_end, next) {
        (false, None) => text!(activity_terms_until, plan = plan, status = status, date = date),
        (false, Some(next)) => text!(activity_terms_until_then, plan = plan, status = status, date = date, next = next),
        (true, None) => text!(activity_terms_ends, plan = plan, status = status, date = date),
        (true, Some(next)) => text!(activity_terms_ends_then, plan = plan, status = status, date = date, next = next),
    }
}

/// The stored terms have only the plan's id.
fn plan_title(id: &PlanId) -> String {
    name(&capitalized(id.as_str()))
}
