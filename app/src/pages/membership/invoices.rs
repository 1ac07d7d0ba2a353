//! `/membership/invoices`: invoices fetched from the provider, a page at a time.

use billing::{
    Services,
    service::{ServiceError, base::permission::Biller, subscription::billing_overview::Fetched},
};
use domain::{subscription::invoice::InvoicePage, wire::MembershipView};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::billing::PortalPage,
    components::{
        form::provider_form::portal_form,
        membership::{
            invoices::{CSV, can_open, invoice_table, no_answer, no_invoices},
            notices::status_notice,
            status::{provider_of, provider_title},
        },
        notice::answer::answer_notice,
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
        provider::title_or_none,
    },
    request::{PageRequest, local_path::with_query},
};

const PATH: &str = "/membership/invoices";

pub(crate) fn invoices() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let listed = match Biller::person(&viewer) {
            Ok(biller) => Some(fetch(&services, &biller, req.query("page").as_deref()).await?),
            Err(_) => None,
        };
        Ok(page(&view, listed.as_ref(), &req))
    })
}

/// Fetches a page of the invoices. A cursor that the provider does not have leads to the newest.
async fn fetch(
    services: &Services,
    biller: &Biller,
    cursor: Option<&str>,
) -> Result<Fetched<InvoicePage>, ServiceError> {
    let answer = match services.subscriptions().invoice_page(biller, cursor).await {
        Err(ServiceError::Validation { .. }) if cursor.is_some() => {
            services.subscriptions().invoice_page(biller, None).await
        }
        Err(ServiceError::BillingNotConfigured) => Ok(InvoicePage::default()),
        answer => answer,
    };
    Fetched::from_answer(answer)
}

/// Renders the page. `listed` is `None` for members, who may not see invoices.
pub(in crate::pages) fn page(
    view: &MembershipView,
    listed: Option<&Fetched<InvoicePage>>,
    req: &PageRequest,
) -> AnyView {
    let workspace = &view.viewer.current_membership.tenant_name;
    let provider = provider_title(view);
    let provider = &*provider;
    let found = match listed {
        Some(Fetched::Found(found)) => Some(found),
        _ => None,
    };
    let body = match (listed, found) {
        (None, _) => view! { <p>{text!(invoices_admins_only, workspace = workspace)}</p> }.into_any(),
        (Some(_), Some(found)) => list(found, workspace),
        (Some(listed), None) => no_answer(listed, provider).into_any(),
    };
    // Whether only the provider's portal has the documents, because no invoice has a link.
    let are_there = found.is_some_and(|found| !found.invoices.is_empty() && !can_open(&found.invoices));
    let portal = view.subscription.as_ref().filter(|subscription| subscription.status.is_live() || are_there);
    let portal = portal.filter(|_| listed.is_some()).map(|subscription| {
        let provider = subscription.provider.title();
        let label = if are_there {
            text!(invoices_portal_with_invoices, provider = provider)
        } else {
            text!(invoices_portal, provider = provider)
        };
        view! { <div class="actions">{portal_form(PortalPage::Home, "button", label)}</div> }
    });
    // The session of a portal link is for pages alone.
    let csv = found.filter(|found| !found.invoices.is_empty() && req.portal().is_none()).map(|_| {
        view! { " "<a href=CSV download="invoices.csv">{text!(invoices_csv)}</a> }
    });
    let note = view! { {text!(invoices_note, provider = title_or_none(provider_of(view)))}{csv} }.into_any();
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

/// Renders a page of the invoices, and the links to the pages around it.
fn list(found: &InvoicePage, workspace: &str) -> AnyView {
    let InvoicePage { invoices, newer, older } = found;
    let to = |cursor: &Option<String>| cursor.as_deref().map(|cursor| with_query(PATH, &[("page", cursor)]));
    let newer = to(newer);
    if invoices.is_empty() {
        return match newer {
            None => no_invoices(),
            Some(_) => view! {
                <div class="empty">
                    <p>{text!(invoices_none_here)}</p>
                    <p><a href=PATH>{text!(invoices_newest)}</a></p>
                </div>
            }
            .into_any(),
        };
    }
    let newer = newer.map(|path| view! { <a href=path>{text!(invoices_newer)}</a> });
    let older = to(older).map(|path| view! { <a href=path>{text!(invoices_older)}</a> });
    let ways = (newer.is_some() || older.is_some())
        .then(|| view! { <nav class="actions" aria-label=text!(invoices_pages)>{newer}{older}</nav> });
    view! {
        {invoice_table(invoices, workspace)}
        {ways}
    }
    .into_any()
}
