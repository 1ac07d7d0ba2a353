//! What a workspace's own servers are told when it happens.

use serde::{Deserialize, Serialize};

use crate::entitlement::alert::AlertKind;

/// Something that an endpoint may ask to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEvent {
    /// Plan, standing, cycle or dates of the workspace are others than before.
    #[serde(rename = "subscription.updated")]
    SubscriptionUpdated,
    /// A limit is near.
    #[serde(rename = "limit.warning")]
    LimitWarning,
    /// A limit is reached.
    #[serde(rename = "limit.reached")]
    LimitReached,
    /// A limit is far again.
    #[serde(rename = "limit.cleared")]
    LimitCleared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is subscription.updated, limit.warning, limit.reached or limit.cleared")]
pub struct UnknownWebhookEvent;

impl WebhookEvent {
    pub const ALL: [Self; 4] = [Self::SubscriptionUpdated, Self::LimitWarning, Self::LimitReached, Self::LimitCleared];

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
    fn an_event_is_written_everywhere_as_it_is_read() {
        for event in WebhookEvent::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert_eq!("ping".parse::<WebhookEvent>(), Err(UnknownWebhookEvent));
    }
}
