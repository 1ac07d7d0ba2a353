//! Stripe: "The Webhook Endpoint object".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) url: String,
    /// Event types by exact name, or `*`.
    pub(crate) enabled_events: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// `whsec_…`. Only the response that creates the endpoint contains it.
    pub(crate) secret: String,
    pub(crate) api_version: Option<String>,
}

impl WebhookEndpoint {
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.enabled && self.enabled_events.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

impl Resource for WebhookEndpoint {
    const WHAT: &'static str = "webhook endpoint";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created.as_secs(),
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.enabled { "enabled" } else { "disabled" },
            "url": self.url,
        })
    }
}
