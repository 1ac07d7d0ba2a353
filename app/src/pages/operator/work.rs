//! `/operator/work`: failing jobs, unmanaged subscriptions and waiting events of all tenants.

use std::borrow::Cow;

use billing::{
    payment::price_map::mapping_line,
    service::{
        operator::{Owner, PendingCounts, Place as ListPlace, UnhandledEvent, Work},
        subscription::unmanaged::UnmanagedOverview,
    },
};
use domain::subscription::UnsoldPrice;
use leptos::prelude::*;
use locales::text;

use super::{
    accounts::{account_notices, unknown_table},
    failing_jobs::failing_table,
    words::answered,
};
use crate::{
    actions::operator::{WORK, page_of},
    components::{
        desk::page_links,
        facts::{Fact, facts},
        membership::unmanaged::{described, described_items, reason},
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, local_path::with_query},
    wording::{minute, number},
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
    let head =
        if failing == 0 && waiting == 0 { text!(desk_work_idle) } else { text!(desk_work_failing, jobs = failing) };
    let fact = |label: Cow<'static, str>, figure: u64, footnote: Cow<'static, str>| Fact {
        label,
        figure: number(figure).into(),
        footnote,
    };
    let body = view! {
        {answered(req)}
        {account_notices(&work.accounts)}
        <div class="stack">
            <h1>{head}</h1>
            <p class="lead">{text!(desk_work_lead)}</p>
        </div>
        {facts(vec![
            fact(text!(desk_work_failing_label), failing, text!(desk_work_failing_footnote)),
            fact(text!(desk_work_waiting_label), waiting, text!(desk_work_waiting_footnote)),
            fact(text!(desk_work_jobs_label), jobs, text!(desk_work_jobs_footnote)),
        ])}
    };
    let first = req.query("jobs").map(|_| (WORK.to_owned(), text!(desk_work_jobs_oldest)));
    let next = work.next_failing.as_ref().map(|next| (after("jobs", next), text!(desk_work_jobs_newer)));
    let failing = view! {
        {failing_table(work.failing.iter().map(|item| (&item.job, Some(owner_link(item.tenant.as_ref())))).collect(), work.now)}
        {page_links(text!(desk_work_jobs_pages), first, next)}
    };
    let first = req.query("events").map(|_| (WORK.to_owned(), text!(desk_work_events_oldest)));
    let next = work.next_waiting.as_ref().map(|next| (after("events", next), text!(desk_work_events_newer)));
    let waiting = view! {
        {waiting_table(&work.waiting)}
        {page_links(text!(desk_work_events_pages), first, next)}
    };
    let first = req.query("unknown").map(|_| (WORK.to_owned(), text!(desk_work_missing_oldest)));
    let next = work.next_unknown.as_ref().map(|next| (after("unknown", next), text!(desk_work_missing_newer)));
    let rows = work.unknown.iter().map(|item| (&item.object, Some(owner_link(Some(&item.tenant))))).collect();
    let unknown = view! {
        {unknown_table(rows)}
        {page_links(text!(desk_work_missing_pages), first, next)}
    };
    let note = |words: Cow<'static, str>| Some(words.into_any());
    desk_frame(
        text!(desk_work),
        view! {
            {opening_beside(operator_nav(DeskPage::Work), body)}
            {entry("failing", text!(desk_work_jobs), note(text!(desk_work_jobs_note)), failing)}
            {entry("waiting", text!(desk_work_events), note(text!(desk_work_events_note)), waiting)}
            {entry("unknown", text!(desk_work_missing), note(text!(desk_work_missing_note)), unknown)}
            {entry(
                "aside",
                text!(desk_work_unmanaged),
                note(text!(desk_work_unmanaged_note)),
                unmanaged_table(&work.unmanaged),
            )}
            {entry(
                "prices",
                text!(desk_work_prices),
                note(text!(desk_work_prices_note)),
                prices_table(&work.unmanaged.prices),
            )}
        },
    )
}

fn after(list: &str, place: &ListPlace) -> String {
    with_query(WORK, &[(list, &place.to_string())])
}

fn owner_link(tenant: Option<&Owner>) -> AnyView {
    match tenant {
        Some((id, name)) => view! { <a class="breaking" href=page_of(id)><bdi>{name.clone()}</bdi></a> }.into_any(),
        None => view! { <span class="note">{text!(desk_no_tenant)}</span> }.into_any(),
    }
}

fn unmanaged_table(unmanaged: &UnmanagedOverview) -> AnyView {
    if unmanaged.subscriptions.is_empty() {
        return view! { <p>{text!(desk_work_unmanaged_none)}</p> }.into_any();
    }
    let rows = unmanaged
        .subscriptions
        .iter()
        .map(|(tenant, name, subscription)| {
            let owner = (tenant.clone(), name.clone());
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class="breaking">{described(subscription)}</span>
                        <br/><code class="note breaking">{subscription.external_id.clone()}</code>
                        <br/><span class="note">{reason(subscription)}</span>
                    </th>
                    <td role="cell" data-label=text!(desk_column_tenant)>{owner_link(Some(&owner))}</td>
                    <td role="cell" data-label=text!(desk_column_provider)>{subscription.provider.title()}</td>
                    <td role="cell" data-label=text!(desk_column_since)>{minute(subscription.first_seen_at)}</td>
                </tr>
            }
        })
        .collect_view();
    let more = unmanaged.has_more.then(|| view! { <p class="note">{text!(desk_work_unmanaged_more)}</p> });
    let table = record_table(
        RowAlign::Baseline,
        text!(desk_work_unmanaged_table),
        [
            Column::Text(text!(desk_work_unmanaged_subscription)),
            Column::Text(text!(desk_column_tenant)),
            Column::Text(text!(desk_column_provider)),
            Column::Text(text!(desk_column_since)),
        ],
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
        return view! { <p>{text!(desk_work_prices_none)}</p> }.into_any();
    }
    let rows = prices
        .iter()
        .map(|unsold| {
            let line = mapping_line(None, unsold.cycle.unwrap_or_default(), &unsold.price);
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class="breaking">{described_items(&unsold.described, unsold.item.as_slice())}</span>
                        <br/><code class="note breaking">{unsold.price.clone()}</code>
                    </th>
                    <td role="cell" class="num" data-label=text!(desk_work_price_payers)>{number(unsold.payers)}</td>
                    <td role="cell" data-label=text!(desk_work_price_line)><code class="breaking">{line}</code></td>
                    <td role="cell" data-label=text!(desk_column_provider)>{unsold.provider.title()}</td>
                    <td role="cell" data-label=text!(desk_work_first_seen)>{minute(unsold.first_seen_at)}</td>
                    <td role="cell" data-label=text!(desk_work_last_seen)>{minute(unsold.last_seen_at)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(desk_work_prices_table),
        [
            Column::Text(text!(desk_work_price)),
            Column::Figure(text!(desk_work_price_payers)),
            Column::Text(text!(desk_work_price_line)),
            Column::Text(text!(desk_column_provider)),
            Column::Text(text!(desk_work_first_seen)),
            Column::Text(text!(desk_work_last_seen)),
        ],
        rows,
    )
}

fn waiting_table(events: &[UnhandledEvent]) -> AnyView {
    if events.is_empty() {
        return view! { <p>{text!(desk_work_events_none)}</p> }.into_any();
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
                    <td role="cell" data-label=text!(desk_column_tenant)>{owner_link(tenant.as_ref())}</td>
                    <td role="cell" data-label=text!(desk_column_provider)>{event.provider.title()}</td>
                    <td role="cell" data-label=text!(desk_work_received)>{minute(event.received_at)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(desk_work_events_table),
        [
            Column::Text(text!(desk_work_event)),
            Column::Text(text!(desk_column_tenant)),
            Column::Text(text!(desk_column_provider)),
            Column::Text(text!(desk_work_received)),
        ],
        rows,
    )
}
