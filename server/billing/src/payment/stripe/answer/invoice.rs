//! Invoices, their lines, payments and refunds.

use serde::Deserialize;
use serde_json::Value;

use super::{
    expandable::{Expandable, Object},
    list::List,
};

/// A previewed invoice, which has no id.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct Invoice {
    pub currency: String,
    pub amount_due: i64,
    /// When it will be charged; missing for an invoice that will be sent.
    pub next_payment_attempt: Option<i64>,
    pub period_end: Option<i64>,
    pub lines: List<InvoiceLine>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

/// The customer and the subscription of an invoice, where it names them.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct InvoiceOwner {
    customer: Option<Expandable<Object>>,
    /// Set by API versions before 2025-03-31. Later versions set it in `parent`.
    subscription: Option<Expandable<Object>>,
    parent: Option<InvoiceParent>,
}

#[derive(Deserialize)]
struct InvoiceParent {
    subscription_details: Option<InvoiceSubscription>,
}

#[derive(Deserialize)]
struct InvoiceSubscription {
    subscription: Option<Expandable<Object>>,
}

impl InvoiceOwner {
    /// Whether the invoice names this customer or none.
    pub(in crate::payment::stripe) fn may_be_of_customer(&self, customer: &str) -> bool {
        self.customer.as_ref().is_none_or(|of| of.id() == customer)
    }

    /// Whether the invoice names this subscription or none.
    pub(in crate::payment::stripe) fn may_be_of_subscription(&self, subscription: &str) -> bool {
        let details = self.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
        let of = details.and_then(|details| details.subscription.as_ref()).or(self.subscription.as_ref());
        of.is_none_or(|of| of.id() == subscription)
    }
}

/// An open or paid invoice.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct SubscriptionInvoice {
    pub created: i64,
    /// The due date of an invoice that was sent.
    pub due_date: Option<i64>,
    pub currency: String,
    pub amount_remaining: i64,
    pub lines: List<InvoiceLine>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

/// An invoice of a list, drafts included.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct ListedInvoice {
    pub id: String,
    pub number: Option<String>,
    pub created: i64,
    pub currency: String,
    pub total: i64,
    pub amount_paid: i64,
    pub status: Option<String>,
    pub hosted_invoice_url: Option<String>,
    pub invoice_pdf: Option<String>,
    pub lines: Option<List<InvoiceLine>>,
    // The sums are only displayed. As `Value`, a field of another type does not make the invoice unreadable.
    #[serde(default)]
    pub total_discount_amounts: Value,
    /// Set since API version 2025-03-31.
    #[serde(default)]
    pub total_taxes: Value,
    /// Set by API versions before 2025-03-31.
    #[serde(default)]
    pub total_tax_amounts: Value,
    /// Present only where expanded.
    pub payments: Option<List<InvoicePayment>>,
    /// Set by API versions before 2025-03-31, as is `charge`. Later versions set both in `payments`.
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

impl ListedInvoice {
    /// Returns the sum of the discounts.
    pub(in crate::payment::stripe) fn discount(&self) -> i64 {
        sum_of_amounts(&self.total_discount_amounts)
    }

    /// Returns the sum of the taxes.
    pub(in crate::payment::stripe) fn tax(&self) -> i64 {
        let taxes = if self.total_taxes.is_array() { &self.total_taxes } else { &self.total_tax_amounts };
        sum_of_amounts(taxes)
    }
}

/// Sums the amounts of a list of objects; 0 for another value.
fn sum_of_amounts(list: &Value) -> i64 {
    let amounts = list.as_array().into_iter().flatten().filter_map(|one| one.get("amount")?.as_i64());
    amounts.fold(0_i64, i64::saturating_add)
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct InvoicePayment {
    pub status: String,
    pub payment: PaymentOfInvoice,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct PaymentOfInvoice {
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct Refund {
    pub id: String,
    pub amount: i64,
    pub status: Option<String>,
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
}

impl Refund {
    /// Whether the refund names this payment or none.
    pub(in crate::payment::stripe) fn may_be_of(&self, payment: &str) -> bool {
        let of = [self.payment_intent.as_ref(), self.charge.as_ref()];
        let mut named = of.into_iter().flatten().peekable();
        named.peek().is_none() || named.any(|of| of.id() == payment)
    }

    /// Whether the refund failed. A pending refund counts as refunded.
    pub(in crate::payment::stripe) fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct InvoiceLine {
    pub description: Option<String>,
    pub amount: i64,
    pub period: Period,
    /// `subscription` or `invoiceitem`. Set by API versions before 2025-03-31. In later versions, the kind is the field
    /// of `parent` that is set.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Set by API versions before 2025-03-31. Later versions set it in `parent`.
    pub proration: Option<bool>,
    pub parent: Option<LineParent>,
    /// Set by API versions before 2025-03-31. Later versions set it in `pricing`.
    pub price: Option<Expandable<Object>>,
    pub pricing: Option<LinePricing>,
    #[serde(default)]
    pub discount_amounts: Option<Vec<DiscountAmount>>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct DiscountAmount {
    pub amount: i64,
}

impl InvoiceLine {
    /// Returns the sum of the discounts on the line.
    pub(in crate::payment::stripe) fn discount(&self) -> i64 {
        let amounts = self.discount_amounts.as_deref().unwrap_or_default();
        amounts.iter().fold(0_i64, |sum, discount| sum.saturating_add(discount.amount))
    }

    pub(in crate::payment::stripe) fn price(&self) -> Option<&str> {
        let details = self.pricing.as_ref().and_then(|pricing| pricing.price_details.as_ref());
        details.map(|details| &details.price).or(self.price.as_ref()).map(Expandable::<Object>::id)
    }
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct LinePricing {
    pub price_details: Option<LinePrice>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct LinePrice {
    pub price: Expandable<Object>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct Period {
    /// Named `start_date` in a phase of a schedule.
    #[serde(alias = "start_date")]
    pub start: i64,
    pub end: Option<i64>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct LineParent {
    pub subscription_item_details: Option<LineOrigin>,
    pub invoice_item_details: Option<LineOrigin>,
}

#[derive(Deserialize)]
pub(in crate::payment::stripe) struct LineOrigin {
    #[serde(default)]
    pub proration: bool,
}
