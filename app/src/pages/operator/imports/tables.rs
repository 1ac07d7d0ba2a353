//! Tables of imports, of totals, and of prices without a plan.

use std::borrow::Cow;

use domain::tenant::import::{ImportSummary, ImportTotal, UnmappedPrice};
use leptos::prelude::*;
use locales::text;

use super::words;
use crate::{
    actions::operator::imports::page_of,
    components::{
        copy::copy_button,
        icon::state,
        provider::said_by_provider,
        table::{Column, RowAlign, record_table},
    },
    wording::{exact, minute, number},
};

/// Renders the list of imports.
pub(super) fn imports(listed: &[ImportSummary]) -> AnyView {
    if listed.is_empty() {
        return view! { <p>{text!(imports_list_none)}</p> }.into_any();
    }
    record_table(
        RowAlign::Baseline,
        text!(imports_list_table),
        [
            Column::Text(text!(imports_column_started)),
            Column::Text(text!(imports_column_source)),
            Column::Text(text!(imports_column_state)),
            Column::Figure(text!(imports_column_read)),
            Column::Figure(text!(imports_column_adopted)),
            Column::Text(text!(imports_column_outcome)),
        ],
        listed.iter().map(import_row).collect_view(),
    )
}

fn import_row(import: &ImportSummary) -> impl IntoView + use<> {
    let (tone, word) = words::state(import);
    let counts = import
        .counts
        .iter()
        .map(|(outcome, count)| {
            let (_, title) = words::outcome(*outcome);
            view! { <li>{title}" "<b>{number(*count)}</b></li> }
        })
        .collect_view();
    let counts = (!import.counts.is_empty()).then(|| view! { <ul class="note" role="list">{counts}</ul> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a href=page_of(&import.id)>{minute(import.created_at)}</a>
                <br/><span class="note breaking">{words::started_by(import)}</span>
            </th>
            <td role="cell" data-label=text!(imports_column_source)>
                {import.provider.title()}<br/><span class="note breaking">{words::source(import)}</span>
            </td>
            <td role="cell" data-label=text!(imports_column_state)>{state(tone, word)}</td>
            <td role="cell" class="num" data-label=text!(imports_column_read)>{number(import.read)}</td>
            <td role="cell" class="num" data-label=text!(imports_column_adopted)>{number(import.written)}</td>
            <td role="cell" data-label=text!(imports_column_outcome)>{counts}</td>
        </tr>
    }
}

/// Renders what the subscriptions of an import pay.
pub(super) fn totals(totals: &[ImportTotal]) -> AnyView {
    if totals.is_empty() {
        return view! { <p>{text!(imports_totals_none)}</p> }.into_any();
    }
    let rows = totals
        .iter()
        .map(|ImportTotal { currency, subscriptions, monthly }| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">{currency.to_string()}</th>
                    <td role="cell" class="num" data-label=text!(imports_totals_subscriptions)>
                        {number(*subscriptions)}
                    </td>
                    <td role="cell" class="num" data-label=text!(imports_totals_monthly)>{exact(*monthly)}</td>
                </tr>
            }
        })
        .collect_view();
    record_table(
        RowAlign::Baseline,
        text!(imports_totals_table),
        [
            Column::Text(text!(imports_totals_currency)),
            Column::Figure(text!(imports_totals_subscriptions)),
            Column::Figure(text!(imports_totals_monthly)),
        ],
        rows,
    )
}

/// Renders the prices that no plan sells, each with the catalog line that maps it.
pub(super) fn prices(prices: &[UnmappedPrice]) -> AnyView {
    if prices.is_empty() {
        return view! { <p>{text!(imports_prices_none)}</p> }.into_any();
    }
    record_table(
        RowAlign::Baseline,
        text!(imports_prices_table),
        [
            Column::Text(text!(imports_prices_price)),
            Column::Figure(text!(imports_prices_customers)),
            Column::Text(text!(imports_prices_line)),
        ],
        prices.iter().map(price_row).collect_view(),
    )
}

fn price_row(unmapped: &UnmappedPrice) -> impl IntoView + use<> {
    let UnmappedPrice { price, described, customers, line } = unmapped;
    let copied: Cow<'static, str> = text!(imports_prices_line_of, price = price);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{said_by_provider(described)}</span>
                <br/><code class="note breaking">{price.clone()}</code>
            </th>
            <td role="cell" class="num" data-label=text!(imports_prices_customers)>{number(*customers)}</td>
            <td role="cell" data-label=text!(imports_prices_line)>
                <span class="copy"><code class="breaking">{line.clone()}</code>{copy_button(copied)}</span>
            </td>
        </tr>
    }
}
