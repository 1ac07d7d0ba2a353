//! Webhook events: `{"type","timestamp","data"}`, signed as Standard Webhooks defines.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, time, webhook_endpoint::WebhookEndpoint};
use crate::storage::{Transaction, deliveries, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    /// The `webhook-id` of its deliveries.
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) kind: String,
    data: Value,
}

impl Event {
    pub(crate) fn payload(&self) -> Value {
        json!({ "type": self.kind, "timestamp": time(self.created), "data": self.data })
    }
}

/// Stores an event and queues its delivery to the account's endpoints that subscribe to it.
pub(crate) fn emit(tx: &mut Transaction<'_>, account: &Account, kind: &str, data: Value) {
    let event = Event { id: ids::uuid(), created: tx.now, kind: kind.to_owned(), data };
    let wants = |endpoint: &WebhookEndpoint| {
        endpoint.account.key == account.key && endpoint.enabled && endpoint.events.iter().any(|wanted| wanted == kind)
    };
    let endpoints = tx.all::<WebhookEndpoint>().filter(|endpoint| wants(endpoint));
    let endpoints: Vec<_> = endpoints.map(|endpoint| (endpoint.id.clone(), endpoint.url.clone())).collect();
    deliveries::enqueue(tx, &event.id, kind, endpoints);
    tx.put(event);
}
