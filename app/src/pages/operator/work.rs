//! `/operator/work`: failing jobs, unmanaged subscriptions and waiting events of all tenants.

use billing::service::{
    operator::{Owner, PendingCounts, Place as ListPlace, UnhandledEvent, Work},
    subscription::unmanaged::UnmanagedOverview,
};
use domain::{catalog::format::grouped, subscription::UnsoldPrice};
use leptos::prelude::*;

use super::{
    accounts::{account_notices, unknown_table},
    failing_jobs::failing_table,
    page_links,
    words::{answered, in_words},
};
use crate::{
    actions::operator::{WORK, page_of},
    components::{
        facts::{Fact, facts},
        membership::unmanaged::reason,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, local_path::with_query},
    wording::{capital, minute},
};

pub(crate) fn work() -> AnyView {
    desk_page(|services, operator, req| async move {
        let place = |name| req.query(name).and_then(|place| place.parse::<ListPlace>().ok());
        let (failing, waiting, unknown) = (place("jobs"), place("events"), place("unknown"));
        let work =
            services.operators().operator_work(&operator, failing.as_ref(), waiting.as_ref(), unknown.as_ref()).await?;
        Ok(page(&req, &work))
    })
}

pub(in crate::pages) fn page(req: &PageRequest, work: &Work) -> AnyView {
    let PendingCounts { jobs, failing, waiting } = work.counts;
    let head = match (failing, waiting) {
        (0, 0) => "Nothing fails, and nothing waits.".to_owned(),
        (0, _) => "Nothing fails.".to_owned(),
        (1, _) => "One job fails.".to_owned(),
        (several, _) => format!("{} jobs fail.", capital(&in_words(several))),
    };
    let fact =
        |label, figure: u64, footnote: &str| Fact { label, figure: grouped(figure), footnote: footnote.to_owned() };
    let body = view! {
        {answered(req)}
        {account_notices(&work.accounts)}
        <div class="stack">
            <h1>{head}</h1>
            <p class="lead">"What fails is tried again by itself, ever more rarely. What was taken in is handled in its order."</p>
        </div>
        {facts(vec![
            fact("Failing", failing, "tried at least once, and to be tried again"),
            fact("Waiting", waiting, "events taken in and not handled"),
            fact("Jobs", jobs, "in all, also those whose hour has not come"),
        ])}
    };
    let first = req.query("jobs").map(|_| (WORK.to_owned(), "Oldest jobs"));
    let next = work.next_failing.as_ref().map(|next| (after("jobs", next), "Newer jobs"));
    let failing = view! {
        {failing_table(work.failing.iter().map(|item| (&item.job, Some(owner_link(item.tenant.as_ref())))).collect(), work.now)}
        {page_links("Pages of jobs", first, next)}
    };
    let first = req.query("events").map(|_| (WORK.to_owned(), "Oldest events"));
    let next = work.next_waiting.as_ref().map(|next| (after("events", next), "Newer events"));
    let waiting = view! {
        {waiting_table(&work.waiting)}
        {page_links("Pages of events", first, next)}
    };
    let first = req.query("unknown").map(|_| (WORK.to_owned(), "Oldest"));
    let next = work.next_unknown.as_ref().map(|next| (after("unknown", next), "Newer"));
    let rows = work.unknown.iter().map(|item| (&item.object, Some(owner_link(Some(&item.tenant))))).collect();
    let unknown = view! {
        {unknown_table(rows)}
        {page_links("Pages of unknown objects", first, next)}
    };
    let note = |text: &str| Some(text.to_owned().into_any());
    desk_frame(
        "Work",
        view! {
            {opening_beside(operator_nav(DeskPage::Work), body)}
            {entry("failing", "Failing", note("Oldest first."), failing)}
            {entry("waiting", "Waiting", note("From payment providers, oldest first."), waiting)}
            {entry("unknown", "Unknown", note("Seen at a provider, and not known there now. Nothing is ended by that. Oldest first."), unknown)}
            {entry("aside", "Kept aside", note("Subscriptions that Dues does not act on, newest first. Each workspace’s page says more."), unmanaged_table(&work.unmanaged))}
            {entry("prices", "Prices that no plan sells", note("Paid within the last thirty days. A line in the price map makes each a plan’s."), prices_table(&work.unmanaged.prices))}
        },
    )
}

fn after(list: &str, place: &ListPlace) -> String {
    with_query(WORK, &[(list, &place.to_string())])
}

fn owner_link(tenant: Option<&Owner>) -> AnyView {
    match tenant {
        Some((id, name)) => view! { <a class="breaking" href=page_of(id)>{name.clone()}</a> }.into_any(),
        None => view! { <span class="note">"nobody’s own"</span> }.into_any(),
    }
}

fn unmanaged_table(unmanaged: &UnmanagedOverview) -> AnyView {
    if unmanaged.subscriptions.is_empty() {
        return view! { <p>"Every subscription is one that a plan sells."</p> }.into_any();
    }
    let rows = unmanaged
        .subscriptions
        .iter()
        .map(|(tenant, name, subscription)| {
            let owner = (tenant.clone(), name.clone());
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class="breaking">{subscription.described.clone()}</span>
                        <br/><code class="note breaking">{subscription.external_id.clone()}</code>
                        <br/><span class="note">{reason(subscription)}</span>
                    </th>
                    <td role="cell" data-label="Whose">{owner_link(Some(&owner))}</td>
                    <td role="cell" data-label="At">{subscription.provider.title()}</td>
                    <td role="cell" data-label="Since">{minute(subscription.first_seen_at)}</td>
                </tr>
            }
        })
        .collect_view();
    let more = unmanaged.has_more.then(|| view! { <p class="note">"The newest fifty."</p> });
    let table = record_table(
        RowAlign::Baseline,
        "Subscriptions kept aside, newest first",
        [Column::Text("What, and why"), Column::Text("Whose"), Column::Text("At"), Column::Text("Since")],
        rows,
    );
    view! {
        {table}
        {more}
    }
    .into_any()
}

fn prices_table(prices: &[UnsoldPrice]) -> AnyView {
    if prices.is_empty() {
        return view! { <p>"Every price that is paid is one that a plan sells."</p> }.into_any();
    }
    let rows = prices
        .iter()
        .map(|unsold| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class="breaking">{unsold.described.clone()}</span>
                        <br/><code class="note breaking">{unsold.price.clone()}</code>
                    </th>
                    <td role="cell" data-label="At">{unsold.provider.title()}</td>
                    <td role="cell" data-label="First met">{minute(unsold.first_seen_at)}</td>
                    <td role="cell" data-label="Last met">{minute(unsold.last_seen_at)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        "Prices that no plan sells, newest first",
        [Column::Text("Price"), Column::Text("At"), Column::Text("First met"), Column::Text("Last met")],
        rows,
    )
}

fn waiting_table(events: &[UnhandledEvent]) -> AnyView {
    if events.is_empty() {
        return view! { <p>"Everything that was taken in is handled."</p> }.into_any();
    }
    let rows = events
        .iter()
        .map(|UnhandledEvent { event, tenant }| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class="breaking">{event.kind.clone()}</span>
                        <br/><code class="note breaking">{event.id.clone()}</code>
                    </th>
                    <td role="cell" data-label="Whose">{owner_link(tenant.as_ref())}</td>
                    <td role="cell" data-label="From">{event.provider.title()}</td>
                    <td role="cell" data-label="Since">{minute(event.received_at)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        "Events that wait, oldest first",
        [Column::Text("Event"), Column::Text("Whose"), Column::Text("From"), Column::Text("Since")],
        rows,
    )
}
