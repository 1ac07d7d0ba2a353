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
        let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
        let metadata: BTreeMap<_, _> = metadata.into_iter().filter_map(text).collect();
        let is_deleted = deleted_at.is_some_and(|at| Timestamp::parse_rfc3339(&at).is_some());
        Self { id, name, email, metadata, is_deleted }
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
