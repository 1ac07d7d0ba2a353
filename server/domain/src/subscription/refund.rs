//! Why a payment was not refunded.

/// Why Dues did not refund the payment of a duplicate subscription, so that an operator has to decide. Stored by its code
/// where a provider's reason would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRefusal {
    /// The payment was made long before the other subscription began.
    TooOld,
    /// The provider names no payment that can be refunded.
    NoPayment,
    /// The provider accepted the refund, and it failed.
    Failed,
    /// The provider has no refunds.
    Unsupported,
}

crate::all_variants!(RefundRefusal { TooOld, NoPayment, Failed, Unsupported });

impl RefundRefusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "payment_too_old",
            Self::NoPayment => "no_payment",
            Self::Failed => "refund_failed",
            Self::Unsupported => "no_refunds",
        }
    }

    /// Returns the refusal that a stored reason is the code of; `None` for the words of a provider.
    pub fn of(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.as_str() == reason)
    }
}
