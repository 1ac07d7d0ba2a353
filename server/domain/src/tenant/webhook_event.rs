//! Types of the webhook events that Dues sends to endpoints of a workspace and of the installation.

use serde::{Deserialize, Serialize};

use crate::entitlement::alert::AlertKind;

// `$name` is a `tt`: the compiler would wrap a `literal` in an invisible group, which utoipa can't read.
macro_rules! events {
    ($($(#[$doc:meta])+ $event:ident = $name:tt,)+) => {
        /// The type of a webhook event that an endpoint can subscribe to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum WebhookEvent {
            $($(#[$doc])+ #[serde(rename = $name)] $event,)+
        }

        crate::all_variants!(
            /// The types that an installation's endpoint can subscribe to.
            WebhookEvent { $($event),+ }
        );

        impl WebhookEvent {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

events! {
    /// A tenant was created, by an API call, an operator or a sign-up.
    TenantCreated = "tenant.created",
    /// The name, address, metadata or external id of a tenant changed, or it was restored.
    TenantUpdated = "tenant.updated",
    /// A tenant was deleted. It can be restored for 30 days.
    TenantDeleted = "tenant.deleted",
    /// The plan, status, billing cycle or dates of a tenant's subscription changed.
    SubscriptionUpdated = "subscription.updated",
    /// A checkout was paid, or its trial began.
    CheckoutCompleted = "checkout.completed",
    /// A trial ends within days, and the first payment follows.
    TrialEnding = "trial.ending",
    /// A payment for a subscription arrived.
    InvoicePaid = "invoice.paid",
    /// A payment for a subscription failed and is overdue.
    InvoicePaymentFailed = "invoice.payment_failed",
    /// Usage reached the warning threshold of a limit.
    LimitWarning = "limit.warning",
    /// Usage reached a limit.
    LimitReached = "limit.reached",
    /// Usage is below the warning threshold again.
    LimitCleared = "limit.cleared",
}

/// The text is not the name of a webhook event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such webhook event")]
pub struct UnknownWebhookEvent;

impl WebhookEvent {
    /// The types that a workspace's endpoint can subscribe to.
    pub const OF_WORKSPACES: [Self; 4] =
        [Self::SubscriptionUpdated, Self::LimitWarning, Self::LimitReached, Self::LimitCleared];

    /// Whether a workspace's endpoint can subscribe to this type.
    pub fn is_for_workspaces(self) -> bool {
        Self::OF_WORKSPACES.contains(&self)
    }
}

impl From<AlertKind> for WebhookEvent {
    fn from(kind: AlertKind) -> Self {
        match kind {
            AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => Self::LimitWarning,
            AlertKind::Reached => Self::LimitReached,
            AlertKind::Cleared => Self::LimitCleared,
        }
    }
}

impl std::str::FromStr for WebhookEvent {
    type Err = UnknownWebhookEvent;

    fn from_str(text: &str) -> Result<Self, UnknownWebhookEvent> {
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or(UnknownWebhookEvent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_names_round_trip() {
        for event in WebhookEvent::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert_eq!("ping".parse::<WebhookEvent>(), Err(UnknownWebhookEvent));
    }
}
