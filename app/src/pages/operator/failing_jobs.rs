//! The table of failing jobs.

use billing::service::subscription::activity::FailingJob;
use domain::time::Timestamp;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::operator::OperatorTryAgain,
    components::{
        membership::activity::words::{job_kind, next_try, tried},
        table::{Column, RowAlign, record_table},
    },
    request::drawn_for::form_address,
    wording::minute,
};

/// Renders failing jobs, each with a link to its workspace if the table spans several.
pub(super) fn failing_table(jobs: Vec<(&FailingJob, Option<AnyView>)>, now: Timestamp) -> AnyView {
    if jobs.is_empty() {
        return view! { <p>"Nothing fails."</p> }.into_any();
    }
    let of_many = jobs.iter().any(|(_, owner_link)| owner_link.is_some());
    let rows = jobs.into_iter().map(|(job, owner_link)| failing(job, owner_link, now)).collect_view();
    let mut columns = vec![
        Column::Text("What, and why not"),
        Column::Text("Tried"),
        Column::Text("Next try"),
        Column::Button("Try now"),
    ];
    if of_many {
        columns.insert(1, Column::Text("Whose"));
    }
    record_table(RowAlign::Middle, "Jobs that failed, oldest first", columns, rows)
}

fn failing(job: &FailingJob, owner_link: Option<AnyView>, now: Timestamp) -> impl IntoView + use<> {
    let what = job_kind(job.kind);
    let of = format!("{what}, since {}", minute(job.created_at));
    let owner_link = owner_link.map(|owner_link| view! { <td role="cell" data-label="Whose">{owner_link}</td> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {what}<br/><span class="note breaking">{job.error.clone()}</span>
                <br/><span class="note">{format!("Since {}", minute(job.created_at))}</span>
            </th>
            {owner_link}
            <td role="cell" data-label="Tried">{tried(job.attempts)}</td>
            <td role="cell" data-label="Next try">{next_try(job.next_try, now)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(OperatorTryAgain::PATH)>
                    <input type="hidden" name="job" value=job.id.clone()/>
                    <button class="plain">"Try now"<span class="unseen">{format!(": {of}")}</span></button>
                </form>
            </td>
        </tr>
    }
}
