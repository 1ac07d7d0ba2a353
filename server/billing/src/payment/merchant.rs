//! White-label: the API of a tenant's own account at a provider, with which the tenant bills its customers.

use async_trait::async_trait;
use domain::{
    money::{Currency, Money},
    subscription::Provider,
    time::Timestamp,
};
use secrecy::SecretString;
use url::Url;

use super::{InvalidInputField, ProviderError};

/// The credentials of a tenant's account at its provider.
#[derive(Clone, Debug)]
pub struct MerchantCredentials {
    pub api_key: SecretString,
    /// The organization's id, for a Polar key that opens several organizations. A Stripe key opens one account.
    pub organization: Option<String>,
}

/// The requested page of a list.
#[derive(Clone, Debug)]
pub struct PageParams {
    /// 1 to 100.
    pub limit: u32,
    /// The [`Page::next`] of the previous page; `None` for the first.
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Cursor of the next page; `None` on the last.
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
    /// Minor units; `None` where the payer chooses the amount, or the price is metered.
    pub amount_minor: Option<i64>,
    /// Lower-case ISO 4217 code, such as `usd`.
    pub currency: String,
    /// `day`, `week`, `month` or `year`; `None` for a one-time price.
    pub interval: Option<String>,
    /// Number of intervals in a cycle: 3 with `month` is every three months.
    pub interval_count: u32,
}

#[derive(Clone, Debug)]
pub struct NewMerchantProduct {
    pub name: String,
    pub description: Option<String>,
    pub prices: Vec<NewMerchantPrice>,
    /// Makes the call idempotent: Stripe's idempotency keys derive from it, and at Polar the product is found by it.
    /// `None` where the caller sent no idempotency key.
    pub attempt: Option<String>,
}

/// The intervals of a recurring price.
pub const INTERVALS: [&str; 4] = ["day", "week", "month", "year"];

#[derive(Clone, Debug)]
pub struct NewMerchantPrice {
    pub amount_minor: i64,
    pub currency: String,
    pub interval: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewMerchantCheckout {
    /// The id of a price, or of a product.
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
    /// `None` where the provider reports no email address.
    pub customer_email: Option<String>,
    /// The provider's name of the status.
    pub status: String,
    pub period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    /// The name of the product.
    pub product: String,
}

/// Converts an API amount into the provider's units. An amount in an unknown currency stays as it is: the provider
/// rejects the currency.
pub(super) fn to_provider_amount(minor: i64, currency: &str, provider: Provider) -> Result<i64, ProviderError> {
    match currency.parse::<Currency>() {
        Ok(currency) => Money::new(minor, currency).to_provider_amount(provider).map_err(|cause| {
            ProviderError::InvalidInput { field: InvalidInputField::Prices, reason: cause.to_string() }
        }),
        Err(_) => Ok(minor),
    }
}

/// Converts a provider's amount into the API's minor units. An amount in an unknown currency stays as it is.
pub(super) fn from_provider_amount(amount: i64, currency: &str, provider: Provider) -> i64 {
    currency.parse().map_or(amount, |currency| Money::from_provider_amount(amount, currency, provider).minor)
}

/// When a canceled subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancellationTiming {
    /// At the end of the paid period.
    AtPeriodEnd,
    Immediately,
}

/// The calls that the white-label feature makes to a tenant's own account at its provider. Object safe.
///
/// A rejection holds the provider's message with the tenant's API key removed. An unknown price or cursor is
/// [`ProviderError::InvalidInput`].
#[async_trait]
pub trait MerchantApi: Send + Sync {
    async fn list_products(&self, params: &PageParams) -> Result<Page<MerchantProduct>, ProviderError>;

    async fn create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError>;

    async fn create_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError>;

    async fn list_customers(&self, params: &PageParams) -> Result<Page<MerchantCustomer>, ProviderError>;

    /// Lists a customer's active and trialing subscriptions; `None` where the provider does not know the customer.
    async fn active_subscriptions(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError>;

    async fn list_subscriptions(&self, params: &PageParams) -> Result<Page<MerchantSubscription>, ProviderError>;

    /// Cancels a subscription and returns its state afterwards. Idempotent; `None` where the provider does not know it.
    async fn end_subscription(
        &self,
        id: &str,
        end: CancellationTiming,
    ) -> Result<Option<MerchantSubscription>, ProviderError>;
}
