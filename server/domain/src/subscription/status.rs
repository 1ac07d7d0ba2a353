//! The status of a subscription, at the provider and as the APIs report it.

use serde::{Deserialize, Serialize};

/// The status of a subscription at the provider (Stripe: `Subscription.status`; Polar uses a subset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderStatus {
    Active,
    Trialing,
    PastDue,
    Unpaid,
    Incomplete,
    IncompleteExpired,
    Canceled,
    Paused,
}

crate::all_variants!(ProviderStatus {
    Active,
    Trialing,
    PastDue,
    Unpaid,
    Incomplete,
    IncompleteExpired,
    Canceled,
    Paused,
});

impl ProviderStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Trialing => "trialing",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Canceled => "canceled",
            Self::Paused => "paused",
        }
    }

    /// Whether the provider bills the subscription or may do so later.
    ///
    /// A tenant with a live subscription must not start a second one: the tenant would be charged twice.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::IncompleteExpired | Self::Canceled)
    }

    /// Whether a payment is overdue. `false` for `Incomplete`, which awaits its first payment.
    pub const fn is_due(self) -> bool {
        matches!(self, Self::PastDue | Self::Unpaid)
    }

    /// The status as the APIs report it.
    pub const fn subscription_status(self) -> SubscriptionStatus {
        match self {
            Self::Active | Self::Trialing => SubscriptionStatus::Active,
            Self::PastDue | Self::Unpaid | Self::Incomplete => SubscriptionStatus::PastDue,
            Self::IncompleteExpired | Self::Canceled | Self::Paused => SubscriptionStatus::Canceled,
        }
    }
}

/// The provider reported a status that Dues does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider reports a subscription status that is not known")]
pub struct UnknownStatus;

impl std::str::FromStr for ProviderStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// The status of a tenant's subscription as the APIs report it: `active`, `past_due` or `canceled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    Active,
    PastDue,
    Canceled,
}

crate::all_variants!(SubscriptionStatus { Active, PastDue, Canceled });

impl std::str::FromStr for SubscriptionStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

impl SubscriptionStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
        }
    }
}
