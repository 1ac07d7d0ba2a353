//! Payment providers behind one trait: what Dues asks of whoever takes the money.

pub mod account;
mod bounded;
pub mod merchant;
pub mod none;
pub mod polar;
pub mod price_map;
pub mod signature;
pub mod stripe;
mod subscription_answer;
mod words;

use async_trait::async_trait;
use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId, TenantId},
    invoice::Invoice,
    money::{Money, Unchargeable},
    subscription::{BillingDetails, PendingChange, Provider, ProviderStatus},
    time::Timestamp,
    wire::ChangePreview,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::subscription_answer::{OddSubscription, SubscriptionAnswer, Unsold};
use self::{
    account::{CustomerState, KeyRefused, MissingObject, ProviderAccount},
    subscription_answer::of_id,
};

/// What went wrong at a provider, told so that the caller knows whether to try again.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer, a timeout, a 429 or a 5xx: the outcome is unknown; repeat with the same idempotency key.
    #[error("the payment provider does not answer")]
    Unavailable(#[source] Cause),
    /// The provider does not know the customer. It may be deleted there, or the key may open another account:
    /// [`PaymentProvider::fetch_customer`] tells.
    #[error("the payment provider does not know the customer")]
    UnknownCustomer(#[source] Cause),
    /// The provider does not know the subscription. This is no end: the key may open another account.
    #[error("the payment provider does not know the subscription")]
    UnknownSubscription(#[source] Cause),
    /// Nothing was asked: the key is not known to open the account in which Dues' customers are.
    #[error("{reason}")]
    AccountChanged { provider: Provider, reason: String },
    /// The provider understood and said no; repeating will not help. The reason is the provider's own words.
    #[error("the payment provider refused: {reason}")]
    Rejected {
        reason: String,
        #[source]
        cause: Cause,
    },
    /// What was asked for can't be: whoever asked has to ask for something else.
    #[error("{reason}")]
    Mistaken { asked: Asked, reason: String },
    /// No such thing can be done here: no provider is configured, or it has no such feature.
    #[error("no payment provider is configured for this")]
    Unsupported,
    /// The provider's answer can't be understood.
    #[error("the payment provider's answer can't be understood")]
    Decode(#[source] Cause),
}

pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What of a question a caller got wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The price or product to sell.
    Price,
    /// The prices of a new product.
    Prices,
    /// Where a list is to go on.
    Cursor,
}

/// The cause of [`ProviderError::Unavailable`] where the provider is there, and takes no more requests for the moment: a 429.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider takes no more requests for the moment")]
pub struct TooManyRequests(#[source] pub Cause);

impl ProviderError {
    /// Whether it was asked too often.
    pub fn is_too_many_requests(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if cause.is::<TooManyRequests>())
    }

    /// Whether a key of another account would explain it: the provider does not accept the key, does not know what Dues knows, or
    /// answers about something else.
    pub fn is_unexpected(&self) -> bool {
        match self {
            Self::UnknownCustomer(_) | Self::UnknownSubscription(_) => true,
            Self::Rejected { cause, .. } => cause.is::<KeyRefused>() || cause.is::<MissingObject>(),
            Self::Decode(cause) => cause.is::<AnotherObject>(),
            _ => false,
        }
    }
}

/// The cause of [`ProviderError::Decode`] where the answer is about another object, or of another customer, than was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider answered about another {0} than was asked for")]
pub struct AnotherObject(pub &'static str);

impl From<AnotherObject> for ProviderError {
    fn from(cause: AnotherObject) -> Self {
        Self::Decode(cause.into())
    }
}

/// What a provider can't charge, as an answer to whoever asked for it.
fn unchargeable(cause: Unchargeable) -> ProviderError {
    ProviderError::Rejected { reason: cause.to_string(), cause: cause.into() }
}

/// Who pays: what a provider's customer is made from.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    pub tenant: TenantId,
    /// The customer that was deleted at the provider and is to be replaced.
    pub instead_of: Option<String>,
    pub name: String,
    pub email: String,
}

/// A first payment to be made on the provider's hosted checkout page.
#[derive(Clone, Debug)]
pub struct NewCheckout {
    /// Idempotency keys are made from it: the same attempt asked twice is one session.
    pub attempt: CheckoutAttemptId,
    pub tenant: TenantId,
    pub customer: String,
    pub plan: PlanId,
    pub cycle: Cycle,
    /// The session's id is put where it says `{CHECKOUT_SESSION_ID}`, which may stand unescaped in it.
    pub success_url: String,
    pub cancel_url: String,
    /// For how many days nothing is charged, though a card is asked for; 0 where the first payment is due at once.
    pub trial_days: u16,
}

/// A hosted checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub session_id: String,
    pub url: Url,
    /// What the first payment comes to, in minor units, as the provider reckons it; `None` when it does not say.
    pub amount_minor: Option<i64>,
}

/// How far a checkout session has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutState {
    pub session_id: String,
    pub progress: CheckoutProgress,
    /// Whose it is.
    pub customer: Option<String>,
    /// The subscription that it made, once it has.
    pub subscription: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutProgress {
    Open,
    /// Complete, and the money is there (or none is due).
    Paid,
    /// Complete, but the money is still on its way (asynchronous payment methods).
    Processing,
    Expired,
}

/// What the billing portal opens on.
#[derive(Clone, Debug)]
pub enum PortalFlow {
    Home,
    /// Confirm this very change of plan.
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
    /// Where its link back leads, with nothing done.
    pub return_url: String,
    /// Where it leads once the flow's one thing is done.
    pub done_url: String,
}

/// A subscription as the provider tells it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedSubscription {
    pub id: String,
    pub customer: String,
    pub status: ProviderStatus,
    /// The best-ranked plan among its items. `None` when neither the price map nor the prices themselves name one.
    pub bought: Option<(PlanId, Cycle)>,
    pub started_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    /// It ends with the period that runs, or before that.
    pub cancel_at_period_end: bool,
    pub ended_at: Option<Timestamp>,
    /// The payment method's type, as `card`.
    pub payment_method: Option<String>,
    /// When its trial ends or ended; `None` for one that was paid from the start.
    pub trial_end: Option<Timestamp>,
    /// The change that waits for its time. One to what no plan sells is left out until it has come.
    pub pending: Option<PendingChange>,
    /// What a cycle of its plan costs, before discounts and tax; `None` where that is no plain sum.
    pub price: Option<Money>,
    pub details: BillingDetails,
    /// What no plan sells of what is paid for.
    pub unsold: Vec<Unsold>,
    /// Where a payment is due, or what it was changed to is not paid yet.
    pub debt: Option<Debt>,
    /// Whether it ended as a payment was never made; `None` where the provider does not tell.
    pub ended_unpaid: Option<bool>,
}

/// What is open of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// When the oldest payment that is open was asked for; `None` where the provider does not tell.
    pub since: Option<Timestamp>,
    /// All that is open.
    pub amount: Option<Money>,
    /// The plan that was paid last, or free to try; the free one where none ever was. `None` where that can't be told.
    pub paid: Option<PlanId>,
}

/// What a verified webhook is about; a hint on what to fetch, never the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// Unique at the provider.
    pub id: String,
    pub kind: String,
    pub subject: EventSubject,
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
    /// Nothing that Dues acts on: stored, answered 200.
    Other,
}

/// A page of a provider's own list of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    pub events: Vec<ProviderEvent>,
    /// When the newest of them was made.
    pub newest_at: Option<Timestamp>,
    /// Behind which the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// What came of giving money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    NothingPaid,
    Returned(Money),
}

/// Why a webhook is not taken in. The answer to the sender says no more than 400 `invalid_signature`, or `invalid_event` where the
/// signature holds.
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

/// A payment provider. Object safe; one contract suite holds every implementation to it.
///
/// No method has a body of its own: what a provider lacks it says itself ([`ProviderError::Unsupported`]), and a wrapper that
/// forgets to pass a call on does not compile.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Who it is; `None` for no provider at all.
    fn name(&self) -> Option<Provider>;

    /// The origins that a form on our pages may lead to by a redirect: for the pages' Content-Security-Policy.
    fn hosted_origins(&self) -> Vec<String>;

    /// The account that the key opens. [`ProviderError::Rejected`] where the key is not accepted for this question.
    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError>;

    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError>;

    /// Makes the tenant's customer. Idempotent: the key comes from the tenant, so that concurrent calls make one.
    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError>;

    /// Idempotent by the attempt.
    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError>;

    /// `None` when the provider does not know the session.
    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError>;

    /// Expires an open session. Answers how it stands afterwards: it may have been paid in the meantime. `Unsupported` where
    /// only time closes one.
    async fn expire_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError>;

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError>;

    /// What a change made now would cost; `Unsupported` where only the portal says. Quantity and discounts stay as they are.
    async fn preview_change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError>;

    /// What a cycle comes to after a change, with the quantity and the discounts of now; `Unsupported` where only the portal says.
    async fn preview_recurring(&self, subscription: &str, plan: &PlanId, cycle: Cycle) -> Result<Money, ProviderError>;

    /// `None` when the provider does not know it, which is no end of it.
    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError>;

    /// Every subscription of a customer, in any state, newest first. [`ProviderError::UnknownCustomer`] when the provider does not
    /// know the customer. One that can't be understood is among them as [`SubscriptionAnswer::Odd`].
    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError>;

    /// Cancels at once. Canceling what is canceled already is no error; what the provider does not know is.
    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError>;

    /// Has a subscription end with its paid period, or go on after all. Idempotent. One that ends is not changed any more: what
    /// waited to be is dropped.
    async fn set_cancel_at_period_end(&self, id: &str, ends: bool) -> Result<(), ProviderError>;

    /// Takes back a change that waits for its time. Where none waits, nothing is done.
    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError>;

    /// Gives back all that was paid last for a subscription, once however often it is asked for. What was paid long before another
    /// began `beside` it (the provider's clock) is refused, or, where it is used up by then, nothing to give back.
    async fn refund_latest(&self, subscription: &str, beside: Timestamp) -> Result<Refund, ProviderError>;

    /// A customer's invoices, newest first, drafts left out. [`ProviderError::UnknownCustomer`] as for its subscriptions.
    async fn list_invoices(&self, customer: &str) -> Result<Vec<Invoice>, ProviderError>;

    /// A page of what has happened since `since` (the provider's clock), newest first, behind the event `after`.
    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError>;

    /// Verification and parsing in one, so that an event that was not verified can't exist. `now` is wall time.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError>;
}
