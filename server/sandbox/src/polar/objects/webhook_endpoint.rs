//! Polar: "Webhook Endpoint".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Resource, time, time_or_null};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) events: Vec<String>,
    /// `polar_whs_…`. Signatures use the bytes of this text, with its prefix, as their key.
    pub(crate) secret: String,
    pub(crate) enabled: bool,
}

impl Resource for WebhookEndpoint {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "id": self.id,
            "url": self.url,
            "name": self.name,
            "format": "raw",
            "secret": self.secret,
            "organization_id": self.account.organization,
            "events": self.events,
            "enabled": self.enabled,
        })
    }
}
