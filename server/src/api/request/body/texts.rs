//! Readers of texts that may be null, of objects of texts, and of objects that the caller reads.

use std::collections::BTreeMap;

use billing::service::tenant::profile::FieldChange;
use serde_json::Value;

use super::{Fields, MAX_ITEMS};

impl Fields {
    /// Reads a change of a text: a missing field keeps the text, null removes it.
    pub fn text_change(&mut self, name: &'static str) -> FieldChange<String> {
        match (self.has(name), self.optional_text(name)) {
            (false, _) => FieldChange::Keep,
            (true, None) => FieldChange::Remove,
            (true, Some(text)) => FieldChange::Set(text),
        }
    }

    /// Reads an object of texts, each of which may be null; `None` when the object is missing or null.
    pub fn nullable_texts(&mut self, name: &'static str) -> Option<BTreeMap<String, Option<String>>> {
        let read = |(key, value): (&String, &Value)| match value {
            Value::Null => Some((key.clone(), None)),
            Value::String(text) => Some((key.clone(), Some(text.clone()))),
            _ => None,
        };
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(texts)) if texts.len() <= MAX_ITEMS => match texts.iter().map(read).collect() {
                Some(texts) => Some(texts),
                None => self.refuse(name, format!("{name} must have strings as values.")),
            },
            Some(_) => self.refuse(name, format!("{name} must be an object of at most {MAX_ITEMS} strings.")),
        }
    }

    /// Reads an object of texts; `None` when it is missing or null.
    pub fn optional_texts(&mut self, name: &'static str) -> Option<BTreeMap<String, String>> {
        let texts = self.nullable_texts(name)?;
        match texts.into_iter().map(|(key, text)| Some((key, text?))).collect() {
            Some(texts) => Some(texts),
            None => self.refuse(name, format!("{name} must have strings as values.")),
        }
    }

    /// Removes an object and returns its values as they are for the caller to read; `None` when it is missing or null.
    pub fn optional_object(&mut self, name: &'static str) -> Option<BTreeMap<String, Value>> {
        match self.object.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(object)) if object.len() <= MAX_ITEMS => Some(object.into_iter().collect()),
            Some(_) => self.refuse(name, format!("{name} must be an object of at most {MAX_ITEMS} fields.")),
        }
    }
}
