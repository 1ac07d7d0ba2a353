//! Lists in Stripe's responses.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A list that decodes as a whole: an unreadable element fails the object that holds it.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// A page of a list that decodes element by element: an unreadable element is logged and left out.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(in crate::payment::stripe) struct Page<T> {
    #[serde(deserialize_with = "each_readable")]
    pub data: Elements<T>,
    #[serde(default, deserialize_with = "is_true")]
    pub has_more: bool,
}

/// The readable elements, and the ids of the first and the last element of the page, which are the cursors of the pages
/// before and after it.
pub(in crate::payment::stripe) struct Elements<T> {
    pub readable: Vec<T>,
    pub first: Option<String>,
    pub last: Option<String>,
}

fn each_readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Elements<T>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    let id_of = |element: Option<&Value>| element.and_then(|element| element.get("id")?.as_str()).map(str::to_owned);
    let (first, last) = (id_of(all.first()), id_of(all.last()));
    let read = |element: Value| match T::deserialize(element) {
        Ok(element) => Some(element),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to decode an element of a list from Stripe"
            );
            None
        }
    };
    Ok(Elements { readable: all.into_iter().filter_map(read).collect(), first, last })
}

/// Anything but `true` counts as `false`.
fn is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_bool().unwrap_or(false))
}
