//! `GET /api/v1/billing/invoices.csv`: the workspace's invoices as CSV for spreadsheets.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use billing::service::{Subscriptions, subscription::invoice::AllInvoices};
use domain::{money::Money, subscription::invoice::Invoice};

use crate::api::{
    ApiError, operations::openapi::Error, principal::TenantBiller, request::handle::Handle, tenant::audit::csv::cell,
};

const HEAD: &str = "date,number,status,amount,discount,tax,refunded,currency,url,pdfUrl\r\n";
const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const DISPOSITION: &str = "attachment; filename=\"invoices.csv\"";

/// The workspace's invoices at the provider as CSV, newest first, about a thousand at most: if there are older ones,
/// the last line says so. Amounts are in units of the currency, with its decimal places. A text that a spreadsheet
/// would take for a formula has `'` before it.
#[utoipa::path(
    get,
    path = "/api/v1/billing/invoices.csv",
    operation_id = "exportInvoices",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    responses(
        (status = 200, description = "A line for each invoice, below the names of the columns.", body = String, content_type = "text/csv"),
        (status = 409, description = "`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: try again.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn export(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
) -> Result<Response, ApiError> {
    let AllInvoices { invoices, is_cut } = subscriptions.all_invoices(&biller).await?;
    let mut table = invoices.iter().fold(HEAD.to_owned(), |table, invoice| table + &line(invoice));
    if is_cut {
        let words = format!("Only the {} newest invoices are listed. The provider has the others.", invoices.len());
        table.push_str(&cell(&words));
        table.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_DISPOSITION, DISPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, table).into_response())
}

fn line(invoice: &Invoice) -> String {
    let Invoice { id, number, created_at, total, discount, tax, status, refunded, url, pdf_url } = invoice;
    let figure = |amount: &Option<Money>| amount.map(Money::decimal).unwrap_or_default();
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let cells = [
        cell(&created_at.rfc3339_secs()),
        cell(number.as_ref().unwrap_or(id)),
        cell(status.as_str()),
        // A number, also where it is negative: a formula needs more than a sign, digits and a point.
        total.decimal(),
        figure(discount),
        figure(tax),
        figure(refunded),
        cell(total.currency.code()),
        text(url),
        text(pdf_url),
    ];
    cells.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use domain::{money::Currency, subscription::invoice::InvoiceStatus, time::Timestamp};

    use super::*;

    #[test]
    fn amounts_are_figures_and_texts_are_never_formulas() {
        let invoice = Invoice {
            id: "in_1".to_owned(),
            number: Some("=1+1".to_owned()),
            created_at: Timestamp::from_secs(1_767_225_600),
            total: Money::new(-1684, Currency::USD),
            discount: None,
            tax: Some(Money::new(268, Currency::USD)),
            status: InvoiceStatus::Paid,
            refunded: None,
            url: Some("https://invoice.stripe.com/i/1".to_owned()),
            pdf_url: None,
        };
        assert_eq!(
            line(&invoice),
            "\"2026-01-01T00:00:00Z\",\"'=1+1\",\"paid\",-16.84,,2.68,,\"USD\",\"https://invoice.stripe.com/i/1\",\"\"\r\n"
        );
    }
}
