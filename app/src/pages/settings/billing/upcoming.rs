//! The next invoice, as the provider previews it.

use std::borrow::Cow;

use billing::service::subscription::billing_overview::{Fetched, Upcoming};
use domain::subscription::invoice::{UpcomingInvoice, UpcomingLine};
use leptos::prelude::*;
use locales::text;

use super::details::no_answer;
use crate::wording::{day, exact};

/// Renders the next invoice with its lines, or why there is none.
pub(super) fn upcoming(upcoming: &Fetched<Upcoming>, provider: &str) -> AnyView {
    let words = match upcoming {
        Fetched::Found(Upcoming::Invoice(invoice)) => return table(invoice, provider),
        Fetched::Found(Upcoming::None) => text!(billing_next_none),
        Fetched::Found(Upcoming::NotPreviewed) => text!(billing_next_not_previewed, provider = provider),
        missing => no_answer(missing, provider),
    };
    view! { <p>{words}</p> }.into_any()
}

fn table(invoice: &UpcomingInvoice, provider: &str) -> AnyView {
    let UpcomingInvoice { at, lines, is_whole, discounts, others, due } = invoice;
    let row = |label: Cow<'static, str>, amount: String| {
        view! { <tr><th scope="row">{label}</th><td class="num">{amount}</td></tr> }
    };
    let rows = lines
        .iter()
        .map(|UpcomingLine { description, amount }| {
            let label = if description.is_empty() { text!(billing_next_line) } else { Cow::Owned(description.clone()) };
            row(label, exact(*amount))
        })
        .collect_view();
    let discounts = discounts.map(|amount| row(text!(billing_next_discounts), exact(amount)));
    let others = others.map(|amount| row(text!(billing_next_others), exact(amount)));
    let more = (!is_whole).then(|| view! { <p class="note">{text!(billing_next_more, provider = provider)}</p> });
    let date = at.map(|at| view! { <p>{text!(billing_next_date, date = day(at))}</p> });
    view! {
        {date}
        <table class="ledger">
            <caption class="unseen">{text!(billing_next_table)}</caption>
            <thead>
                <tr>
                    <th scope="col">{text!(billing_next_item)}</th>
                    <th scope="col" class="num">{text!(billing_next_amount)}</th>
                </tr>
            </thead>
            <tbody>{rows}{discounts}{others}</tbody>
            <tfoot>
                <tr><th scope="row">{text!(billing_next_due)}</th><td class="num">{exact(*due)}</td></tr>
            </tfoot>
        </table>
        {more}
        <p class="note">{text!(billing_next_note, provider = provider)}</p>
    }
    .into_any()
}
