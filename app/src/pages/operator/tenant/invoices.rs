//! `/operator/tenants/{id}/invoices`: a tenant's invoices, read from the provider.

use std::borrow::Cow;

use billing::{service::operator::invoices::DeskInvoices, store::tenant::tenants::Tenant};
use domain::{
    ids::TenantId,
    subscription::invoice::{Invoice, InvoiceStatus},
};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::operator::page_of,
    components::{
        icon::{Tone, state},
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            not_found,
            operator_nav::{DeskPage, operator_nav},
        },
        table::{Column, RowAlign, record_table},
        window::window_of_other_site,
    },
    request::PageRequest,
    wording::{day, exact},
};

pub(crate) fn invoices() -> AnyView {
    desk_page(|services, operator, req: PageRequest| async move {
        let Ok(id) = req.segment_before_last().parse::<TenantId>() else { return Ok(not_found::not_found()) };
        let (tenant, found) = services.operators().desk_invoices(&operator, &id).await?;
        Ok(page(&tenant, &found))
    })
}

pub(in crate::pages) fn page(tenant: &Tenant, found: &DeskInvoices) -> AnyView {
    let words = |words: Cow<'static, str>| view! { <p>{words}</p> }.into_any();
    let list = match found {
        DeskInvoices::Found(invoices) if invoices.is_empty() => words(text!(desk_invoices_none)),
        DeskInvoices::Found(invoices) => table(invoices, &tenant.name),
        DeskInvoices::Unavailable => words(text!(desk_invoices_unavailable)),
        DeskInvoices::Rejected(reason) => words(text!(desk_invoices_rejected, reason = reason)),
        DeskInvoices::Throttled => words(text!(desk_invoices_throttled)),
    };
    let body = view! {
        <div class="stack">
            <h1>{text!(desk_invoices_title, tenant = &tenant.name)}</h1>
            <p class="lead"><a href=page_of(&tenant.id)>{text!(desk_timeline_back)}</a></p>
        </div>
    };
    let note = text!(desk_invoices_note).into_any();
    desk_frame(
        text!(desk_invoices_title, tenant = &tenant.name),
        view! {
            {opening_beside(operator_nav(DeskPage::Tenant), body)}
            {entry("invoices", text!(invoices_title), Some(note), list)}
        },
    )
}

fn table(invoices: &[Invoice], tenant: &str) -> AnyView {
    record_table(
        RowAlign::Middle,
        text!(invoices_table, workspace = tenant),
        [
            Column::Text(text!(invoices_date_and_number)),
            Column::Text(text!(invoices_status)),
            Column::Figure(text!(invoices_amount)),
        ],
        invoices.iter().map(row).collect_view(),
    )
}

fn row(invoice: &Invoice) -> impl IntoView + use<> {
    let (tone, word) = match invoice.status {
        InvoiceStatus::Paid if invoice.refunded == Some(invoice.total) => (Tone::Off, text!(invoices_state_refunded)),
        InvoiceStatus::Paid => (Tone::Ok, text!(invoices_state_paid)),
        InvoiceStatus::Open => (Tone::Near, text!(invoices_state_open)),
        InvoiceStatus::Void => (Tone::Off, text!(invoices_state_void)),
        InvoiceStatus::Uncollectible => (Tone::Off, text!(invoices_state_uncollectible)),
    };
    let number = invoice.number.clone().unwrap_or_else(|| invoice.id.clone());
    let number = match invoice.pdf_url.clone().or_else(|| invoice.url.clone()) {
        Some(url) => view! { <a href=url target=window_of_other_site()>{number}</a> }.into_any(),
        None => view! { {number} }.into_any(),
    };
    let back = invoice.refunded.filter(|back| *back != invoice.total).map(|back| {
        view! { <br/><span class="note">{text!(invoices_refunded_amount, amount = exact(back))}</span> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="nowrap">{day(invoice.created_at)}</span><br/><span class="note breaking">{number}</span>
            </th>
            <td role="cell" data-label=text!(invoices_status)>{state(tone, word)}{back}</td>
            <td role="cell" data-label=text!(invoices_amount) class="num">{exact(invoice.total)}</td>
        </tr>
    }
}
