//! The fields of Polar's objects that Dues reads.

use domain::{subscription::BillingInterval, time::Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

/// A page of a list that decodes element by element: an unreadable element is logged and left out.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct List<T> {
    #[serde(deserialize_with = "each_readable")]
    pub items: Vec<T>,
    pub pagination: Pagination,
}

/// A list that decodes as a whole: an unreadable element fails it.
#[derive(Debug, Deserialize)]
pub(super) struct WholeList<T> {
    pub items: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pagination {
    pub max_page: u64,
}

fn each_readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    let read = |element: Value| match T::deserialize(element) {
        Ok(element) => Some(element),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to decode an element of a list from Polar"
            );
            None
        }
    };
    Ok(all.into_iter().filter_map(read).collect())
}

#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Customer {
    pub id: String,
    /// The tenant's id.
    #[serde(default)]
    pub external_id: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "time_or_null")]
    pub created_at: Option<Timestamp>,
    #[serde(default)]
    pub default_payment_method_id: Option<String>,
    #[serde(default, deserialize_with = "time_or_null")]
    pub deleted_at: Option<Timestamp>,
}

/// An event of Polar's event list.
#[derive(Debug, Deserialize)]
pub(super) struct ListedEvent {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub customer_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Checkout {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub total_amount: Option<i64>,
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// A discount of the organization.
#[derive(Debug, Deserialize)]
pub(super) struct Discount {
    pub id: String,
    /// `None` for a discount that only the API can apply.
    #[serde(default)]
    pub code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CustomerSession {
    pub customer_portal_url: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub status: String,
    pub customer_id: String,
    pub product_id: String,
    #[serde(deserialize_with = "time")]
    pub created_at: Timestamp,
    #[serde(default, deserialize_with = "time_or_null")]
    pub started_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    pub current_period_start: Timestamp,
    #[serde(default, deserialize_with = "time_or_null")]
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    /// When the subscription ends; `None` where no end is set.
    #[serde(default, deserialize_with = "time_or_null")]
    pub ends_at: Option<Timestamp>,
    #[serde(default)]
    pub discount_id: Option<String>,
    /// The discount of `discount_id`. As `Value`, one of another shape does not make the subscription unreadable.
    #[serde(default)]
    pub discount: Value,
    /// Metered prices beside the fixed price.
    #[serde(default)]
    pub meters: Vec<Value>,
    #[serde(default)]
    pub seats: Option<u64>,
    #[serde(default, deserialize_with = "time_or_null")]
    pub ended_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time_or_null")]
    pub trial_end: Option<Timestamp>,
    #[serde(default)]
    pub amount: Option<i64>,
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub pending_update: Option<PendingUpdate>,
    #[serde(default)]
    pub customer: Option<Customer>,
    #[serde(default)]
    pub product: Option<Product>,
    // As `Value`, a field of another type does not make the subscription unreadable.
    #[serde(default)]
    pub recurring_interval: Value,
    #[serde(default)]
    pub recurring_interval_count: Value,
    /// The checkout that created it.
    #[serde(default)]
    pub checkout_id: Value,
    #[serde(default)]
    pub metadata: Value,
}

impl Subscription {
    /// Returns how often it is billed: its own interval, else the product's. `None` where neither is known.
    pub(super) fn billing_interval(&self) -> Option<BillingInterval> {
        let count = self.recurring_interval_count.as_i64().unwrap_or(1);
        let own = self.recurring_interval.as_str().and_then(|unit| BillingInterval::from_provider(unit, count));
        own.or_else(|| self.product.as_ref()?.billing_interval())
    }

    /// Whether the waiting update changes the product or the seats.
    pub(super) fn has_waiting_change(&self) -> bool {
        let changes = |PendingUpdate { applies_at: _, product_id, seats }: &PendingUpdate| {
            product_id.as_ref().is_some_and(|product| *product != self.product_id)
                || (seats.is_some() && *seats != self.seats)
        };
        self.pending_update.as_ref().is_some_and(changes)
    }
}

/// A change that applies with the next period.
#[derive(Debug, Deserialize)]
pub(super) struct PendingUpdate {
    #[serde(deserialize_with = "time")]
    pub applies_at: Timestamp,
    /// `None` where the product does not change.
    #[serde(default)]
    pub product_id: Option<String>,
    /// `None` where the seats do not change.
    #[serde(default)]
    pub seats: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Product {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub recurring_interval: Option<String>,
    #[serde(default)]
    pub recurring_interval_count: Option<u32>,
    #[serde(default)]
    pub is_archived: bool,
    #[serde(default)]
    pub prices: Vec<Price>,
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

impl Product {
    /// Returns how often it is billed; `None` for a product that is paid once.
    pub(super) fn billing_interval(&self) -> Option<BillingInterval> {
        let count = self.recurring_interval_count.unwrap_or(1);
        BillingInterval::from_provider(self.recurring_interval.as_deref()?, count.into())
    }

    /// Returns a value of the metadata; `None` where it is missing or is not a text.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        self.metadata.get(name)?.as_str()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Price {
    pub id: String,
    #[serde(rename = "price_amount", default)]
    pub amount: Option<i64>,
    #[serde(rename = "price_currency", default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub amount_type: Option<String>,
    #[serde(default)]
    pub is_archived: bool,
    /// Present for a price by seats.
    #[serde(default)]
    pub seat_tiers: Option<SeatTiers>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SeatTiers {
    #[serde(default)]
    pub tiers: Vec<SeatTier>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct SeatTier {
    pub min_seats: u64,
    #[serde(default)]
    pub max_seats: Option<u64>,
    pub price_per_seat: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentMethod {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WebhookEndpoint {
    pub url: String,
    pub secret: String,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("a time is not RFC 3339"))
}

#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub id: String,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub subscription_id: Option<String>,
    #[serde(deserialize_with = "time_or_null")]
    pub created_at: Option<Timestamp>,
    pub status: String,
    pub total_amount: i64,
    #[serde(default)]
    pub discount_amount: Option<i64>,
    #[serde(default)]
    pub tax_amount: Option<i64>,
    pub currency: String,
    #[serde(default)]
    pub due_amount: Option<i64>,
    #[serde(default)]
    pub product_id: Option<String>,
    #[serde(default)]
    pub product: Option<Product>,
    #[serde(default)]
    pub invoice_number: Option<String>,
    /// Before tax.
    #[serde(default)]
    pub net_amount: Option<i64>,
    #[serde(default)]
    pub refundable_amount: Option<i64>,
    #[serde(default)]
    pub refunded_amount: i64,
    #[serde(default)]
    pub refunded_tax_amount: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub status: String,
    pub amount: i64,
    #[serde(default)]
    pub tax_amount: i64,
}

fn time_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    Timestamp::parse_rfc3339(&text).map(Some).ok_or_else(|| D::Error::custom("a time is not RFC 3339"))
}
