//! Stripe: "The Refund object".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) payment_intent: String,
    pub(crate) charge: String,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Resource for Refund {
    const WHAT: &'static str = "refund";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": self.created.as_secs(),
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "destination_details": { "card": { "type": "refund" }, "type": "card" },
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "payment_method": null,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": "succeeded",
            "transfer_reversal": null,
        })
    }
}
