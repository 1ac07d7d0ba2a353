//! Stripe: "The Event object". Every change stores an event and sends it to the webhook endpoints.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Resource, webhook_endpoint::WebhookEndpoint};
use crate::{
    storage::{Transaction, deliveries, ids},
    stripe::{json_parts::with, version},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) kind: String,
    object: Value,
    previous_attributes: Option<Value>,
    request: Option<String>,
    idempotency_key: Option<String>,
}

impl Event {
    /// The event in the shape of an endpoint's API version. `None` means the latest version.
    pub(crate) fn payload(&self, tx: &Transaction<'_>, version: Option<&str>) -> Value {
        let version = version.unwrap_or(version::LATEST);
        let mut object = self.object.clone();
        version::shape(tx, version, &mut object);
        let mut data = json!({ "object": object });
        if let Some(previous) = &self.previous_attributes {
            data = with(data, "previous_attributes", previous.clone());
        }
        json!({
            "id": self.id,
            "object": "event",
            "api_version": version,
            "created": self.created.as_secs(),
            "data": data,
            "livemode": false,
            "pending_webhooks": deliveries::pending(tx, &self.id),
            "request": { "id": self.request, "idempotency_key": self.idempotency_key },
            "type": self.kind,
        })
    }
}

impl Resource for Event {
    const WHAT: &'static str = "event";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        self.payload(tx, None)
    }
}

/// Stores an event about `object` and queues its deliveries. No-op in a silent transaction.
pub(crate) fn emit(tx: &mut Transaction<'_>, kind: &str, object: Value) {
    record(tx, kind, object, None);
}

/// As [`emit`], with the former values of the fields that differ from `before`. No-op if nothing differs.
pub(crate) fn emit_change(tx: &mut Transaction<'_>, kind: &str, before: &Value, object: Value) {
    let previous = previous_attributes(before, &object);
    if !previous.is_empty() {
        record(tx, kind, object, Some(Value::Object(previous)));
    }
}

fn record(tx: &mut Transaction<'_>, kind: &str, object: Value, previous_attributes: Option<Value>) {
    if tx.is_silent {
        return;
    }
    let event = Event {
        id: ids::new("evt"),
        created: tx.now,
        kind: kind.to_owned(),
        object,
        previous_attributes,
        request: tx.origin.request.clone(),
        idempotency_key: tx.origin.idempotency_key.clone(),
    };
    let wanting = tx.all::<WebhookEndpoint>().filter(|endpoint| endpoint.wants(kind));
    let wanting: Vec<_> = wanting.map(|endpoint| (endpoint.id.clone(), endpoint.url.clone())).collect();
    deliveries::enqueue(tx, &event.id, kind, wanting);
    tx.put(event);
}

/// The former values of fields that differ. Plain objects are compared by key, lists as a whole.
fn previous_attributes(before: &Value, after: &Value) -> Map<String, Value> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Map::new() };
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut previous = Map::new();
    for key in keys {
        let (had, has) = (before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null));
        if had == has {
            continue;
        }
        let plain = |value: &Value| value.is_object() && value.get("object").is_none();
        let value = if plain(had) && plain(has) { Value::Object(previous_attributes(had, has)) } else { had.clone() };
        previous.insert(key.clone(), value);
    }
    previous
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previous_attributes_hold_only_what_changed() {
        let before = json!({"status": "active", "same": 1, "metadata": {"a": "1", "b": "2"}, "items": {"object": "list", "data": [1]}});
        let after = json!({"status": "past_due", "same": 1, "metadata": {"a": "1", "b": "3", "c": "4"}, "items": {"object": "list", "data": [2]}});
        assert_eq!(
            Value::Object(previous_attributes(&before, &after)),
            json!({"status": "active", "metadata": {"b": "2", "c": null}, "items": {"object": "list", "data": [1]}})
        );
    }
}
