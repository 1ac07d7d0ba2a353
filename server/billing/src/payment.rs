//! Payment providers behind one trait, [`PaymentProvider`]: Stripe, Polar, or none.

pub mod account;
mod address;
mod bounded;
mod capabilities;
mod checkout_session;
mod customer_page;
mod error;
mod event_field;
pub mod merchant;
pub mod none;
pub mod polar;
pub mod price_map;
mod provider_call;
mod provider_message;
pub mod signature;
pub mod stripe;
mod subscription_answer;
pub mod tenant_account;

use async_trait::async_trait;
use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId, TenantId},
    money::Money,
    subscription::{
        LastInvoice, Provider,
        billing_profile::BillingProfile,
        cancellation::CancellationReason,
        checkout_options::CheckoutDiscount,
        invoice::{InvoicePage, UpcomingInvoice},
    },
    time::Timestamp,
    wire::ChangePreview,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use url::Url;

use self::{
    account::{CustomerState, ProviderAccount},
    error::{invalid_discount, unchargeable},
    subscription_answer::select_by_id,
};
pub use self::{
    capabilities::{CheckoutTaxes, ProviderCapabilities},
    checkout_session::{Checkout, CheckoutProgress, CheckoutState, NewCheckout},
    customer_page::{CustomerPage, ListedCustomer},
    error::{
        AnotherObject, Cause, InvalidInputField, KeyRefused, MissingObject, NotRefunded, ProviderError, TooManyRequests,
    },
    subscription_answer::{
        Debt, FetchedPaymentMethod, FetchedSubscription, SubscriptionAnswer, UnreadableSubscription, UnsoldItem,
    },
};

/// What a provider's customer is created from.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    pub tenant: TenantId,
    /// The id of the deleted customer that the new customer replaces; `None` for the tenant's first customer.
    pub replaced_customer: Option<String>,
    pub name: String,
    pub email: String,
}

/// What happens at the end of a subscription's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodEnd<'a> {
    /// The subscription ends. The provider stores the customer's reason.
    Cancels(&'a CancellationReason),
    Renews,
}

impl PeriodEnd<'_> {
    pub(crate) const fn cancels(self) -> bool {
        matches!(self, Self::Cancels(_))
    }
}

/// What a live subscription is changed to, without a page of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionChange {
    /// The provider's id.
    pub subscription: String,
    /// The current plan and cycle where only the seats change: their prices then stay as they were bought.
    pub plan: PlanId,
    pub cycle: Cycle,
    /// All seats, those included in the plan's price too; `None` for a plan without seats.
    pub seats: Option<u64>,
}

/// When a change of a subscription takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeStart {
    /// At once. The difference for the rest of the period is charged; where the payment is declined, nothing changes.
    Now,
    /// With the next period, without a charge now.
    NextPeriod,
}

/// The page on which the billing portal opens.
#[derive(Clone, Debug)]
pub enum PortalFlow {
    Home,
    /// Confirm one change of plan.
    ConfirmChange {
        subscription: String,
        plan: PlanId,
        cycle: Cycle,
    },
    Cancel {
        subscription: String,
    },
    UpdateCard,
}

#[derive(Clone, Debug)]
pub struct NewPortal {
    pub customer: String,
    pub flow: PortalFlow,
    /// Target of the portal's "back" link. Following the link changes nothing.
    pub return_url: String,
    /// Target of the redirect after the flow is completed.
    pub done_url: String,
    /// The tag of the page's language (BCP 47), where the provider has it; `None` for the browser's.
    pub locale: Option<String>,
}

/// A verified webhook event. It says what to fetch; its content is never taken as the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// Unique at the provider.
    pub id: String,
    pub kind: String,
    pub subject: EventSubject,
    /// The customer that the event names. It only selects whose state is fetched.
    pub customer: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum EventSubject {
    Subscription {
        id: String,
    },
    CheckoutSession {
        id: String,
    },
    Customer {
        id: String,
    },
    /// Nothing that Dues acts on: stored and acknowledged with 200.
    Other,
}

/// A page of a provider's list of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    pub events: Vec<ProviderEvent>,
    /// When the newest event of the page was created; `None` for an empty page.
    pub newest_at: Option<Timestamp>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

/// A page of a customer's invoices to list.
#[derive(Clone, Copy, Debug)]
pub struct InvoiceList<'a> {
    pub customer: &'a str,
    /// Maximum number of invoices on the page, at most 100.
    pub limit: u8,
    /// [`InvoicePage::newer`] or [`InvoicePage::older`] of another page; `None` for the newest invoices.
    pub cursor: Option<&'a str>,
}

impl<'a> InvoiceList<'a> {
    /// Returns the list of a customer's newest invoices: two years of monthly ones.
    pub const fn newest(customer: &'a str) -> Self {
        Self { customer, limit: Self::PAGE, cursor: None }
    }

    /// The number of invoices on a page for people.
    pub const PAGE: u8 = 24;
    /// The number of invoices that a provider returns at most in one response.
    pub const WHOLE: u8 = 100;
}

/// The outcome of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    NothingPaid,
    Returned(Money),
}

/// Why a webhook is rejected. The HTTP response distinguishes only [`WebhookError::NotAnEvent`], a signed body that is
/// invalid. It reports every other variant as an invalid signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("no secret is configured for this provider's webhooks")]
    NotConfigured,
    #[error("the signature header is missing or malformed")]
    Malformed,
    #[error("the signature's time is more than five minutes from now")]
    Stale,
    #[error("no signature matches")]
    Mismatch,
    #[error("the signed body is no event")]
    NotAnEvent,
}

/// A payment provider. Object safe. `tests/payment_contract` tests Stripe and Polar against one contract.
///
/// No method has a default body. A provider returns [`ProviderError::Unsupported`] for what it lacks, and a wrapper
/// that forgets to delegate a call does not compile.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Returns which provider this is; `None` where none is configured.
    fn name(&self) -> Option<Provider>;

    /// The origins that a form may redirect to, for the pages' Content-Security-Policy.
    fn hosted_origins(&self) -> Vec<String>;

    /// Returns the account that the key opens. [`ProviderError::Rejected`] where the key lacks the permission.
    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError>;

    /// Returns whether the customer exists, was deleted, or is unknown to the account.
    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError>;

    /// Creates the tenant's customer and returns its id. Idempotent by tenant: concurrent calls create one customer.
    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError>;

    /// Returns a discount with the id by which the provider knows it, for [`Self::create_checkout`].
    /// [`ProviderError::InvalidInput`] for a promotion code that `customer` can't redeem. A coupon may be returned
    /// unchecked: then [`Self::create_checkout`] rejects an unknown one.
    async fn find_discount(
        &self,
        discount: &CheckoutDiscount,
        customer: &str,
    ) -> Result<CheckoutDiscount, ProviderError>;

    /// Creates a hosted checkout session. Idempotent by attempt. [`ProviderError::InvalidInput`] for a discount that
    /// can't be redeemed.
    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError>;

    /// Returns the state of a checkout session; `None` where the provider does not know it.
    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError>;

    /// Expires an open session and returns its state afterwards: the session may have been paid in the meantime. `None`
    /// where the provider does not know the session. `Unsupported` where the provider can't expire sessions.
    async fn expire_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError>;

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError>;

    /// Returns what a change of plan would cost now, with the current quantity and discounts. `Unsupported` where only
    /// the provider's portal shows it.
    async fn preview_change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError>;

    /// Returns the price of a cycle after a change of plan, with the current quantity. `Unsupported` where a discount
    /// applies, or where the provider's API does not report the price.
    async fn preview_recurring(&self, subscription: &str, plan: &PlanId, cycle: Cycle) -> Result<Money, ProviderError>;

    /// Returns what a [`ChangeStart::Now`] would cost, with the recurring amount after it unless a discount applies.
    /// `Unsupported` where the provider's API does not estimate it.
    async fn preview_subscription_change(&self, change: &SubscriptionChange) -> Result<ChangePreview, ProviderError>;

    /// Changes plan, cycle and seats of a live subscription. Replaces a change that waits for the next period. Idempotent
    /// by `attempt`. `Unsupported` where the provider's API can't make this change; [`ProviderError::Rejected`] where the
    /// payment is declined, with nothing changed.
    async fn change_subscription(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        attempt: &CheckoutAttemptId,
    ) -> Result<(), ProviderError>;

    /// Returns a subscription; `None` where the provider does not know it. `None` does not mean that the subscription
    /// ended.
    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError>;

    /// Lists all subscriptions of a customer, in any state, newest first. [`ProviderError::UnknownCustomer`] where the
    /// provider does not know the customer. A subscription that can't be decoded is listed as
    /// [`SubscriptionAnswer::Unreadable`].
    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError>;

    /// Lists a page of at most 100 of the account's customers, in an order that new customers do not disturb. `after` is
    /// the previous page's [`CustomerPage::next`]; `None` for the first page. Makes one call, which changes nothing.
    async fn list_customers(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError>;

    /// Lists all subscriptions of a customer as [`Self::list_subscriptions`] does, without the next payment. Every call
    /// only reads: a GET.
    async fn read_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError>;

    /// Cancels a subscription immediately. Idempotent; an unknown subscription is an error.
    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError>;

    /// Sets or clears a subscription's cancellation at the end of the period. Idempotent: a subscription that ends
    /// already keeps the reason that it has. A call that changes the cancellation at Stripe also drops a pending change
    /// of plan.
    async fn set_cancel_at_period_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError>;

    /// Drops the pending change of plan or seats. No-op where none is pending.
    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError>;

    /// Refunds the latest payment of a subscription in full. Idempotent.
    ///
    /// `other_started_at` is when the tenant's other subscription began, by the provider's clock. For a payment made
    /// more than a day (`DUPLICATE_WINDOW_SECS`) before that time, the call fails with [`ProviderError::Rejected`]. If
    /// the provider reports that the paid period had ended by that time, it returns [`Refund::NothingPaid`] instead.
    async fn refund_latest(&self, subscription: &str, other_started_at: Timestamp) -> Result<Refund, ProviderError>;

    /// Lists a page of a customer's invoices without drafts, newest first. [`ProviderError::UnknownCustomer`] where the
    /// provider does not know the customer, and [`ProviderError::InvalidInput`] for a cursor that is none.
    async fn list_invoices(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError>;

    /// Returns how a customer pays and where their invoices go. With `subscription`, the payment method is the one that
    /// pays this subscription. A deleted customer has an empty profile. [`ProviderError::UnknownCustomer`] where the
    /// provider does not know the customer.
    async fn fetch_billing_profile(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<BillingProfile, ProviderError>;

    /// Returns the next invoice of a customer's subscription; `None` where the provider will issue none. `Unsupported`
    /// where the provider previews no invoices.
    async fn preview_next_invoice(
        &self,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<UpcomingInvoice>, ProviderError>;

    /// Returns a subscription's newest paid invoice that was created at `since` or later; `None` without such an
    /// invoice. Always `None` where the provider reports the newest invoice with the subscription (Stripe).
    async fn fetch_payment(&self, subscription: &str, since: Timestamp) -> Result<Option<LastInvoice>, ProviderError>;

    /// Returns a page of the events since `since` (the provider's clock), newest first. `after` is the previous page's
    /// [`EventPage::next`]; `None` for the first page.
    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError>;

    /// Verifies a webhook's signature and parses its events: unverified events can't exist. `now` is wall time.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError>;
}
