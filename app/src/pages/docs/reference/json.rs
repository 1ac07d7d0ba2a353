//! Reads optional members of JSON objects.

use serde_json::Value;

/// Returns a text member; empty if it is missing or not a string.
pub(super) fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the items of a list member; none if it is missing or not a list.
pub(super) fn items<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Whether a member is `true`.
pub(super) fn is_set(of: &Value, key: &str) -> bool {
    of.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// Returns the members of an object; none if the value is not an object.
pub(super) fn members(of: &Value) -> impl Iterator<Item = (&str, &Value)> {
    of.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Returns the members of the object at `key`; none if it is missing or not an object.
pub(super) fn entries<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    of.get(key).into_iter().flat_map(members)
}
