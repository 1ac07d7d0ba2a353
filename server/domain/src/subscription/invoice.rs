//! Invoices of a payment provider.

use serde::{Deserialize, Serialize};

use crate::{money::Money, time::Timestamp};

/// The status of an invoice (Stripe: `Invoice.status`; drafts are not listed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    Open,
    Paid,
    Void,
    /// The provider gave up collecting it.
    Uncollectible,
}

/// An invoice of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The provider's id.
    pub id: String,
    /// The number printed on the invoice.
    pub number: Option<String>,
    pub created_at: Timestamp,
    pub total: Money,
    pub status: InvoiceStatus,
    /// The refunded amount; `None` if the provider does not report it with the invoice.
    pub refunded: Option<Money>,
    /// The provider's hosted page of the invoice, where an open one can be paid.
    pub url: Option<String>,
    pub pdf_url: Option<String>,
}
