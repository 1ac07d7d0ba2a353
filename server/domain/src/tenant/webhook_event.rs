//! Types of the webhook events that Dues sends to a workspace's endpoints.

use serde::{Deserialize, Serialize};

use crate::entitlement::alert::AlertKind;

/// The type of a webhook event that an endpoint can subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEvent {
    /// The plan, status, billing cycle or dates of the workspace's subscription changed.
    #[serde(rename = "subscription.updated")]
    SubscriptionUpdated,
    /// Usage reached the warning threshold of a limit.
    #[serde(rename = "limit.warning")]
    LimitWarning,
    /// Usage reached a limit.
    #[serde(rename = "limit.reached")]
    LimitReached,
    /// Usage is below the warning threshold again.
    #[serde(rename = "limit.cleared")]
    LimitCleared,
}

/// The text is not the name of a webhook event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is subscription.updated, limit.warning, limit.reached or limit.cleared")]
pub struct UnknownWebhookEvent;

crate::all_variants!(WebhookEvent { SubscriptionUpdated, LimitWarning, LimitReached, LimitCleared });

impl WebhookEvent {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubscriptionUpdated => "subscription.updated",
            Self::LimitWarning => "limit.warning",
            Self::LimitReached => "limit.reached",
            Self::LimitCleared => "limit.cleared",
        }
    }
}

impl From<AlertKind> for WebhookEvent {
    fn from(kind: AlertKind) -> Self {
        match kind {
            AlertKind::Warning => Self::LimitWarning,
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
