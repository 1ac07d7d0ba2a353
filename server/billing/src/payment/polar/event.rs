//! Polar's webhooks: signature (Standard Webhooks) and parsing.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::is_object_id;
use crate::payment::{
    EventSubject, ProviderEvent, WebhookError,
    event_field::{Field, TextField},
};

/// Largest difference between a signature's time and now, in either direction.
const TOLERANCE_SECS: u64 = 300;
const MAX_TIME_DIGITS: usize = 12;
const MAX_TEXT_CHARS: usize = 255;
const SCHEME: &str = "v1,";
const STANDARD_PREFIX: &str = "whsec_";

/// Verifies that one of `secrets` signed `body` within five minutes of `now` (wall time), and returns the event's id.
///
/// Polar's libraries use the secret's bytes as the key; the standard decodes a `whsec_` secret as base64. Either is
/// accepted.
pub(super) fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<String, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::NotConfigured);
    }
    let (id, time) = (header(headers, "webhook-id")?, header(headers, "webhook-timestamp")?);
    let plain = (1..=MAX_TIME_DIGITS).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || id.is_empty() || id.len() > MAX_TEXT_CHARS || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(WebhookError::Malformed);
    }
    let secs: i64 = time.parse().map_err(|_| WebhookError::Malformed)?;
    // The header holds several signatures while the sender rotates its secret. Other schemes are ignored.
    let signatures = header(headers, "webhook-signature")?.split(' ').filter_map(|text| text.strip_prefix(SCHEME));
    let macs: Vec<_> = signatures.filter_map(|text| STANDARD.decode(text).ok()).collect();
    if macs.is_empty() {
        return Err(WebhookError::Malformed);
    }
    let signed = |key: &[u8]| {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
            context.update(part);
        }
        let expected = context.sign();
        macs.iter().any(|mac| constant_time::verify_slices_are_equal(expected.as_ref(), mac).is_ok())
    };
    let matches = secrets.iter().any(|secret| {
        let secret = secret.expose_secret();
        let standard = secret.strip_prefix(STANDARD_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        signed(secret.as_bytes()) || standard.is_some_and(|key| signed(&key))
    });
    if !matches {
        return Err(WebhookError::Mismatch);
    }
    if secs.abs_diff(now.as_secs()) > TOLERANCE_SECS {
        return Err(WebhookError::Stale);
    }
    Ok(id.to_owned())
}

/// Returns the value of a header that occurs exactly once.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(WebhookError::Malformed) };
    value.to_str().map_err(|_| WebhookError::Malformed)
}

/// The fields of an event that Dues reads.
#[derive(Deserialize)]
struct EventBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<TextField<'a>>,
    #[serde(borrow)]
    data: Option<Field<'a, EventData<'a>>>,
}

/// The object of an event, of any type.
#[derive(Deserialize)]
struct EventData<'a> {
    #[serde(borrow)]
    id: Option<TextField<'a>>,
    #[serde(borrow)]
    customer_id: Option<TextField<'a>>,
    #[serde(borrow)]
    subscription_id: Option<TextField<'a>>,
}

/// Parses a body whose signature was verified. An event whose type Dues does not act on, or that lacks a valid id of
/// its object, has the subject [`EventSubject::Other`].
pub(super) fn read(id: String, body: &[u8]) -> Result<ProviderEvent, WebhookError> {
    let event: Field<'_, EventBody<'_>> = serde_json::from_slice(body).map_err(|_| WebhookError::NotAnEvent)?;
    let EventBody { kind, data } = event.object().ok_or(WebhookError::NotAnEvent)?;
    let kind = kind
        .as_ref()
        .and_then(Field::text)
        .filter(|kind| (1..=MAX_TEXT_CHARS).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or(WebhookError::NotAnEvent)?;
    let data = data.as_ref().and_then(Field::object);
    let subject = data.and_then(|data| subject(kind, data)).unwrap_or(EventSubject::Other);
    let customer = data.and_then(|data| object_id(data.customer_id.as_ref()));
    Ok(ProviderEvent { id, kind: kind.to_owned(), subject, customer })
}

fn object_id(field: Option<&TextField<'_>>) -> Option<String> {
    Some(field?.text().filter(|id| is_object_id(id))?.to_owned())
}

fn subject(kind: &str, data: &EventData<'_>) -> Option<EventSubject> {
    let EventData { id, customer_id: _, subscription_id } = data;
    let id = || object_id(id.as_ref());
    match kind {
        "order.paid" => Some(EventSubject::Subscription { id: object_id(subscription_id.as_ref())? }),
        "checkout.updated" => Some(EventSubject::CheckoutSession { id: id()? }),
        "customer.state_changed" => Some(EventSubject::Customer { id: id()? }),
        _ if kind.starts_with("subscription.") => Some(EventSubject::Subscription { id: id()? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
