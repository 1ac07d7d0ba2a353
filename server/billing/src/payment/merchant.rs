//! A tenant's own account at a provider, with which it bills its own customers: white-label.

use async_trait::async_trait;
use domain::{
    money::{Currency, Money},
    subscription::Provider,
    time::Timestamp,
};
use secrecy::SecretString;
use url::Url;

use super::{Asked, ProviderError};

/// Who a tenant is at its provider.
#[derive(Clone, Debug)]
pub struct MerchantCredentials {
    pub api_key: SecretString,
    /// For a key that opens several; Stripe's open one each.
    pub organization: Option<String>,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageWish {
    /// 1 to 100.
    pub limit: u32,
    /// What [`Page::next`] said; `None` for the beginning.
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantProduct {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub prices: Vec<MerchantPrice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantPrice {
    pub id: String,
    /// Minor units; `None` where the payer says, or use decides.
    pub amount_minor: Option<i64>,
    /// Lower case, as `usd`.
    pub currency: String,
    /// `month`, `year`; `None` for what is paid once.
    pub interval: Option<String>,
    /// How many of them: 3 where it is paid every three months.
    pub interval_count: u32,
}

#[derive(Clone, Debug)]
pub struct NewMerchantProduct {
    pub name: String,
    pub description: Option<String>,
    pub prices: Vec<NewMerchantPrice>,
    /// The same attempt asked twice is one product: Stripe's idempotency keys are made from it, and at Polar a product is found
    /// by it again. `None` where nobody could ask twice and be known.
    pub attempt: Option<String>,
}

/// How often a price can be paid.
pub const INTERVALS: [&str; 4] = ["day", "week", "month", "year"];

#[derive(Clone, Debug)]
pub struct NewMerchantPrice {
    pub amount_minor: i64,
    pub currency: String,
    pub interval: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewMerchantCheckout {
    /// Of a price, or of the product that has it.
    pub price: String,
    pub customer_email: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantCheckout {
    pub id: String,
    pub url: Url,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantCustomer {
    pub id: String,
    pub email: String,
    pub name: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantSubscription {
    pub id: String,
    pub customer: String,
    /// `None` where the provider knows none.
    pub customer_email: Option<String>,
    /// In the provider's word.
    pub status: String,
    pub period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    /// The product's name.
    pub product: String,
}

/// An amount of the API's in the provider's units. A currency that Dues does not know is the provider's to refuse.
pub(super) fn charged_amount(minor: i64, currency: &str, provider: Provider) -> Result<i64, ProviderError> {
    match currency.parse::<Currency>() {
        Ok(currency) => Money::new(minor, currency)
            .to_provider_amount(provider)
            .map_err(|cause| ProviderError::Mistaken { asked: Asked::Prices, reason: cause.to_string() }),
        Err(_) => Ok(minor),
    }
}

/// An amount of the provider's in the units of the API.
pub(super) fn told_amount(amount: i64, currency: &str, provider: Provider) -> i64 {
    currency.parse().map_or(amount, |currency| Money::from_provider_amount(amount, currency, provider).minor)
}

/// When a subscription is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantEnd {
    /// When what is paid for is over.
    AtPeriodEnd,
    Immediately,
}

/// What white-label asks of a tenant's own account. Object safe. A refusal is told in the provider's words, and never quotes
/// the key; a price or a cursor that leads nowhere is [`ProviderError::Mistaken`].
#[async_trait]
pub trait MerchantApi: Send + Sync {
    async fn list_products(&self, wish: &PageWish) -> Result<Page<MerchantProduct>, ProviderError>;

    async fn create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError>;

    async fn create_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError>;

    async fn list_customers(&self, wish: &PageWish) -> Result<Page<MerchantCustomer>, ProviderError>;

    /// The subscriptions of a customer that are active; `None` when the provider does not know her.
    async fn active_subscriptions(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError>;

    async fn list_subscriptions(&self, wish: &PageWish) -> Result<Page<MerchantSubscription>, ProviderError>;

    /// Answers how it stands afterwards; `None` when the provider does not know it. One that ends already is no error.
    async fn end_subscription(&self, id: &str, end: MerchantEnd)
    -> Result<Option<MerchantSubscription>, ProviderError>;
}
