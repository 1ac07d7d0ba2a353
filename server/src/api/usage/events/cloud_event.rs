//! Parses one event of `CloudEvents`, attribute by attribute.

use billing::service::{ServiceError, usage::UsageEvent};
use domain::{entitlement::change::COUNTER_MAX, error_code::ErrorCode, time::Timestamp};
use serde_json::{Map, Value};

use crate::api::request::body::whole;

/// Limit of `source` and of `id`, each, so that one index entry has room for both.
const MAX_CHARS: usize = 255;

/// Why an event is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub code: ErrorCode,
    pub message: String,
}

impl From<&ServiceError> for Flaw {
    fn from(error: &ServiceError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl Flaw {
    pub(super) fn of(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidEvent, message: message.into() }
    }

    /// The error for an event that names no workspace, in a request whose headers name none.
    pub(super) fn no_tenant() -> Self {
        let message = "Name the workspace in subject, by the product's own id, or in the header X-Tenant-ID or \
                       X-Tenant-External-ID for events without one.";
        Self { code: ErrorCode::TenantRequired, message: message.to_owned() }
    }

    pub(super) fn no_object() -> Self {
        Self::of("An event is a JSON object.")
    }
}

pub(crate) fn read(event: &Map<String, Value>) -> Result<UsageEvent, Flaw> {
    if text(event, "specversion")? != "1.0" {
        return Err(Flaw::of("specversion must be 1.0."));
    }
    let source = text(event, "source")?;
    // A URI reference contains no space. The sources that Dues writes for API calls do, as `consume websocket_rooms`:
    // an event never has the source of a call.
    if source.contains(char::is_whitespace) {
        return Err(Flaw::of("source must be a URI reference."));
    }
    if event.contains_key("data_base64") {
        return Err(Flaw::of("data must be JSON, not data_base64."));
    }
    Ok(UsageEvent {
        source: source.to_owned(),
        id: text(event, "id")?.to_owned(),
        feature: text(event, "type")?.to_owned(),
        amount: amount(event.get("data"))?,
        at: time(event.get("time"))?,
    })
}

fn text<'a>(event: &'a Map<String, Value>, name: &str) -> Result<&'a str, Flaw> {
    let text = event.get(name).and_then(Value::as_str).unwrap_or_default();
    if (1..=MAX_CHARS).contains(&text.chars().count()) && !text.contains(char::is_control) {
        Ok(text)
    } else {
        Err(Flaw::of(format!("{name} must be a text of 1 to {MAX_CHARS} characters, on one line.")))
    }
}

fn amount(data: Option<&Value>) -> Result<u64, Flaw> {
    let amount = match data {
        None | Some(Value::Null) => None,
        Some(Value::Object(data)) => data.get("amount").filter(|amount| !amount.is_null()),
        Some(_) => return Err(Flaw::of("data must be an object, as {\"amount\":1}.")),
    };
    let Some(amount) = amount else { return Ok(1) };
    let wrong = || Flaw::of(format!("data.amount must be a whole number, 1 to {COUNTER_MAX}."));
    whole(amount).filter(|amount| (1..=COUNTER_MAX).contains(amount)).ok_or_else(wrong)
}

fn time(time: Option<&Value>) -> Result<Option<Timestamp>, Flaw> {
    match time {
        None | Some(Value::Null) => Ok(None),
        Some(time) => match time.as_str().and_then(Timestamp::parse_rfc3339) {
            Some(at) => Ok(Some(at)),
            None => Err(Flaw::of("time must be as 2026-01-14T21:40:00Z.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn event(changes: &Value) -> Result<UsageEvent, String> {
        let mut event = json!({"specversion": "1.0", "id": "1", "source": "/gateway", "type": "ai_tokens"});
        for (name, value) in changes.as_object().unwrap() {
            event[name] = value.clone();
        }
        read(event.as_object().unwrap()).map_err(|flaw| flaw.message)
    }

    #[test]
    fn event_counts_one_now_by_default() {
        let plain = event(&json!({})).unwrap();
        assert_eq!((plain.amount, plain.at, plain.feature.as_str()), (1, None, "ai_tokens"));
        let whole = event(&json!({"data": {"amount": 7, "model": "x"}, "time": "2026-01-14T21:40:00+01:00"})).unwrap();
        assert_eq!((whole.amount, whole.at), (7, Timestamp::parse_rfc3339("2026-01-14T20:40:00Z")));
        assert_eq!(event(&json!({"data": null, "time": null})).unwrap().amount, 1);
        assert_eq!(event(&json!({"data": {"amount": 7.0}})).unwrap().amount, 7);
    }

    #[rstest]
    #[case(json!({"specversion": "0.3"}), "specversion")]
    #[case(json!({"id": ""}), "id")]
    #[case(json!({"id": 7}), "id")]
    #[case(json!({"id": "x".repeat(256)}), "id")]
    #[case(json!({"id": "a\u{0}b"}), "id")]
    #[case(json!({"source": "consume ai_tokens"}), "source")]
    #[case(json!({"source": null}), "source")]
    #[case(json!({"type": ""}), "type")]
    #[case(json!({"time": "yesterday"}), "time")]
    #[case(json!({"data": 7}), "data")]
    #[case(json!({"data": {"amount": 0}}), "data.amount")]
    #[case(json!({"data": {"amount": 1.5}}), "data.amount")]
    #[case(json!({"data": {"amount": -1}}), "data.amount")]
    #[case(json!({"data": {"amount": 9_007_199_254_740_992_u64}}), "data.amount")]
    #[case(json!({"data_base64": "AA=="}), "data")]
    fn invalid_attribute_is_named(#[case] changes: Value, #[case] named: &str) {
        assert!(event(&changes).unwrap_err().starts_with(named), "{changes}");
    }
}
