//! `GET /api/v1/billing/invoices`: the workspace's invoices at the provider.

pub mod csv;

use axum::Json;
use billing::service::Subscriptions;
use domain::subscription::invoice::{Invoice, InvoiceStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, operations::openapi::Error, principal::TenantBiller, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "data": [{
        "id": "in_1Pgc6rB7WZ01zgkW",
        "number": "A1B2C3D4-0002",
        "created_at": "2026-02-01T00:00:00.000Z",
        "amount": 2900,
        "currency": "USD",
        "status": "paid",
        "url": "https://invoice.stripe.com/i/...",
        "pdf_url": "https://pay.stripe.com/invoice/.../pdf"
    }]
}))]
pub struct InvoicesResponse {
    data: Vec<InvoiceItem>,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvoiceItem {
    /// The provider's id.
    id: String,
    #[schema(required = true)]
    number: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    /// In minor units, after discounts and with taxes; negative for a credit.
    amount: i64,
    /// The sum of the discounts, in minor units; left out without a discount.
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<i64>,
    /// The taxes within `amount`, in minor units; left out without taxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<i64>,
    currency: &'static str,
    status: InvoiceStatus,
    /// The provider's page of the invoice, which also takes the payment of an open one.
    #[schema(required = true)]
    url: Option<String>,
    #[schema(required = true)]
    pdf_url: Option<String>,
}

impl From<Invoice> for InvoiceItem {
    fn from(invoice: Invoice) -> Self {
        let Invoice { id, number, created_at, total, discount, tax, status, refunded: _, url, pdf_url } = invoice;
        let (discount, tax) = (discount.map(|money| money.minor), tax.map(|money| money.minor));
        let (created_at, currency) = (created_at.rfc3339_millis(), total.currency.code());
        Self { id, number, created_at, amount: total.minor, discount, tax, currency, status, url, pdf_url }
    }
}

/// The workspace's invoices at the provider, newest first, 24 at most.
#[utoipa::path(
    get,
    path = "/api/v1/billing/invoices",
    operation_id = "listInvoices",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    responses(
        (status = 200, description = "The invoices; empty if the workspace never paid.", body = InvoicesResponse),
        (status = 409, description = "`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: try again.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn list(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
) -> Result<Json<InvoicesResponse>, ApiError> {
    let invoices = subscriptions.invoices(&biller).await?;
    Ok(Json(InvoicesResponse { data: invoices.into_iter().map(InvoiceItem::from).collect() }))
}
