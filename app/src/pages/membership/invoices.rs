//! `/membership/invoices`: invoices fetched from the provider.

use std::borrow::Cow;

use billing::service::{ServiceError, base::permission::Biller};
use domain::{
    subscription::invoice::{Invoice, InvoiceStatus},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::billing::PortalPage,
    components::{
        form::provider_form::portal_form,
        icon::{Icon, Tone, icon, state},
        membership::{
            notices::status_notice,
            status::{provider_of, provider_title},
        },
        notice::{answer::answer_notice, inner_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
        provider::{said_by_provider, title_or_none},
        table::{Column, RowAlign, record_table},
        window::window_of_other_site,
    },
    request::PageRequest,
    wording::{day, exact},
};

pub(crate) fn invoices() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let listed = match Biller::admin(&viewer) {
            Ok(biller) => match services.subscriptions().invoices(&biller).await {
                Ok(invoices) => InvoiceList::Found(invoices),
                Err(ServiceError::ProviderUnavailable { .. }) => InvoiceList::Unavailable,
                Err(
                    error @ (ServiceError::ProviderRejected { .. }
                    | ServiceError::ProviderAccountChanged { .. }
                    | ServiceError::UnknownAtProvider { .. }),
                ) => InvoiceList::Rejected(error.to_string()),
                Err(ServiceError::Throttled { .. }) => InvoiceList::RateLimited,
                Err(ServiceError::BillingNotConfigured) => InvoiceList::Found(Vec::new()),
                Err(error) => return Err(error),
            },
            Err(_) => InvoiceList::AdminsOnly,
        };
        Ok(page(&view, &listed, &req))
    })
}

/// The outcome of fetching the invoices.
pub(in crate::pages) enum InvoiceList {
    Found(Vec<Invoice>),
    /// The provider is unavailable.
    Unavailable,
    /// The provider rejected the request with this reason.
    Rejected(String),
    /// The rate limit for the provider is reached and nothing is cached.
    RateLimited,
    AdminsOnly,
}

pub(in crate::pages) fn page(view: &MembershipView, listed: &InvoiceList, req: &PageRequest) -> AnyView {
    let workspace = &view.viewer.current_membership.tenant_name;
    let provider = provider_title(view);
    let provider = &*provider;
    let body = match listed {
        InvoiceList::Found(invoices) if invoices.is_empty() => view! {
            <div class="empty">
                <p>{text!(invoices_none)}</p>
                <p>{text!(invoices_none_note)}</p>
            </div>
        }
        .into_any(),
        InvoiceList::Found(invoices) => table(invoices, workspace),
        InvoiceList::Unavailable => inner_notice(
            Tone::Near,
            text!(invoices_unavailable, provider = provider),
            view! {
                <p>{text!(invoices_unavailable_body)}</p>
                {try_again()}
            },
        ),
        InvoiceList::Rejected(reason) => inner_notice(
            Tone::Near,
            text!(invoices_rejected, provider = provider),
            view! {
                <p>{said_by_provider(reason)}</p>
                {try_again()}
            },
        ),
        InvoiceList::RateLimited => inner_notice(
            Tone::Near,
            text!(invoices_throttled),
            view! {
                <p>{text!(invoices_throttled_body, provider = provider)}</p>
                {try_again()}
            },
        ),
        InvoiceList::AdminsOnly => view! { <p>{text!(invoices_admins_only, workspace = workspace)}</p> }.into_any(),
    };
    // Whether only the provider's portal has the documents, because no invoice has a link.
    let are_there = matches!(listed, InvoiceList::Found(invoices) if !invoices.is_empty() && !can_open(invoices));
    let portal = view.subscription.as_ref().filter(|subscription| subscription.status.is_live() || are_there);
    let portal = portal.filter(|_| view.viewer.current_membership.role.is_admin()).map(|subscription| {
        let provider = subscription.provider.title();
        let label = if are_there {
            text!(invoices_portal_with_invoices, provider = provider)
        } else {
            text!(invoices_portal, provider = provider)
        };
        view! { <div class="actions">{portal_form(PortalPage::Home, "button", label)}</div> }
    });
    let note = text!(invoices_note, provider = title_or_none(provider_of(view))).into_any();
    frame(
        text!(invoices_title),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(view! { <a href="/membership">{text!(membership_title)}</a> }, view! {
                {answer_notice(req, provider_of(view), workspace)}
                <div class="stack">
                    <h1>{text!(invoices_title)}</h1>
                    <p class="lead">{text!(invoices_lead, workspace = workspace)}</p>
                </div>
                {status_notice(view)}
            })}
            {entry("invoices", text!(invoices_history), Some(note), view! {{body}{portal}})}
        },
    )
}

fn try_again() -> AnyView {
    view! { <p class="actions"><a class="button" href="">{text!(invoices_try_again)}</a></p> }.into_any()
}

/// Whether any invoice has a link. Some providers link to none.
fn can_open(invoices: &[Invoice]) -> bool {
    invoices.iter().any(|invoice| invoice.url.is_some() || invoice.pdf_url.is_some())
}

fn table(invoices: &[Invoice], workspace: &str) -> AnyView {
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

/// Renders a row. `can_open`: whether the table has a column for links.
fn row(invoice: &Invoice, can_open: bool) -> impl IntoView + use<> {
    let Invoice { id, number, created_at, total, status, refunded, url, pdf_url } = invoice;
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
    let label = if *status == InvoiceStatus::Open { text!(invoices_pay) } else { text!(invoices_invoice) };
    let target = window_of_other_site();
    let link = |url: &Option<String>, label: Cow<'static, str>| {
        let of = number.clone();
        url.clone().map(|url| {
            view! {
                <a href=url target=target>{label}<span class="unseen">{format!(" {of}")}</span>{icon(Icon::Out)}</a>
            }
        })
    };
    let (page, pdf) = (link(url, label), link(pdf_url, text!(invoices_pdf)));
    let gap = (page.is_some() && pdf.is_some()).then_some(" · ");
    // On a narrow screen, the style sheet shows the label before the links. A cell without links gets no label.
    let label = (page.is_some() || pdf.is_some()).then(|| text!(invoices_open));
    let open = can_open.then(|| {
        view! { <td role="cell" data-label=label class="num"><span class="nowrap">{page}{gap}{pdf}</span></td> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="nowrap">{day(*created_at)}</span><br/><code class="note breaking">{number}</code>
            </th>
            <td role="cell" data-label=text!(invoices_status)>{state(tone, word)}{back}</td>
            <td role="cell" data-label=text!(invoices_amount) class="num">{exact(*total)}</td>
            {open}
        </tr>
    }
}
