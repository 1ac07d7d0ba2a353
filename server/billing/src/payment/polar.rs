//! Polar as a payment provider, over HTTP: there is no maintained SDK for Rust.
//!
//! Polar has no idempotency keys, so objects are looked up before they are created. A customer is found by its external
//! id, which is the tenant's id and unique at Polar. A checkout is found by the attempt's id in its metadata. The
//! services start one checkout per tenant at a time, so no concurrent call creates the same checkout between look-up
//! and creation.

mod account;
mod answer;
mod checkout;
mod client;
mod customer;
mod customer_list;
mod event;
pub mod merchant;
mod order;
mod profile;
mod refund;
mod seats;
pub mod setup;
mod subscription;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    catalog::{Catalog, Cycle},
    ids::{CheckoutAttemptId, PlanId},
    money::{Currency, Money},
    subscription::{
        LastInvoice, Provider,
        billing_profile::BillingProfile,
        checkout_options::CheckoutDiscount,
        invoice::{InvoicePage, UpcomingInvoice},
    },
    time::Timestamp,
    wire::ChangePreview,
};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

pub use self::client::PolarConfigError;
use self::client::{Client, within_budget};
use super::{
    ChangeStart, Checkout, CheckoutState, CustomerPage, EventPage, InvoiceList, NewCheckout, NewCustomer, NewPortal,
    PaymentProvider, PeriodEnd, ProviderError, ProviderEvent, Refund, SubscriptionAnswer, SubscriptionChange,
    WebhookError,
    account::{CustomerState, Mode, ProviderAccount},
    price_map::PriceMap,
};

/// The hosts of Polar's API: production and Polar's sandbox.
const API_HOSTS: [&str; 2] = [PRODUCTION_HOST, "sandbox-api.polar.sh"];
const PRODUCTION_HOST: &str = "api.polar.sh";
const API: &str = "https://api.polar.sh";
/// The origins of Polar's hosted pages.
const HOSTED: [&str; 4] =
    ["https://polar.sh", "https://buy.polar.sh", "https://checkout.polar.sh", "https://sandbox.polar.sh"];
const MAX_ID_CHARS: usize = 255;

/// Converts an amount of Polar's into [`Money`].
fn money(amount: i64, currency: Currency) -> Money {
    Money::from_provider_amount(amount, currency, Provider::Polar)
}

#[derive(Clone, Debug)]
pub struct PolarConfig {
    /// `POLAR_API_KEY`.
    pub api_key: SecretString,
    /// `POLAR_ORGANIZATION_ID`: for a key that opens several organizations. An organization access token
    /// (`polar_oat_…`) opens only one.
    pub organization: Option<String>,
    /// `POLAR_WEBHOOK_SECRET`: several during a rotation; empty where webhooks are not accepted.
    pub webhook_secrets: Vec<SecretString>,
    /// `POLAR_PRODUCT_MAP`.
    pub products: PriceMap,
    /// `POLAR_API_BASE`: the URL of Polar's sandbox, or of a stand-in for Polar's API (crate `sandbox`); `None` for
    /// Polar's production API.
    pub api_base: Option<Url>,
}

/// Polar as a [`PaymentProvider`]. Each call ends within ten seconds.
///
/// Polar can't expire checkouts or preview changes: both are [`ProviderError::Unsupported`]. Its portal has no flows
/// and opens on its home page.
pub struct Polar {
    client: Client,
    /// Live at Polar's production API; test at its sandbox and at a stand-in.
    mode: Mode,
    organization: Option<String>,
    products: PriceMap,
    catalog: Arc<Catalog>,
    webhook_secrets: Vec<SecretString>,
    hosted_origins: Vec<String>,
}

impl Polar {
    pub fn new(config: PolarConfig, catalog: Arc<Catalog>) -> Result<Self, PolarConfigError> {
        let PolarConfig { api_key, organization, webhook_secrets, products, api_base } = config;
        let organization = named_organization(organization, &api_key);
        let hosted_origins = match &api_base {
            Some(base) if !is_polar(base) => vec![base.origin().ascii_serialization()],
            _ => HOSTED.map(str::to_owned).to_vec(),
        };
        let mode = mode_at(api_base.as_ref());
        let client = Client::new(&api_key, api_base.as_ref().map_or(API, Url::as_str))?;
        Ok(Self { client, mode, organization, products, catalog, webhook_secrets, hosted_origins })
    }

    /// Returns the product that sells the plan, or its seats; [`ProviderError::Rejected`] where `POLAR_PRODUCT_MAP` has
    /// none.
    fn product(&self, plan: &PlanId, cycle: Cycle) -> Result<&str, ProviderError> {
        self.products.price(plan, cycle).or_else(|| self.products.seat_price(plan, cycle)).ok_or_else(|| {
            let cause = NoProduct { plan: plan.clone(), cycle };
            ProviderError::Rejected { reason: cause.to_string(), cause: cause.into() }
        })
    }
}

/// Returns `None` for an organization access token: Polar rejects requests that also name an organization.
fn named_organization(organization: Option<String>, key: &SecretString) -> Option<String> {
    organization.filter(|_| !key.expose_secret().starts_with("polar_oat_"))
}

/// Adds the organization to a request's body, for keys that open several.
fn in_organization(mut body: Value, organization: Option<&str>) -> Value {
    if let (Some(fields), Some(organization)) = (body.as_object_mut(), organization) {
        fields.insert("organization_id".to_owned(), organization.into());
    }
    body
}

/// Whether a base URL is Polar's API and not a stand-in.
pub fn is_polar(base: &Url) -> bool {
    base.scheme() == "https" && base.host_str().is_some_and(|host| API_HOSTS.contains(&host))
}

fn mode_at(base: Option<&Url>) -> Mode {
    let is_production = base.is_none_or(|base| base.scheme() == "https" && base.host_str() == Some(PRODUCTION_HOST));
    if is_production { Mode::Live } else { Mode::Test }
}

#[derive(Debug, thiserror::Error)]
#[error("POLAR_PRODUCT_MAP has no product for {plan} by the {cycle}; `server polar setup` makes one", cycle = cycle.unit())]
struct NoProduct {
    plan: PlanId,
    cycle: Cycle,
}

#[derive(Debug, thiserror::Error)]
#[error("Polar does not know the subscription {0}")]
struct UnknownSubscription(String);

fn unknown_subscription(id: &str) -> ProviderError {
    ProviderError::UnknownSubscription(UnknownSubscription(id.chars().take(MAX_ID_CHARS).collect()).into())
}

/// Whether a text is an id of Polar's, a UUID, and so safe in a request's path. Ids come from return URLs and webhooks,
/// too.
fn is_object_id(text: &str) -> bool {
    (1..=MAX_ID_CHARS).contains(&text.len()) && uuid::Uuid::try_parse(text).is_ok()
}

/// Validates an id of a response before it is stored or put into a path.
fn read_id(id: String) -> Result<String, ProviderError> {
    #[derive(Debug, thiserror::Error)]
    #[error("Polar returned an invalid id")]
    struct NoId;
    if is_object_id(&id) { Ok(id) } else { Err(ProviderError::Decode(NoId.into())) }
}

#[async_trait]
impl PaymentProvider for Polar {
    fn name(&self) -> Option<Provider> {
        Some(Provider::Polar)
    }

    fn hosted_origins(&self) -> Vec<String> {
        self.hosted_origins.clone()
    }

    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError> {
        within_budget(self.account()).await
    }

    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        within_budget(self.customer(id)).await
    }

    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        within_budget(self.find_or_create_customer(new)).await
    }

    async fn find_discount(&self, discount: &CheckoutDiscount, _: &str) -> Result<CheckoutDiscount, ProviderError> {
        within_budget(self.discount(discount)).await
    }

    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        within_budget(self.find_or_create_checkout(new)).await
    }

    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        within_budget(self.checkout(session_id)).await
    }

    async fn expire_checkout(&self, _: &str) -> Result<Option<CheckoutState>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        within_budget(self.portal(new)).await
    }

    async fn preview_recurring(&self, _: &str, _: &PlanId, _: Cycle) -> Result<Money, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_change(&self, _: &str, _: &PlanId, _: Cycle) -> Result<ChangePreview, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn preview_subscription_change(&self, _: &SubscriptionChange) -> Result<ChangePreview, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    /// Changes the seats. Another product is `Unsupported`: Polar's portal changes it.
    async fn change_subscription(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        _: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        within_budget(self.change_seats(change, start)).await
    }

    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        within_budget(self.subscription(id)).await
    }

    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        within_budget(self.subscriptions(customer)).await
    }

    async fn list_customers(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        within_budget(self.customer_page(after)).await
    }

    /// Polar previews no payments: all calls are reads.
    async fn read_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        within_budget(self.subscriptions(customer)).await
    }

    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError> {
        within_budget(self.revoke(id)).await
    }

    async fn set_cancel_at_period_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
        within_budget(self.set_end(id, end)).await
    }

    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError> {
        within_budget(self.drop_pending(id)).await
    }

    async fn refund_latest(&self, subscription: &str, other_started_at: Timestamp) -> Result<Refund, ProviderError> {
        within_budget(self.refund(subscription, other_started_at)).await
    }

    async fn list_invoices(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        within_budget(self.orders(list)).await
    }

    async fn fetch_billing_profile(&self, customer: &str, _: Option<&str>) -> Result<BillingProfile, ProviderError> {
        within_budget(self.profile(customer)).await
    }

    async fn preview_next_invoice(&self, _: &str, _: &str) -> Result<Option<UpcomingInvoice>, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    async fn fetch_payment(&self, subscription: &str, since: Timestamp) -> Result<Option<LastInvoice>, ProviderError> {
        within_budget(self.payment(subscription, since)).await
    }

    async fn list_events(&self, _: Timestamp, _: Option<&str>) -> Result<EventPage, ProviderError> {
        Err(ProviderError::Unsupported)
    }

    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError> {
        let id = event::verify(headers, body, &self.webhook_secrets, now)?;
        event::read(id, body).map(|event| vec![event])
    }
}
