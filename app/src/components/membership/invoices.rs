//! Invoices of the provider: their table, and what stands in its place if there is no answer.

use std::borrow::Cow;

use billing::service::subscription::billing_overview::Fetched;
use domain::subscription::invoice::{Invoice, InvoiceStatus};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::{Icon, Tone, icon, state},
        notice::inner_notice,
        table::{Column, RowAlign, record_table},
        window::window_of_other_site,
    },
    wording::{day, exact},
};

/// The address of the invoices as a table for spreadsheets.
pub(crate) const CSV: &str = "/api/v1/billing/invoices.csv";

/// Renders why there are no invoices; `None` if they were found.
pub(crate) fn no_answer<T>(listed: &Fetched<T>, provider: &str) -> Option<AnyView> {
    let (head, body) = match listed {
        Fetched::Found(_) => return None,
        Fetched::Unavailable => (text!(invoices_unavailable, provider = provider), text!(invoices_unavailable_body)),
        Fetched::Rejected(reason) => (text!(invoices_rejected, provider = provider), reason.clone().into()),
        Fetched::Throttled => (text!(invoices_throttled), text!(invoices_throttled_body, provider = provider)),
    };
    let again = view! { <p class="actions"><a class="button" href="">{text!(invoices_try_again)}</a></p> };
    Some(inner_notice(Tone::Near, head, view! { <p>{body}</p>{again} }))
}

/// Renders what stands in the place of a table without invoices.
pub(crate) fn no_invoices() -> AnyView {
    view! {
        <div class="empty">
            <p>{text!(invoices_none)}</p>
            <p>{text!(invoices_none_note)}</p>
        </div>
    }
    .into_any()
}

/// Whether any invoice has a link. Some providers link to none.
pub(crate) fn can_open(invoices: &[Invoice]) -> bool {
    invoices.iter().any(|invoice| invoice.url.is_some() || invoice.pdf_url.is_some())
}

/// Renders the table.
pub(crate) fn invoice_table(invoices: &[Invoice], workspace: &str) -> AnyView {
    let can_open = can_open(invoices);
    let mut columns = vec![
        Column::Text(text!(invoices_date_and_number)),
        Column::Text(text!(invoices_status)),
        Column::Figure(text!(invoices_amount)),
    ];
    if can_open {
        columns.push(Column::Figure(text!(invoices_open)));
    }
    let rows = invoices.iter().map(|invoice| row(invoice, can_open)).collect_view();
    record_table(RowAlign::Middle, text!(invoices_table, workspace = workspace), columns, rows)
}

/// Renders the links to an invoice's page and document; `None` if it has neither.
pub(crate) fn invoice_links(invoice: &Invoice) -> Option<AnyView> {
    let number = invoice.number.clone().unwrap_or_else(|| invoice.id.clone());
    let label = if invoice.status == InvoiceStatus::Open { text!(invoices_pay) } else { text!(invoices_invoice) };
    let target = window_of_other_site();
    let link = |url: &Option<String>, label: Cow<'static, str>| {
        let of = number.clone();
        url.clone().map(|url| {
            view! {
                <a href=url target=target>{label}<span class="unseen">{format!(" {of}")}</span>{icon(Icon::Out)}</a>
            }
        })
    };
    let (page, pdf) = (link(&invoice.url, label), link(&invoice.pdf_url, text!(invoices_pdf)));
    let gap = (page.is_some() && pdf.is_some()).then_some(" · ");
    let is_there = page.is_some() || pdf.is_some();
    is_there.then(|| view! { <span class="nowrap">{page}{gap}{pdf}</span> }.into_any())
}

/// Renders a row. `can_open`: whether the table has a column for links.
fn row(invoice: &Invoice, can_open: bool) -> impl IntoView + use<> {
    let links = invoice_links(invoice);
    let Invoice { id, number, created_at, total, discount, tax, status, refunded, url: _, pdf_url: _ } = invoice;
    let number = number.clone().unwrap_or_else(|| id.clone());
    let (tone, word) = match status {
        InvoiceStatus::Paid if refunded == &Some(*total) => (Tone::Off, text!(invoices_state_refunded)),
        InvoiceStatus::Paid => (Tone::Ok, text!(invoices_state_paid)),
        InvoiceStatus::Open => (Tone::Near, text!(invoices_state_open)),
        InvoiceStatus::Void => (Tone::Off, text!(invoices_state_void)),
        InvoiceStatus::Uncollectible => (Tone::Off, text!(invoices_state_uncollectible)),
    };
    let back = refunded.filter(|back| back != total).map(|back| {
        view! { <br/><span class="note">{text!(invoices_refunded_amount, amount = exact(back))}</span> }
    });
    let part = |words: Cow<'static, str>| view! { <br/><span class="note">{words}</span> };
    let discount = discount.map(|amount| part(text!(invoices_discount, amount = exact(amount))));
    let tax = tax.map(|amount| part(text!(invoices_tax, amount = exact(amount))));
    // On a narrow screen, the style sheet shows the label before the links. A cell without links gets no label.
    let label = links.is_some().then(|| text!(invoices_open));
    let open = can_open.then(|| view! { <td role="cell" data-label=label class="num">{links}</td> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="nowrap">{day(*created_at)}</span><br/><code class="note breaking">{number}</code>
            </th>
            <td role="cell" data-label=text!(invoices_status)>{state(tone, word)}{back}</td>
            <td role="cell" data-label=text!(invoices_amount) class="num">{exact(*total)}{discount}{tax}</td>
            {open}
        </tr>
    }
}
