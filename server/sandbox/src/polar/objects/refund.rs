//! Polar: "Refund".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Metadata, Resource, order::Order, time};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) order: String,
    pub(crate) reason: String,
    pub(crate) amount: i64,
    pub(crate) metadata: Metadata,
}

impl Resource for Refund {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let order = tx.get::<Order>(&self.order);
        json!({
            "created_at": time(self.created),
            "modified_at": null,
            "id": self.id,
            "metadata": self.metadata,
            "status": "succeeded",
            "reason": self.reason,
            "amount": self.amount,
            "tax_amount": 0,
            "currency": order.as_ref().map(|order| order.currency.to_string().to_lowercase()),
            "organization_id": self.account.organization,
            "order_id": self.order,
            "subscription_id": order.as_ref().and_then(|order| order.subscription.clone()),
            "customer_id": order.as_ref().map(|order| order.customer.clone()),
            "revoke_benefits": false,
            "dispute": null,
        })
    }
}
