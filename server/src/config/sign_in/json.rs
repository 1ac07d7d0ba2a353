//! A setting that is a list in JSON.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::setting::{SettingError, Settings};

/// The most entries of a list.
const MOST: usize = 16;

/// Reads the list; empty if the setting is missing. The error has the number of the first wrong entry. It quotes no
/// value of the entry, because an entry may hold a secret.
pub(super) fn list<E: DeserializeOwned, T>(
    settings: &Settings,
    name: &str,
    read: impl Fn(E) -> Result<T, &'static str>,
) -> Result<Vec<T>, SettingError> {
    let Some(text) = settings.get(name) else { return Ok(Vec::new()) };
    let entries: Vec<Value> = serde_json::from_str(text).map_err(|_| settings.wrong(name, "a list in JSON"))?;
    if entries.len() > MOST {
        return Err(settings.wrong(name, &format!("a list of at most {MOST}")));
    }
    let entry = |(at, value): (usize, Value)| {
        let wrong = |expects: &str| settings.wrong(name, &format!("{expects} (entry {})", at + 1));
        let entry = serde_json::from_value(value).map_err(|error| wrong(&reason(&error.to_string())))?;
        read(entry).map_err(wrong)
    };
    entries.into_iter().enumerate().map(entry).collect()
}

/// Returns what an entry must have. Includes the parser's `error` only if a field is missing or unknown: other errors
/// may quote a value.
fn reason(error: &str) -> String {
    let names_field = error.starts_with("missing field") || error.starts_with("unknown field");
    if names_field { format!("the documented fields: {error}") } else { "the documented fields".to_owned() }
}
