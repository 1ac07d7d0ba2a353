//! Hosted checkout sessions: what they are created from, and their progress.

use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId, TenantId},
    subscription::checkout_options::CheckoutOptions,
};
use url::Url;

/// A first payment on the provider's hosted checkout page.
#[derive(Clone, Debug)]
pub struct NewCheckout {
    /// The id that idempotency keys derive from: one attempt creates one session, however often the
    /// request is sent.
    pub attempt: CheckoutAttemptId,
    pub tenant: TenantId,
    pub customer: String,
    pub plan: PlanId,
    pub cycle: Cycle,
    /// The seats to buy, those included in the plan's price too; `None` for a plan without seats.
    pub seats: Option<u64>,
    /// The provider replaces `{CHECKOUT_SESSION_ID}` by the session's id. The braces need not be percent-encoded.
    pub success_url: String,
    pub cancel_url: String,
    /// Length of the trial in days; 0 for none. A card is required during a trial, too.
    pub trial_days: u16,
    /// The tag of the page's language (BCP 47), where the provider has it; `None` for the browser's.
    pub locale: Option<String>,
    /// `options.discount` is one that [`super::PaymentProvider::find_discount`] returned. `options.trial_days` and
    /// `options.locale` are not read: `trial_days` and `locale` have the values that apply.
    pub options: CheckoutOptions,
}

/// A hosted checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub session_id: String,
    pub url: Url,
    /// Amount of the first payment in minor units, computed by the provider; `None` where it is not reported.
    pub amount_minor: Option<i64>,
}

/// The progress of a checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutState {
    pub session_id: String,
    pub progress: CheckoutProgress,
    /// The provider's id of the customer.
    pub customer: Option<String>,
    /// The id of the subscription that the session created; `None` while there is no subscription yet.
    pub subscription: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutProgress {
    Open,
    /// Complete, and the payment has succeeded or nothing is due.
    Paid,
    /// Complete, but the payment is still pending (asynchronous payment methods).
    Processing,
    Expired,
}
