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

impl InvoiceStatus {
    /// The status as the provider and the API name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// An invoice of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The provider's id.
    pub id: String,
    /// The number printed on the invoice.
    pub number: Option<String>,
    pub created_at: Timestamp,
    /// After discounts, with taxes.
    pub total: Money,
    /// The sum of the discounts, as a positive amount; `None` without a discount.
    pub discount: Option<Money>,
    /// The taxes within the total; `None` without taxes.
    pub tax: Option<Money>,
    pub status: InvoiceStatus,
    /// The refunded amount; `None` if the provider does not report it with the invoice.
    pub refunded: Option<Money>,
    /// The provider's hosted page of the invoice, where an open one can be paid.
    pub url: Option<String>,
    pub pdf_url: Option<String>,
}

/// A page of a customer's invoices, the newest first. The cursors are the provider's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoicePage {
    pub invoices: Vec<Invoice>,
    /// Cursor of the page with newer invoices; `None` on the first.
    pub newer: Option<String>,
    /// Cursor of the page with older invoices; `None` on the last.
    pub older: Option<String>,
}

/// The invoice that the provider would issue next, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcomingInvoice {
    /// When it will be charged, or sent; `None` if the provider does not say.
    pub at: Option<Timestamp>,
    pub lines: Vec<UpcomingLine>,
    /// Whether `lines` has all lines of the invoice.
    pub is_whole: bool,
    /// The sum of the discounts, as a negative amount; `None` without a discount.
    pub discounts: Option<Money>,
    /// What else makes up the amount due: taxes, and the customer's balance. `None` if there is nothing else, or if it
    /// can't be known because lines are missing.
    pub others: Option<Money>,
    pub due: Money,
}

/// A line of an upcoming invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcomingLine {
    /// The provider's text; empty without one.
    pub description: String,
    /// Negative for a credit.
    pub amount: Money,
}
