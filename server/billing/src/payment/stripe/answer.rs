//! The fields of Stripe's objects that Dues reads, as in the API versions since 2020. Where API versions have a field
//! in different places, Dues reads each place.

mod expandable;
mod invoice;
mod list;

use std::collections::HashMap;

use domain::subscription::{BillingInterval, ProviderStatus};
use serde::Deserialize;
use serde_json::Value;

pub(super) use self::{
    expandable::{Expandable, Object},
    invoice::{Invoice, InvoiceLine, ListedInvoice, Period, Refund, SubscriptionInvoice},
    list::{Elements, List, Page},
};

impl Expandable<Customer> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object(Customer { id, .. }) => id,
        }
    }
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
    /// The currency that is charged, which can differ from the prices' default currency. Set since API
    /// version 2022-08-01.
    pub currency: Option<String>,
    /// `charge_automatically` or `send_invoice`.
    pub collection_method: Option<String>,
    pub items: List<Item>,
    pub created: i64,
    pub start_date: Option<i64>,
    /// Set by API versions before 2025-03-31. Later versions set the period on the items.
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
    /// Set since API version 2024-09-30.
    #[serde(default)]
    pub discounts: Option<Vec<Value>>,
    /// Set by API versions before 2024-09-30.
    #[serde(default)]
    pub discount: Option<Value>,
    #[serde(default)]
    pub default_tax_rates: Value,
    /// As `Value`, metadata of another type does not make the subscription unreadable.
    #[serde(default)]
    pub metadata: Value,
}

impl Subscription {
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_str()
    }

    /// Whether invoices are sent with a due date instead of charged automatically (Stripe: `collection_method`).
    pub(super) fn is_invoiced(&self) -> bool {
        self.collection_method.as_deref() == Some("send_invoice")
    }

    pub(super) fn is_trialing(&self) -> bool {
        self.status.parse::<ProviderStatus>() == Ok(ProviderStatus::Trialing)
    }

    /// The discounts that apply to all items: those of the subscription itself, else the customer's.
    pub(super) fn discounts(&self) -> &[Value] {
        let of_customer = || self.customer.object().and_then(|customer| customer.discount.as_ref());
        match self.own_discounts() {
            [] => of_customer().map(std::slice::from_ref).unwrap_or_default(),
            own => own,
        }
    }

    /// The discounts of the subscription itself.
    pub(super) fn own_discounts(&self) -> &[Value] {
        match (&self.discounts, &self.discount) {
            (Some(discounts), _) if !discounts.is_empty() => discounts,
            (_, Some(discount)) => std::slice::from_ref(discount),
            _ => &[],
        }
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
    /// Missing for a metered price.
    #[serde(default)]
    pub quantity: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct LatestInvoice {
    pub status: Option<String>,
    pub billing_reason: Option<String>,
    pub amount_due: i64,
    // The next three are read only for `LastInvoice`. As `Value`, a field of another type does not make the
    // subscription unreadable.
    #[serde(default)]
    pub id: Value,
    #[serde(default)]
    pub amount_paid: Value,
    #[serde(default)]
    pub currency: Value,
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
    #[serde(default)]
    pub tax_rates: Value,
    #[serde(default)]
    pub metadata: Value,
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

impl Recurring {
    /// Returns the billing interval; `None` for a unit that Dues does not know.
    pub(super) fn billing_interval(&self) -> Option<BillingInterval> {
        BillingInterval::from_provider(&self.interval, self.interval_count)
    }
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

#[derive(Deserialize)]
pub(super) struct Product {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    #[serde(default)]
    pub metadata: Value,
}

impl Product {
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_str()
    }
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
