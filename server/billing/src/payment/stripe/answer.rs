//! The fields of Stripe's objects that Dues reads. Each API version since 2020 has them, some in one of two places.

mod list;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

pub(super) use self::list::{Elements, List, Page};

/// A field that holds the object where it was expanded, else its id.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Id(String),
    Object(T),
}

impl<T> Expandable<T> {
    pub(super) fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

impl Expandable<Customer> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object(Customer { id, .. }) => id,
        }
    }
}

impl Expandable<Object> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object(Object { id }) => id,
        }
    }
}

/// Any object of which only the id is read.
#[derive(Deserialize)]
pub(super) struct Object {
    pub id: String,
}

#[derive(Deserialize)]
pub(super) struct Session {
    pub id: String,
    /// Missing once the session is over.
    pub url: Option<String>,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub status: Option<String>,
    pub payment_status: Option<String>,
    pub customer: Option<Expandable<Object>>,
    pub subscription: Option<Expandable<Object>>,
}

#[derive(Deserialize)]
pub(super) struct PortalSession {
    pub url: String,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub customer: Expandable<Customer>,
    pub status: String,
    /// The currency that is charged, which can differ from the prices' default currency. Since API 2022-08-01.
    pub currency: Option<String>,
    /// `charge_automatically` or `send_invoice`.
    pub collection_method: Option<String>,
    pub items: List<Item>,
    pub created: i64,
    pub start_date: Option<i64>,
    /// Until API 2025-03-31; on the items since.
    pub current_period_start: Option<i64>,
    pub current_period_end: Option<i64>,
    pub cancel_at_period_end: bool,
    pub cancel_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
    pub latest_invoice: Option<Expandable<LatestInvoice>>,
    pub trial_end: Option<i64>,
    pub cancellation_details: Option<CancellationDetails>,
    pub schedule: Option<Expandable<Schedule>>,
    pub pause_collection: Option<PauseCollection>,
    /// Since API 2024-09-30. Only their presence is read.
    #[serde(default)]
    pub discounts: Option<Vec<Value>>,
    /// Until API 2024-09-30.
    #[serde(default)]
    pub discount: Option<Value>,
}

impl Subscription {
    /// Whether invoices are sent with a due date instead of charged automatically (Stripe: `collection_method`).
    pub(super) fn is_invoiced(&self) -> bool {
        self.collection_method.as_deref() == Some("send_invoice")
    }

    /// Whether a discount of the subscription, of an item or of the customer applies.
    pub(super) fn is_discounted(&self) -> bool {
        let is_any = |list: &Option<Vec<Value>>| list.as_ref().is_some_and(|list| !list.is_empty());
        let of_customer = self.customer.object().is_some_and(|customer| customer.discount.is_some());
        is_any(&self.discounts)
            || self.discount.is_some()
            || of_customer
            || self.items.data.iter().any(|item| is_any(&item.discounts))
    }
}

#[derive(Deserialize)]
pub(super) struct PauseCollection {
    pub resumes_at: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct CancellationDetails {
    pub reason: Option<String>,
}

/// A subscription schedule: the phases that a subscription goes through.
#[derive(Deserialize)]
pub(super) struct Schedule {
    pub id: String,
    /// `None` before the first phase and after the last.
    pub current_phase: Option<Period>,
    pub phases: Vec<Phase>,
}

#[derive(Deserialize)]
pub(super) struct Phase {
    pub start_date: i64,
    pub items: Vec<PhaseItem>,
}

#[derive(Deserialize)]
pub(super) struct PhaseItem {
    pub price: Expandable<Object>,
}

#[derive(Deserialize)]
pub(super) struct LatestInvoice {
    pub status: Option<String>,
    pub billing_reason: Option<String>,
    pub amount_due: i64,
}

#[derive(Deserialize)]
pub(super) struct Item {
    pub id: String,
    pub price: Price,
    /// Missing for a metered price.
    pub quantity: Option<u64>,
    pub current_period_start: Option<i64>,
    pub current_period_end: Option<i64>,
    #[serde(default)]
    pub discounts: Option<Vec<Value>>,
}

#[derive(Deserialize)]
pub(super) struct Price {
    pub id: String,
    pub product: Expandable<Object>,
    /// The default currency; others are in `currency_options`.
    pub currency: String,
    pub unit_amount: Option<i64>,
    /// Present only where expanded.
    #[serde(default)]
    pub currency_options: Option<HashMap<String, CurrencyOption>>,
    pub recurring: Option<Recurring>,
    pub metadata: Option<HashMap<String, String>>,
    pub nickname: Option<String>,
    /// Package pricing: how a quantity is divided before it is priced.
    #[serde(default)]
    pub transform_quantity: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct CurrencyOption {
    pub unit_amount: Option<i64>,
}

impl Price {
    /// Returns the unit amount in a currency; `None` where the price has none.
    pub(super) fn unit_amount_in(&self, currency: &str) -> Option<i64> {
        if self.currency.eq_ignore_ascii_case(currency) {
            return self.unit_amount;
        }
        self.currency_options.as_ref()?.get(&currency.to_ascii_lowercase())?.unit_amount
    }

    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.as_ref()?.get(key).map(String::as_str)
    }
}

#[derive(Deserialize)]
pub(super) struct Recurring {
    pub interval: String,
    pub interval_count: i64,
}

#[derive(Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub invoice_settings: Option<InvoiceSettings>,
    #[serde(default)]
    pub discount: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct InvoiceSettings {
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
}

#[derive(Deserialize)]
pub(super) struct PaymentMethod {
    #[serde(rename = "type")]
    pub kind: String,
}

/// A previewed invoice, which has no id.
#[derive(Deserialize)]
pub(super) struct Invoice {
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
pub(super) struct InvoiceOwner {
    customer: Option<Expandable<Object>>,
    /// Until API 2025-03-31; in `parent` since.
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
    pub(super) fn may_be_of_customer(&self, customer: &str) -> bool {
        self.customer.as_ref().is_none_or(|of| of.id() == customer)
    }

    /// Whether the invoice names this subscription or none.
    pub(super) fn may_be_of_subscription(&self, subscription: &str) -> bool {
        let details = self.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
        let of = details.and_then(|details| details.subscription.as_ref()).or(self.subscription.as_ref());
        of.is_none_or(|of| of.id() == subscription)
    }
}

/// An open or paid invoice.
#[derive(Deserialize)]
pub(super) struct SubscriptionInvoice {
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
pub(super) struct ListedInvoice {
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
    /// Present only where expanded.
    pub payments: Option<List<InvoicePayment>>,
    /// Until API 2025-03-31.
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

#[derive(Deserialize)]
pub(super) struct InvoicePayment {
    pub status: String,
    pub payment: PaymentOfInvoice,
}

#[derive(Deserialize)]
pub(super) struct PaymentOfInvoice {
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub amount: i64,
    pub status: Option<String>,
    pub payment_intent: Option<Expandable<Object>>,
    pub charge: Option<Expandable<Object>>,
}

impl Refund {
    /// Whether the refund names this payment or none.
    pub(super) fn may_be_of(&self, payment: &str) -> bool {
        let of = [self.payment_intent.as_ref(), self.charge.as_ref()];
        let mut named = of.into_iter().flatten().peekable();
        named.peek().is_none() || named.any(|of| of.id() == payment)
    }

    /// Whether the refund failed. A pending refund counts as refunded.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

#[derive(Deserialize)]
pub(super) struct InvoiceLine {
    pub description: Option<String>,
    pub amount: i64,
    pub period: Period,
    /// `subscription` or `invoiceitem` until API 2025-03-31; the field of `parent` tells since.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Until API 2025-03-31; in `parent` since.
    pub proration: Option<bool>,
    pub parent: Option<LineParent>,
    /// Until API 2025-03-31; in `pricing` since.
    pub price: Option<Expandable<Object>>,
    pub pricing: Option<LinePricing>,
    #[serde(default)]
    pub discount_amounts: Option<Vec<DiscountAmount>>,
}

#[derive(Deserialize)]
pub(super) struct DiscountAmount {
    pub amount: i64,
}

impl InvoiceLine {
    /// Returns the sum of the discounts on the line.
    pub(super) fn discount(&self) -> i64 {
        let amounts = self.discount_amounts.as_deref().unwrap_or_default();
        amounts.iter().fold(0_i64, |sum, discount| sum.saturating_add(discount.amount))
    }

    pub(super) fn price(&self) -> Option<&str> {
        let details = self.pricing.as_ref().and_then(|pricing| pricing.price_details.as_ref());
        details.map(|details| &details.price).or(self.price.as_ref()).map(Expandable::<Object>::id)
    }
}

#[derive(Deserialize)]
pub(super) struct LinePricing {
    pub price_details: Option<LinePrice>,
}

#[derive(Deserialize)]
pub(super) struct LinePrice {
    pub price: Expandable<Object>,
}

#[derive(Deserialize)]
pub(super) struct Period {
    /// `start_date` of a phase.
    #[serde(alias = "start_date")]
    pub start: i64,
    pub end: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct LineParent {
    pub subscription_item_details: Option<LineOrigin>,
    pub invoice_item_details: Option<LineOrigin>,
}

#[derive(Deserialize)]
pub(super) struct LineOrigin {
    #[serde(default)]
    pub proration: bool,
}

#[derive(Deserialize)]
pub(super) struct Product {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
}

#[derive(Deserialize)]
pub(super) struct PortalConfiguration {
    pub id: String,
    pub metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct WebhookEndpoint {
    pub id: String,
    pub url: String,
    pub status: String,
    pub enabled_events: Vec<String>,
    /// Present only in the response that creates the endpoint.
    pub secret: Option<String>,
}
