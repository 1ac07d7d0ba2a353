//! Why a call to a provider failed, and the causes that callers distinguish.

use domain::subscription::{Provider, RefundRefusal, Unchargeable, checkout_options::CheckoutDiscount};

/// Why a call to a provider failed. The variant says whether the caller may retry.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No response, a timeout, a 429 or a 5xx. The outcome is unknown: retry with the same idempotency key.
    #[error("the payment provider does not answer")]
    Unavailable(#[source] Cause),
    /// The provider does not know the customer: it was deleted there, or the key opens another account.
    /// [`super::PaymentProvider::fetch_customer`] distinguishes the two.
    #[error("the payment provider does not know the customer")]
    UnknownCustomer(#[source] Cause),
    /// The provider does not know the subscription, which may still run: the key may open another account.
    #[error("the payment provider does not know the subscription")]
    UnknownSubscription(#[source] Cause),
    /// No call was made: Dues has not verified that the key opens the account that holds its customers.
    #[error("{reason}")]
    AccountChanged { provider: Provider, reason: String },
    /// The provider rejected the call; a retry does not help. `reason` is the provider's message.
    #[error("the payment provider refused: {reason}")]
    Rejected {
        reason: String,
        #[source]
        cause: Cause,
    },
    /// The request is invalid; the caller must change the named input.
    #[error("{reason}")]
    InvalidInput { field: InvalidInputField, reason: String },
    /// No provider is configured, or the provider lacks the feature.
    #[error("no payment provider is configured for this")]
    Unsupported,
    /// The provider's response can't be decoded.
    #[error("the payment provider's answer can't be understood")]
    Decode(#[source] Cause),
}

pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Which input of a request is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidInputField {
    /// The price or product to sell.
    Price,
    /// The prices of a new product.
    Prices,
    /// The cursor of a list.
    Cursor,
    /// The coupon of a checkout.
    Coupon,
    /// The promotion code of a checkout.
    PromotionCode,
}

/// The cause of [`ProviderError::Unavailable`] where the provider limits the rate of requests: a 429.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider takes no more requests for the moment")]
pub struct TooManyRequests {
    #[source]
    pub cause: Cause,
    /// How long the provider asks to wait; `None` where it does not say.
    pub retry_after_secs: Option<u32>,
}

impl ProviderError {
    /// Whether the provider's rate limit was reached.
    pub fn is_too_many_requests(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if cause.is::<TooManyRequests>())
    }

    /// Returns how long the provider asks to wait before the next request; `None` where it does not.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::Unavailable(cause) => cause.downcast_ref::<TooManyRequests>()?.retry_after_secs,
            _ => None,
        }
    }

    /// Whether a key of another account would explain the error: the key is rejected, an object that Dues knows is
    /// missing, or the response is about another object.
    pub fn is_unexpected(&self) -> bool {
        match self {
            Self::UnknownCustomer(_) | Self::UnknownSubscription(_) => true,
            Self::Rejected { cause, .. } => cause.is::<KeyRefused>() || cause.is::<MissingObject>(),
            Self::Decode(cause) => cause.is::<AnotherObject>(),
            _ => false,
        }
    }
}

/// The cause of [`ProviderError::Decode`] where the response holds an object that was not requested, or an object of
/// another customer.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider returned another {0} than requested")]
pub struct AnotherObject(pub &'static str);

impl From<AnotherObject> for ProviderError {
    fn from(cause: AnotherObject) -> Self {
        Self::Decode(cause.into())
    }
}

/// Returns the error for a cursor that is none of the provider's list.
pub(super) fn invalid_cursor() -> ProviderError {
    let reason = "cursor must be one of a page of the list.".to_owned();
    ProviderError::InvalidInput { field: InvalidInputField::Cursor, reason }
}

/// Returns the error for a discount that can't be redeemed. `reason` is the provider's message.
pub(super) fn invalid_discount(discount: &CheckoutDiscount, reason: impl Into<String>) -> ProviderError {
    let field = match discount {
        CheckoutDiscount::Coupon(_) => InvalidInputField::Coupon,
        CheckoutDiscount::PromotionCode(_) => InvalidInputField::PromotionCode,
    };
    ProviderError::InvalidInput { field, reason: reason.into() }
}

/// Returns the error for an amount that a provider can't charge.
pub(super) fn unchargeable(cause: Unchargeable) -> ProviderError {
    ProviderError::Rejected { reason: cause.to_string(), cause: cause.into() }
}

/// The cause of [`ProviderError::Rejected`] where the key is invalid or lacks a permission: a 401 or a 403.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not accept the key for this call")]
pub struct KeyRefused(#[source] pub Cause);

/// The cause of [`ProviderError::Rejected`] where an object that the call names does not exist in the account: a 404,
/// or Stripe's error code `resource_missing`.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider does not know what the call names")]
pub struct MissingObject(#[source] pub Cause);

/// The cause of [`ProviderError::Rejected`] where a payment is not refunded. A retry does not help: an operator must
/// decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRefunded {
    #[error(
        "The last payment was made more than a day before the other subscription began. An operator has to decide how much to refund."
    )]
    TooOld,
    #[error("The paid invoice {0} names no payment that can be refunded.")]
    NoPayment(String),
    #[error("The refund {id} did not succeed: its status is {status}.")]
    Failed { id: String, status: String },
}

impl NotRefunded {
    /// Returns what people read, in their language.
    pub const fn refusal(&self) -> RefundRefusal {
        match self {
            Self::TooOld => RefundRefusal::TooOld,
            Self::NoPayment(_) => RefundRefusal::NoPayment,
            Self::Failed { .. } => RefundRefusal::Failed,
        }
    }
}

impl From<NotRefunded> for ProviderError {
    fn from(cause: NotRefunded) -> Self {
        Self::Rejected { reason: cause.to_string(), cause: cause.into() }
    }
}
