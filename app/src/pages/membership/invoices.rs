//! `/membership/invoices`: invoices fetched from the provider.

use billing::service::{ServiceError, base::permission::Biller};
use domain::{
    subscription::invoice::{Invoice, InvoiceStatus},
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    actions::billing::PortalPage,
    components::{
        form::provider_form::portal_form,
        icon::{Icon, Tone, icon, state},
        membership::{notices::status_notice, status::provider_title},
        notice::{answer::answer_notice, inner_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
            portal::window_of_other_site,
        },
        table::{Column, RowAlign, record_table},
    },
    request::PageRequest,
    wording::day,
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
    let body = match listed {
        InvoiceList::Found(invoices) if invoices.is_empty() => view! {
            <div class="empty">
                <p>"No invoices yet."</p>
                <p>"The first comes with the first payment."</p>
            </div>
        }
        .into_any(),
        InvoiceList::Found(invoices) => table(invoices, workspace),
        InvoiceList::Unavailable => inner_notice(
            Tone::Near,
            format!("{provider} does not answer"),
            view! {
                <p>"The invoices are kept there. Nothing is wrong with them."</p>
                <p class="actions"><a class="button" href="">"Look again"</a></p>
            },
        ),
        InvoiceList::Rejected(said) => inner_notice(
            Tone::Near,
            format!("{provider} does not show the invoices now"),
            view! {
                <p>{said.clone()}</p>
                <p class="actions"><a class="button" href="">"Look again"</a></p>
            },
        ),
        InvoiceList::RateLimited => inner_notice(
            Tone::Near,
            "That was often enough for now",
            view! {
                <p>{format!("The invoices are kept at {provider}, which was not asked again. Look again in a minute.")}</p>
                <p class="actions"><a class="button" href="">"Look again"</a></p>
            },
        ),
        InvoiceList::AdminsOnly => {
            let words = format!("Only an owner or an admin of {workspace} can see invoices. You are a member.");
            view! { <p>{words}</p> }.into_any()
        }
    };
    // Whether only the provider's portal has the documents, because no invoice has a link.
    let are_there = matches!(listed, InvoiceList::Found(invoices) if !invoices.is_empty() && !can_open(invoices));
    let portal = view.subscription.as_ref().filter(|subscription| subscription.status.is_live() || are_there);
    let portal = portal.filter(|_| view.viewer.current_membership.role.is_admin()).map(|subscription| {
        let what = if are_there { "Invoices, card and address" } else { "Card and address" };
        let label = format!("{what} at {}", subscription.provider.title());
        view! { <div class="actions">{portal_form(PortalPage::Home, "button", label)}</div> }
    });
    let note = format!("Kept by {provider}. The newest 24.").into_any();
    frame(
        "Invoices",
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(view! { <a href="/membership">"Membership"</a> }, view! {
                {answer_notice(req, provider, workspace)}
                <div class="stack">
                    <h1>"Invoices"</h1>
                    <p class="lead">{format!("What {workspace} was charged.")}</p>
                </div>
                {status_notice(view)}
            })}
            {entry("invoices", "Charged", Some(note), view! {{body}{portal}})}
        },
    )
}

/// Whether any invoice has a link. Some providers link to none.
fn can_open(invoices: &[Invoice]) -> bool {
    invoices.iter().any(|invoice| invoice.url.is_some() || invoice.pdf_url.is_some())
}

fn table(invoices: &[Invoice], workspace: &str) -> AnyView {
    let can_open = can_open(invoices);
    let mut columns = vec![Column::Text("Date and number"), Column::Text("Status"), Column::Figure("Amount")];
    if can_open {
        columns.push(Column::Figure("Open"));
    }
    let rows = invoices.iter().map(|invoice| row(invoice, can_open)).collect_view();
    record_table(RowAlign::Middle, format!("Invoices of {workspace}"), columns, rows)
}

/// Renders a row. `can_open`: whether the table has a column for links.
fn row(invoice: &Invoice, can_open: bool) -> impl IntoView + use<> {
    let Invoice { id, number, created_at, total, status, refunded, url, pdf_url } = invoice;
    let number = number.clone().unwrap_or_else(|| id.clone());
    let (tone, word) = match status {
        InvoiceStatus::Paid if refunded == &Some(*total) => (Tone::Off, "given back"),
        InvoiceStatus::Paid => (Tone::Ok, "paid"),
        InvoiceStatus::Open => (Tone::Near, "to be paid"),
        InvoiceStatus::Void => (Tone::Off, "void"),
        InvoiceStatus::Uncollectible => (Tone::Off, "given up"),
    };
    let back = refunded.filter(|back| back != total).map(|back| {
        view! { <br/><span class="note">{format!("{} given back", back.exact())}</span> }
    });
    let label = if *status == InvoiceStatus::Open { "Pay" } else { "Invoice" };
    let target = window_of_other_site();
    let link = |url: &Option<String>, label: &'static str| {
        let of = number.clone();
        url.clone().map(|url| {
            view! {
                <a href=url target=target>{label}<span class="unseen">{format!(" {of}")}</span>{icon(Icon::Out)}</a>
            }
        })
    };
    let (page, pdf) = (link(url, label), link(pdf_url, "PDF"));
    let gap = (page.is_some() && pdf.is_some()).then_some(" · ");
    // On a narrow screen, the style sheet shows the label before the links. A cell without links gets no label.
    let label = (page.is_some() || pdf.is_some()).then_some("Open");
    let open = can_open.then(|| {
        view! { <td role="cell" data-label=label class="num"><span class="nowrap">{page}{gap}{pdf}</span></td> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="nowrap">{day(*created_at)}</span><br/><code class="note breaking">{number}</code>
            </th>
            <td role="cell" data-label="Status">{state(tone, word.to_owned())}{back}</td>
            <td role="cell" data-label="Amount" class="num">{total.exact()}</td>
            {open}
        </tr>
    }
}
