//! Invoices as the provider keeps them.

use serde::{Deserialize, Serialize};

use crate::{money::Money, time::Timestamp};

/// How an invoice stands (Stripe: `Invoice.status`; a draft is none yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    Open,
    Paid,
    Void,
    /// Given up.
    Uncollectible,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The provider's id.
    pub id: String,
    /// What is printed on it.
    pub number: Option<String>,
    pub created_at: Timestamp,
    pub total: Money,
    pub status: InvoiceStatus,
    /// What went back of it, where the provider tells that with it.
    pub refunded: Option<Money>,
    /// The provider's page of it: with the way to pay one that is open.
    pub url: Option<String>,
    pub pdf_url: Option<String>,
}
