//! The table of failing jobs.

use billing::service::subscription::activity::FailingJob;
use domain::time::Timestamp;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::operator::OperatorTryAgain,
    components::{
        membership::activity::words::{job_kind, next_try, tried},
        table::{Column, RowAlign, record_table},
    },
    request::drawn_for::form_address,
    wording::minute,
};

/// Renders failing jobs, each with a link to its tenant if the table spans several.
pub(super) fn failing_table(jobs: Vec<(&FailingJob, Option<AnyView>)>, now: Timestamp) -> AnyView {
    if jobs.is_empty() {
        return view! { <p>{text!(desk_jobs_none)}</p> }.into_any();
    }
    let of_many = jobs.iter().any(|(_, owner_link)| owner_link.is_some());
    let rows = jobs.into_iter().map(|(job, owner_link)| failing(job, owner_link, now)).collect_view();
    let mut columns = vec![
        Column::Text(text!(desk_jobs_job)),
        Column::Text(text!(desk_jobs_tried)),
        Column::Text(text!(desk_jobs_next)),
        Column::Button(text!(desk_jobs_retry)),
    ];
    if of_many {
        columns.insert(1, Column::Text(text!(desk_column_tenant)));
    }
    record_table(RowAlign::Middle, text!(desk_jobs_table), columns, rows)
}

fn failing(job: &FailingJob, owner_link: Option<AnyView>, now: Timestamp) -> impl IntoView + use<> {
    let what = job_kind(job.kind);
    let of = text!(desk_jobs_job_since, job = what.clone(), date = minute(job.created_at));
    let owner_link =
        owner_link.map(|owner_link| view! { <td role="cell" data-label=text!(desk_column_tenant)>{owner_link}</td> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {what}<br/><span class="note breaking">{job.error.clone()}</span>
                <br/><span class="note">{text!(desk_jobs_since, date = minute(job.created_at))}</span>
            </th>
            {owner_link}
            <td role="cell" data-label=text!(desk_jobs_tried)>{tried(job.attempts)}</td>
            <td role="cell" data-label=text!(desk_jobs_next)>{next_try(job.next_try, now)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(OperatorTryAgain::PATH)>
                    <input type="hidden" name="job" value=job.id.clone()/>
                    <button class="plain">
                        {text!(desk_jobs_retry)}<span class="unseen">{text!(desk_button_object, object = of)}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}
