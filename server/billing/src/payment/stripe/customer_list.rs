//! The list of the account's customers (Stripe: "List all customers").

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use stripe_core::customer::ListCustomer;

use super::{
    Stripe,
    answer::{Elements, Page},
    is_object_id,
};
use crate::payment::{CustomerPage, ListedCustomer, ProviderError};

const PAGE: i64 = 100;

#[derive(Deserialize)]
struct Customer {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    #[serde(default)]
    deleted: bool,
}

impl From<Customer> for ListedCustomer {
    fn from(customer: Customer) -> Self {
        let Customer { id, name, email, metadata, deleted } = customer;
        let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
        let metadata: BTreeMap<_, _> = metadata.unwrap_or_default().into_iter().filter_map(text).collect();
        Self { id, name, email, metadata, is_deleted: deleted }
    }
}

impl Stripe {
    /// Returns a page of the account's customers, newest first: customers that are created meanwhile are not listed.
    pub(super) async fn customer_page(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        let mut request = ListCustomer::new().limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let Page { data, has_more }: Page<Customer> = self.call(&request, None).await?;
        let Elements { readable, last, first: _ } = data;
        Ok(CustomerPage {
            next: last.filter(|last| has_more && is_object_id(last)),
            customers: readable.into_iter().filter(|one| is_object_id(&one.id)).map(ListedCustomer::from).collect(),
        })
    }
}
