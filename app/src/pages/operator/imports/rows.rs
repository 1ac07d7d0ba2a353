//! The customers of an import, with what comes of each, and the form that adopts the selected ones.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle},
    tenant::import::{ImportOutcome, ImportRow, ImportRowPage, ImportSummary},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::words;
use crate::{
    actions::operator::{
        imports::{OperatorAdoptImport, page_of},
        page_of as page_of_tenant,
    },
    components::{
        desk::{page_links, plan_state::plan_name},
        icon::state,
        membership::activity,
        provider::said_by_provider,
        table::{Column, RowAlign, record_table},
    },
    request::{drawn_for::form_address, local_path::with_query},
    wording::{day, exact, number, price, price_every},
};

/// The rows that a page shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed<'a> {
    pub(super) import: &'a ImportSummary,
    pub(super) outcome: Option<ImportOutcome>,
    /// The cursor of the page; `None` for the first.
    pub(super) after: Option<u64>,
    pub(super) page: &'a ImportRowPage,
    /// Whether rows can be adopted.
    pub(super) is_adoptable: bool,
}

/// Returns the address of a page of the rows.
pub(super) fn address(import: &ImportSummary, outcome: Option<ImportOutcome>, after: Option<u64>) -> String {
    let after = after.map(|after| after.to_string());
    let pairs: Vec<_> = [("outcome", outcome.map(ImportOutcome::as_str)), ("after", after.as_deref())]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    with_query(&page_of(&import.id), &pairs)
}

/// Renders the links that filter by outcome, each with its count.
pub(super) fn filter(listed: Listed<'_>) -> impl IntoView + use<> {
    let Listed { import, outcome: shown, .. } = listed;
    let link = |outcome: Option<ImportOutcome>, title: Cow<'static, str>, count: u64| {
        let current = (outcome == shown).then_some("true");
        view! { <a href=address(import, outcome, None) aria-current=current>{title}" "{number(count)}</a> }
    };
    let all = link(None, text!(imports_filter_all), import.counts.values().sum());
    let links = import
        .counts
        .iter()
        .map(|(outcome, count)| link(Some(*outcome), words::outcome(*outcome).1, *count))
        .collect_view();
    view! { <nav class="choice" aria-label=text!(imports_filter)>{all}{links}</nav> }
}

/// Renders the rows.
pub(super) fn rows(catalog: &Catalog, listed: Listed<'_>) -> AnyView {
    let Listed { import, outcome, after, page, is_adoptable } = listed;
    if page.rows.is_empty() {
        let words = if import.counts.is_empty() { text!(imports_rows_none_yet) } else { text!(imports_rows_none) };
        return view! { <p>{words}</p> }.into_any();
    }
    let table = record_table(
        RowAlign::Baseline,
        text!(imports_rows_table),
        [
            Column::Text(text!(imports_column_customer)),
            Column::Text(text!(desk_column_plan)),
            Column::Text(text!(imports_column_price)),
            Column::Text(text!(desk_column_status)),
            Column::Text(text!(imports_column_outcome)),
        ],
        page.rows.iter().map(|row| view_row(catalog, row, is_adoptable)).collect_view(),
    );
    let first = after.map(|_| (address(import, outcome, None), text!(imports_rows_first)));
    let next = page.next.map(|next| (address(import, outcome, Some(next)), text!(imports_rows_next)));
    let links = page_links(text!(imports_rows_pages), first, next);
    if !is_adoptable || !page.rows.iter().any(|row| row.outcome.links_tenant()) {
        return view! { {table}{links} }.into_any();
    }
    view! {
        <form class="tight" method="post" action=form_address(OperatorAdoptImport::PATH)>
            <input type="hidden" name="import" value=import.id.to_string()/>
            {outcome.map(|outcome| view! { <input type="hidden" name="outcome" value=outcome.as_str()/> })}
            {table}
            <p class="actions"><button class="button">{text!(imports_adopt_selected)}</button></p>
        </form>
        {links}
    }
    .into_any()
}

fn view_row(catalog: &Catalog, row: &ImportRow, is_adoptable: bool) -> AnyView {
    let (tone, word) = words::outcome(row.outcome);
    let tenant = row.tenant.as_ref().map(|tenant| {
        let unseen = text!(desk_button_object, object = title(row));
        view! { <br/><a href=page_of_tenant(tenant)>{text!(imports_tenant)}<span class="unseen">{unseen}</span></a> }
    });
    let detail = row.detail.as_ref().map(|detail| {
        view! { <br/><span class="note breaking">{said_by_provider(detail)}</span> }
    });
    let is_adopted = row.tenant.is_some() && row.outcome.links_tenant() && !is_adoptable;
    let to_do = (!is_adopted).then(|| {
        view! { <br/><span class="note">{words::what_to_do(row.outcome)}</span> }
    });
    let is_selectable = is_adoptable && row.outcome.links_tenant();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{customer(row, is_selectable)}</th>
            {cell(text!(desk_column_plan), plan(catalog, row))}
            {cell(text!(imports_column_price), costs(row).map(IntoAny::into_any))}
            {cell(text!(desk_column_status), status(row))}
            <td role="cell" data-label=text!(imports_column_outcome)>{state(tone, word)}{to_do}{detail}{tenant}</td>
        </tr>
    }
    .into_any()
}

/// Renders a cell. Where rows fold into blocks, an empty one has no label.
fn cell(label: Cow<'static, str>, content: Option<AnyView>) -> impl IntoView + use<> {
    let label = content.is_some().then_some(label);
    view! { <td role="cell" data-label=label>{content}</td> }
}

/// The name of the customer, or else the address.
fn title(row: &ImportRow) -> Cow<'static, str> {
    match (row.name.as_str(), row.email.as_str()) {
        ("", "") => text!(imports_unnamed),
        ("", email) => email.to_owned().into(),
        (name, _) => name.to_owned().into(),
    }
}

/// Renders name, address and ids of the customer, with a checkbox if the row can be selected.
fn customer(row: &ImportRow, is_selectable: bool) -> AnyView {
    let email = (!row.name.is_empty() && !row.email.is_empty()).then(|| row.email.clone());
    let lines = view! {
        <span class="breaking">
            <bdi>{title(row)}</bdi>
            {email.map(|email| view! { <br/><span class="note"><bdi>{email}</bdi></span> })}
            {row.external_id.clone().map(|id| view! { <br/><code class="note">{id}</code> })}
            <br/><code class="note">{row.customer.clone()}</code>
        </span>
    };
    if !is_selectable {
        return lines.into_any();
    }
    view! {
        <label class="tick-line">
            // A server function reads a list from names with brackets.
            <input type="checkbox" name="rows[]" value=row.position/>
            {lines}
        </label>
    }
    .into_any()
}

/// Renders plan, cycle and seats.
fn plan(catalog: &Catalog, row: &ImportRow) -> Option<AnyView> {
    let plan = row.plan.as_ref().map(|plan| plan_name(catalog, plan));
    let cycle = row.cycle.map(|cycle| match cycle {
        Cycle::Monthly => text!(revenue_paid_monthly),
        Cycle::Yearly => text!(revenue_paid_yearly),
    });
    let seats = row.seats.map(|seats| text!(imports_seats, seats = seats));
    let notes: Vec<_> = [cycle, seats].into_iter().flatten().collect();
    if plan.is_none() && notes.is_empty() {
        return None;
    }
    let notes = notes.into_iter().map(|note| view! { <br/><span class="note">{note}</span> }).collect_view();
    Some(view! { {plan}{notes} }.into_any())
}

/// Returns the price, with its period if that is known.
fn costs(row: &ImportRow) -> Option<Cow<'static, str>> {
    let amount = row.price?;
    Some(match (row.interval, row.cycle) {
        (Some(every), _) => price_every(amount, every),
        (None, Some(cycle)) => price(amount, cycle),
        (None, None) => exact(amount).into(),
    })
}

/// Renders the status at the provider and the end of the period.
fn status(row: &ImportRow) -> Option<AnyView> {
    let status = row.status?;
    let end = row.period_end.map(|end| {
        view! { <br/><span class="note">{text!(imports_period_end, day = day(end))}</span> }
    });
    Some(view! { {activity::words::status(status)}{end} }.into_any())
}
