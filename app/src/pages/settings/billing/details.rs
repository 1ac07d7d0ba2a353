//! The payment method and the details on invoices, each with the way to change it at the provider.

use std::borrow::Cow;

use billing::service::subscription::billing_overview::Fetched;
use domain::subscription::billing_profile::{BillingProfile, CardExpiry, PaymentMethod, TaxId};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::billing::PortalPage,
    components::{
        form::provider_form::{portal_form, portal_form_about},
        membership::{status::capitalized, status_facts::method_title},
        table::{Column, RowAlign, record_table},
    },
};

/// Renders the details, or why there are none.
pub(super) fn details(profile: &Fetched<BillingProfile>, provider: &str, workspace: &str) -> AnyView {
    let found = match profile {
        Fetched::Found(found) => found,
        missing => return without_answer(missing, provider),
    };
    let BillingProfile { method, email, address, tax_ids } = found;
    let nothing = || vec![text!(billing_nothing)];
    let (method, expires) = match method {
        Some(method) => (method_words(method), method.expires.map(expiry)),
        None => (text!(billing_nothing), None),
    };
    let email = email.clone().map_or_else(nothing, |email| vec![email.into()]);
    let address = if address.is_empty() { nothing() } else { address.iter().cloned().map(Cow::from).collect() };
    let tax_ids = if tax_ids.is_empty() { nothing() } else { tax_ids.iter().map(tax_id).collect() };
    let rows = [
        (PortalPage::UpdateCard, text!(billing_method), vec![method], expires),
        (PortalPage::Home, text!(billing_email), email, None),
        (PortalPage::Home, text!(billing_address), address, None),
        (PortalPage::Home, text!(billing_tax_ids), tax_ids, None),
    ];
    let rows = rows.into_iter().map(|(page, what, lines, note)| row(page, what, lines, note, provider)).collect_view();
    let columns = [
        Column::Text(text!(billing_detail)),
        Column::Text(text!(billing_value, provider = provider)),
        Column::Button(text!(billing_change)),
    ];
    record_table(RowAlign::Middle, text!(billing_details_table, workspace = workspace), columns, rows)
}

fn row(
    page: PortalPage,
    what: Cow<'static, str>,
    lines: Vec<Cow<'static, str>>,
    note: Option<Cow<'static, str>>,
    provider: &str,
) -> impl IntoView + use<> {
    let lines = lines
        .into_iter()
        .enumerate()
        .map(|(place, line)| view! { {(place > 0).then(|| view! { <br/> })}<bdi>{line}</bdi> })
        .collect_view();
    let note = note.map(|note| view! { <br/><span class="note">{note}</span> });
    let form = portal_form_about(page, text!(billing_change_at, provider = provider), what.clone());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what}</th>
            <td role="cell" class="breaking" data-label="">{lines}{note}</td>
            <td role="cell" data-label="" class="num">{form}</td>
        </tr>
    }
}

/// Says why there are no details. The provider's portal may still open.
fn without_answer(profile: &Fetched<BillingProfile>, provider: &str) -> AnyView {
    let words = no_answer(profile, provider);
    view! {
        <p>{words}</p>
        <div class="actions">{portal_form(PortalPage::Home, "button", text!(invoices_portal, provider = provider))}</div>
    }
    .into_any()
}

/// Returns why the provider's answer is missing; the empty text if it was found.
pub(super) fn no_answer<T>(answer: &Fetched<T>, provider: &str) -> Cow<'static, str> {
    match answer {
        Fetched::Found(_) => Cow::Borrowed(""),
        Fetched::Unavailable => text!(billing_unavailable, provider = provider),
        Fetched::Rejected(reason) => text!(billing_rejected, provider = provider, reason = reason),
        Fetched::Throttled => text!(billing_throttled, provider = provider),
    }
}

/// Builds "Visa ending in 4242" or "SEPA Direct Debit ending in 3000"; for others their name alone.
fn method_words(method: &PaymentMethod) -> Cow<'static, str> {
    let PaymentMethod { kind, brand, last4, expires: _ } = method;
    let name = brand.as_deref().map_or_else(|| method_title(kind), brand_title);
    match last4 {
        Some(last4) => text!(billing_method_ending, method = name, last4 = last4),
        None => name,
    }
}

/// Returns the name of a card's brand (Stripe: `card.brand`). Another one is shown as the provider calls it.
fn brand_title(brand: &str) -> Cow<'static, str> {
    match brand {
        "amex" => text!(billing_brand_amex),
        "diners" => text!(billing_brand_diners),
        "jcb" => "JCB".into(),
        "unionpay" => "UnionPay".into(),
        other => capitalized(&other.replace('_', " ")).into(),
    }
}

/// Builds "Expires 12/2034".
fn expiry(CardExpiry { month, year }: CardExpiry) -> Cow<'static, str> {
    text!(billing_expires, month = format!("{month:02}"), year = year.to_string())
}

/// Builds "DE123456789 (EU VAT)".
fn tax_id(TaxId { kind, value }: &TaxId) -> Cow<'static, str> {
    text!(billing_tax_id, value = value, kind = kind.replace('_', " ").to_uppercase())
}
