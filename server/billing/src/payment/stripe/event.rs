//! What a verified webhook is about (Stripe: "The Event object").

use serde_json::Value;

use super::is_object_id;
use crate::payment::{EventSubject, ProviderEvent, WebhookError};

const MAX_KIND_CHARS: usize = 255;

/// Reads a body whose signature was verified. Lenient where an API version may differ: an event that can't be understood
/// beyond its id and type is about nothing that Dues acts on.
pub(super) fn read(body: &[u8]) -> Result<ProviderEvent, WebhookError> {
    let event: Value = serde_json::from_slice(body).map_err(|_| WebhookError::NotAnEvent)?;
    let id = object_id(event.get("id")).ok_or(WebhookError::NotAnEvent)?;
    let kind = event
        .get("type")
        .and_then(Value::as_str)
        .filter(|kind| (1..=MAX_KIND_CHARS).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or(WebhookError::NotAnEvent)?;
    let subject = event.pointer("/data/object").and_then(|object| subject(kind, object)).unwrap_or(EventSubject::Other);
    Ok(ProviderEvent { id, kind: kind.to_owned(), subject })
}

fn subject(kind: &str, object: &Value) -> Option<EventSubject> {
    let customer = || object_id(object.get("customer"));
    if kind.starts_with("customer.subscription.") {
        Some(EventSubject::Subscription { id: object_id(object.get("id"))?, customer: customer() })
    } else if kind.starts_with("checkout.session.") {
        Some(EventSubject::CheckoutSession { id: object_id(object.get("id"))? })
    } else if kind.starts_with("invoice.") {
        // Under `parent` since API 2025-03-31; an invoice that no subscription made is none of ours.
        let parent = object.pointer("/parent/subscription_details/subscription");
        let id = object_id(parent).or_else(|| object_id(object.get("subscription")))?;
        Some(EventSubject::Subscription { id, customer: customer() })
    } else {
        None
    }
}

/// The id in a field that holds one, or an expanded object.
fn object_id(field: Option<&Value>) -> Option<String> {
    let id = match field? {
        Value::String(id) => id,
        Value::Object(object) => object.get("id")?.as_str()?,
        _ => return None,
    };
    is_object_id(id).then(|| id.to_owned())
}
