//! What Dues reads of Stripe's objects: fields that every API version since 2020 has, or has in one of two places.

mod list;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

pub(super) use self::list::{Elements, List, Page};

/// A field that holds an object where it was expanded, and only its id where it was not.
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

/// Any object of which only the id matters.
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
    /// What it is paid in, which need not be the currency that its prices name first. Since API 2022-08-01.
    pub currency: Option<String>,
    /// `charge_automatically` or `send_invoice`.
    pub collection_method: Option<String>,
    pub items: List<Item>,
    pub created: i64,
    pub start_date: Option<i64>,
    /// Here until API 2025-03-31, on the items since.
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
    /// Since API 2024-09-30; of each only that it is there matters.
    #[serde(default)]
    pub discounts: Option<Vec<Value>>,
    /// Until then.
    #[serde(default)]
    pub discount: Option<Value>,
}

impl Subscription {
    /// Whether invoices are sent, to be paid by a day, and nothing is charged by itself (Stripe: `collection_method`).
    pub(super) fn is_invoiced(&self) -> bool {
        self.collection_method.as_deref() == Some("send_invoice")
    }

    /// Whether a discount of its own, of an item or of the customer applies.
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

/// What a subscription changes to, phase by phase.
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
    /// Missing for what is metered.
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
    /// The one that it names first; others are in `currency_options`.
    pub currency: String,
    pub unit_amount: Option<i64>,
    /// Only where they were expanded.
    #[serde(default)]
    pub currency_options: Option<HashMap<String, CurrencyOption>>,
    pub recurring: Option<Recurring>,
    pub metadata: Option<HashMap<String, String>>,
    pub nickname: Option<String>,
    /// How a quantity is packed before it is priced.
    #[serde(default)]
    pub transform_quantity: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct CurrencyOption {
    pub unit_amount: Option<i64>,
}

impl Price {
    /// What one costs in a currency, in lower case; `None` where that is not told.
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

/// A preview is an invoice that has no id.
#[derive(Deserialize)]
pub(super) struct Invoice {
    pub currency: String,
    pub amount_due: i64,
    /// When it will be charged; missing where it will be sent.
    pub next_payment_attempt: Option<i64>,
    pub period_end: Option<i64>,
    pub lines: List<InvoiceLine>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

/// Whose an invoice is, as far as it says.
#[derive(Deserialize)]
pub(super) struct InvoiceOwner {
    customer: Option<Expandable<Object>>,
    /// Here until API 2025-03-31, under `parent` since.
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
    /// Whether it names no other customer.
    pub(super) fn may_be_of_customer(&self, customer: &str) -> bool {
        self.customer.as_ref().is_none_or(|of| of.id() == customer)
    }

    /// Whether it names no other subscription.
    pub(super) fn may_be_of_subscription(&self, subscription: &str) -> bool {
        let details = self.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
        let of = details.and_then(|details| details.subscription.as_ref()).or(self.subscription.as_ref());
        of.is_none_or(|of| of.id() == subscription)
    }
}

/// One that is open, or was paid.
#[derive(Deserialize)]
pub(super) struct SettledInvoice {
    pub created: i64,
    /// By when one that was sent is to be paid.
    pub due_date: Option<i64>,
    pub currency: String,
    pub amount_remaining: i64,
    pub lines: List<InvoiceLine>,
    #[serde(flatten)]
    pub owner: InvoiceOwner,
}

/// One that was finalized, or will be.
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
    /// Only where it was expanded.
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
    /// Whether it names no other payment.
    pub(super) fn may_be_of(&self, payment: &str) -> bool {
        let of = [self.payment_intent.as_ref(), self.charge.as_ref()];
        let mut named = of.into_iter().flatten().peekable();
        named.peek().is_none() || named.any(|of| of.id() == payment)
    }

    /// Money that is still on its way back counts as given back.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

#[derive(Deserialize)]
pub(super) struct InvoiceLine {
    pub description: Option<String>,
    pub amount: i64,
    pub period: Period,
    /// `subscription` or `invoiceitem` until API 2025-03-31; which of them `parent` has since.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Here until API 2025-03-31, under `parent` since.
    pub proration: Option<bool>,
    pub parent: Option<LineParent>,
    /// Here until API 2025-03-31, under `pricing` since.
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
    /// What is taken off it.
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
    /// Only in the answer that creates it.
    pub secret: Option<String>,
}
