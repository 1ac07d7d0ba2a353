//! Parts of JSON that objects, lists and errors share.

use serde_json::{Value, json};

/// The object with one more field.
pub(crate) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    object
}

/// A list object that contains all items, as other objects embed it.
pub(crate) fn whole_list(data: Vec<Value>, url: String) -> Value {
    let list = json!({ "object": "list", "data": null, "has_more": false });
    with(with(list, "data", data), "url", url)
}
