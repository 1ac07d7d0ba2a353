//! Polar: "Customer Session", which gives access to the customer portal for an hour.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Resource, customer::Customer, time};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CustomerSession {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) token: String,
    pub(crate) customer: String,
    pub(crate) return_url: Option<String>,
}

impl Resource for CustomerSession {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        json!({
            "created_at": time(self.created),
            "modified_at": null,
            "id": self.id,
            "token": self.token,
            "expires_at": time(self.expires_at),
            "return_url": self.return_url,
            "customer_portal_url": format!("{}/portal/polar/{}", tx.public_url, self.token),
            "customer_id": self.customer,
            "customer": tx.get::<Customer>(&self.customer).map(|customer| customer.json(tx)),
        })
    }
}
