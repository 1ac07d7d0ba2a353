//! Stripe, through the async-stripe crates.

mod account;
mod answer;
mod attempt;
mod checkout;
mod checkout_options;
mod client;
mod customer_list;
mod debt;
mod discount;
mod event;
mod invoice;
mod locale;
pub mod merchant;
mod portal;
mod profile;
pub mod setup;
mod subscription;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    catalog::{Catalog, Cycle, Plan},
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
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use stripe_client_core::StripeRequest;
use url::Url;

pub use self::attempt::StripeConfigError;
use self::{
    attempt::Client,
    client::{CallError, within_budget},
};
use super::{
    ChangeStart, Checkout, CheckoutState, CustomerPage, EventPage, InvoiceList, NewCheckout, NewCustomer, NewPortal,
    PaymentProvider, PeriodEnd, ProviderError, ProviderEvent, Refund, SubscriptionAnswer, SubscriptionChange,
    WebhookError,
    account::{CustomerState, Mode, ProviderAccount},
    price_map::{PriceMap, PricePart},
    signature,
};

/// The origins of Stripe's hosted pages.
const HOSTED: [&str; 2] = ["https://checkout.stripe.com", "https://billing.stripe.com"];
const SIGNATURE_HEADER: &str = "stripe-signature";
/// Longest id of an object (Stripe: "Object IDs").
const MAX_ID_CHARS: usize = 255;
/// Start of the year 2000. Earlier times are invalid.
const FIRST_YEAR_SECS: i64 = 946_684_800;
/// Start of the year 3000. This and later times are invalid.
const LAST_YEAR_SECS: i64 = 32_503_680_000;

/// Converts an amount of Stripe's into [`Money`].
fn money(amount: i64, currency: Currency) -> Money {
    Money::from_provider_amount(amount, currency, Provider::Stripe)
}

#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// `STRIPE_SECRET_KEY`.
    pub secret_key: SecretString,
    /// `STRIPE_WEBHOOK_SECRET`: several during a rotation; empty where webhooks are not accepted.
    pub webhook_secrets: Vec<SecretString>,
    /// `STRIPE_PRICE_MAP`; empty before [`Stripe::setup`] has filled the account.
    pub prices: PriceMap,
    /// `STRIPE_API_BASE`: the URL of a stand-in for Stripe's API (crate `sandbox`); `None` for Stripe itself.
    pub api_base: Option<Url>,
    /// `STRIPE_PORTAL_CONFIGURATION`; `None` for the account's default configuration.
    pub portal_configuration: Option<String>,
}

/// Stripe as a [`PaymentProvider`].
///
/// Each call ends within ten seconds. A POST whose outcome is unknown is retried under the same idempotency key.
pub struct Stripe {
    client: Client,
    /// Derived from the key: live keys begin with `sk_live_` or `rk_live_`.
    mode: Mode,
    prices: PriceMap,
    catalog: Arc<Catalog>,
    webhook_secrets: Vec<SecretString>,
    portal_configuration: Option<String>,
    hosted_origins: Vec<String>,
}

impl Stripe {
    pub fn new(config: StripeConfig, catalog: Arc<Catalog>) -> Result<Self, StripeConfigError> {
        let StripeConfig { secret_key, webhook_secrets, prices, api_base, portal_configuration } = config;
        let client = Client::new(&secret_key, api_base.as_ref())?;
        let mode = account::mode_of(&secret_key);
        let hosted_origins = match &api_base {
            Some(base) => vec![base.origin().ascii_serialization()],
            None => HOSTED.map(str::to_owned).to_vec(),
        };
        Ok(Self { client, mode, prices, catalog, webhook_secrets, portal_configuration, hosted_origins })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        request: &(impl StripeRequest + Sync),
        key: Option<String>,
    ) -> Result<T, CallError> {
        client::call(&self.client, request, key).await
    }

    /// Returns the price that sells the plan; [`ProviderError::Rejected`] where `STRIPE_PRICE_MAP` has none.
    fn price(&self, plan: &PlanId, cycle: Cycle) -> Result<&str, ProviderError> {
        self.prices.price(plan, cycle).ok_or_else(|| no_price(plan, cycle, PricePart::Plan))
    }

    /// Returns the price of a seat of the plan; [`ProviderError::Rejected`] where `STRIPE_PRICE_MAP` has none.
    fn seat_price(&self, plan: &PlanId, cycle: Cycle) -> Result<&str, ProviderError> {
        let is_all_seats = self.catalog.plan(plan.as_str()).is_some_and(Plan::is_all_seats);
        // Each price of such a plan sells seats.
        let price = || self.prices.price(plan, cycle).filter(|_| is_all_seats);
        self.prices.seat_price(plan, cycle).or_else(price).ok_or_else(|| no_price(plan, cycle, PricePart::Seat))
    }
}

/// Whether a base URL is Stripe's API and not a stand-in.
pub fn is_stripe(base: &Url) -> bool {
    base.scheme() == "https" && base.host_str() == Some("api.stripe.com")
}

#[derive(Debug, thiserror::Error)]
#[error("STRIPE_PRICE_MAP has no price for {part}{plan} by the {cycle}; `server stripe setup` makes one", cycle = cycle.unit())]
struct NoPrice {
    /// What of the plan has no price, such as "a seat of ".
    part: &'static str,
    plan: PlanId,
    cycle: Cycle,
}

fn no_price(plan: &PlanId, cycle: Cycle, part: PricePart) -> ProviderError {
    let part = match part {
        PricePart::Plan => "",
        PricePart::Seat => "a seat of ",
    };
    let cause = NoPrice { part, plan: plan.clone(), cycle };
    ProviderError::Rejected { reason: cause.to_string(), cause: cause.into() }
}

#[derive(Debug, thiserror::Error)]
#[error("Stripe does not know the subscription {0}")]
struct UnknownSubscription(String);

fn unknown_subscription(id: &str) -> ProviderError {
    ProviderError::UnknownSubscription(UnknownSubscription(id.chars().take(MAX_ID_CHARS).collect()).into())
}

/// Whether a text is safe as an id in a request's path. Ids come from return URLs and webhooks, too.
///
/// Merchants choose the ids of products and plans, such as `gold-monthly`. Dot segments (`..`) would change the path.
fn is_object_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_ID_CHARS).contains(&text.len())
        && text.bytes().all(is_plain)
        && !text.starts_with('.')
        && !text.contains("..")
}

/// Whether a time, in seconds, is within the valid years.
fn is_valid_time(secs: i64) -> bool {
    (FIRST_YEAR_SECS..LAST_YEAR_SECS).contains(&secs)
}

/// Validates an id of a response before it is stored or put into a path.
fn read_id(id: String) -> Result<String, ProviderError> {
    #[derive(Debug, thiserror::Error)]
    #[error("Stripe returned an invalid id")]
    struct NoId;
    if is_object_id(&id) { Ok(id) } else { Err(ProviderError::Decode(NoId.into())) }
}

/// Whether a text can be a cursor, which is an id. Allows more characters than [`is_object_id`]: a cursor is only put
/// into query strings, which escape them.
fn is_cursor(text: &str) -> bool {
    (1..=MAX_ID_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn name(&self) -> Option<Provider> {
        Some(Provider::Stripe)
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
        within_budget(self.new_customer(new)).await
    }

    async fn find_discount(
        &self,
        discount: &CheckoutDiscount,
        customer: &str,
    ) -> Result<CheckoutDiscount, ProviderError> {
        within_budget(self.discount(discount, customer)).await
    }

    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        // Boxed: the future of this large request type is large.
        within_budget(Box::pin(self.new_checkout(new))).await
    }

    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        within_budget(self.checkout(session_id)).await
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        within_budget(self.expire(session_id)).await
    }

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        within_budget(self.new_portal(new)).await
    }

    async fn preview_change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError> {
        within_budget(self.preview(subscription, plan, cycle)).await
    }

    async fn preview_recurring(&self, subscription: &str, plan: &PlanId, cycle: Cycle) -> Result<Money, ProviderError> {
        within_budget(self.recurring(subscription, plan, cycle)).await
    }

    async fn preview_subscription_change(&self, change: &SubscriptionChange) -> Result<ChangePreview, ProviderError> {
        within_budget(Box::pin(self.preview_seats(change))).await
    }

    async fn change_subscription(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        attempt: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        within_budget(Box::pin(self.change_directly(change, start, attempt))).await
    }

    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        within_budget(self.request_subscription(id)).await
    }

    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        within_budget(self.request_subscriptions(customer)).await
    }

    async fn list_customers(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        within_budget(self.customer_page(after)).await
    }

    async fn read_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        within_budget(self.read_only_subscriptions(customer)).await
    }

    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError> {
        within_budget(self.cancel(id)).await
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
        within_budget(self.invoices(list)).await
    }

    async fn fetch_billing_profile(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<BillingProfile, ProviderError> {
        within_budget(self.profile(customer, subscription)).await
    }

    async fn preview_next_invoice(
        &self,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<UpcomingInvoice>, ProviderError> {
        within_budget(self.next_invoice(customer, subscription)).await
    }

    /// Always `None`: Stripe reports the newest invoice with the subscription.
    async fn fetch_payment(&self, _: &str, _: Timestamp) -> Result<Option<LastInvoice>, ProviderError> {
        Ok(None)
    }

    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError> {
        within_budget(self.events(since, after)).await
    }

    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError> {
        let mut signatures = headers.get_all(SIGNATURE_HEADER).iter();
        let (Some(signature), None) = (signatures.next(), signatures.next()) else {
            return Err(WebhookError::Malformed);
        };
        let signature = signature.to_str().map_err(|_| WebhookError::Malformed)?;
        signature::verify(signature, body, &self.webhook_secrets, now)?;
        event::read(body).map(|event| vec![event])
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("price_1", true, true)]
    #[case("gold-monthly", true, true)]
    #[case("gold.monthly", true, true)]
    #[case("", false, false)]
    #[case("gold monthly", false, false)]
    #[case("gold/monthly", false, true)]
    #[case("gold?x", false, true)]
    #[case("gold#x", false, true)]
    #[case("gold%2fx", false, true)]
    #[case("..", false, true)]
    #[case(".", false, true)]
    #[case("a..b", false, true)]
    fn a_merchants_id_is_accepted_only_if_it_is_safe_in_a_path(
        #[case] text: &str,
        #[case] in_path: bool,
        #[case] in_query: bool,
    ) {
        assert_eq!((is_object_id(text), is_cursor(text)), (in_path, in_query));
    }

    #[test]
    fn an_id_has_a_maximum_length() {
        let (longest, longer) = ("a".repeat(MAX_ID_CHARS), "a".repeat(MAX_ID_CHARS + 1));
        assert_eq!((is_object_id(&longest), is_object_id(&longer)), (true, false));
        assert_eq!((is_cursor(&longest), is_cursor(&longer)), (true, false));
    }
}
