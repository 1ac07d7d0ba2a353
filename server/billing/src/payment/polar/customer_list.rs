//! The list of the organization's customers (Polar: "List Customers").

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Polar, answer::List, is_object_id};
use crate::payment::{CustomerPage, ListedCustomer, ProviderError, error::invalid_cursor};

const PAGE: &str = "100";
/// The oldest first: customers that are created meanwhile come at the end and move no page.
const OLDEST_FIRST: &str = "created_at";

#[derive(Debug, Deserialize)]
struct Customer {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    deleted_at: Option<String>,
}

impl From<Customer> for ListedCustomer {
    fn from(customer: Customer) -> Self {
        let Customer { id, name, email, metadata, deleted_at } = customer;
        let texts = metadata.into_iter().filter_map(|(key, value)| Some((key, text(value)?)));
        let metadata: BTreeMap<String, String> = texts.collect();
        let is_deleted = deleted_at.is_some_and(|at| Timestamp::parse_rfc3339(&at).is_some());
        Self { id, name, email, metadata, is_deleted }
    }
}

/// Returns a value of the metadata as a text: Polar keeps whole numbers, too. `None` for any other value.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

impl Polar {
    /// Returns a page of the organization's customers. `after` is the number of the page before.
    pub(super) async fn customer_page(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        let before = after.map_or(Ok(0), str::parse::<u64>).map_err(|_| invalid_cursor())?;
        let number = before.saturating_add(1);
        let page = number.to_string();
        let query = [("limit", PAGE), ("page", page.as_str()), ("sorting", OLDEST_FIRST)];
        let List { items, pagination } = self.client.get::<List<Customer>>("customers/", &query).await?;
        Ok(CustomerPage {
            next: (number < pagination.max_page).then_some(page),
            customers: items.into_iter().filter(|one| is_object_id(&one.id)).map(ListedCustomer::from).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_of_the_metadata_is_read_as_a_text() {
        let metadata = json!({ "org": 42, "name": "org-1", "share": 0.5, "is_new": true });
        let customer: Customer = serde_json::from_value(json!({ "id": "c1", "metadata": metadata })).unwrap();
        let expected = [("name", "org-1"), ("org", "42")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(ListedCustomer::from(customer).metadata, BTreeMap::from(expected));
    }
}
