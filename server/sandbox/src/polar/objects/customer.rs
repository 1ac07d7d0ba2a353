//! Polar: "Customer", its state, and its payment method.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Metadata, Resource, time, time_or_null};
use crate::{
    billing::card::{CardEntry, TestCard},
    storage::{Transaction, ids},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) deleted: Option<Timestamp>,
    pub(crate) external_id: Option<String>,
    /// The external id of a deleted customer. Another customer may have it by now.
    #[serde(default)]
    pub(crate) former_external_id: Option<String>,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) billing_address: Option<Value>,
    /// The value and the type.
    #[serde(default)]
    pub(crate) tax_id: Option<Value>,
    pub(crate) metadata: Metadata,
    pub(crate) card: Option<Card>,
    /// A switch on the board: while it is on, every charge is declined.
    pub(crate) fail_payments: bool,
}

/// Polar: "Payment Method".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    id: String,
    created: Timestamp,
    kind: TestCard,
    exp_month: u8,
    exp_year: u16,
}

impl Card {
    pub(crate) fn new(tx: &Transaction<'_>, entry: &CardEntry) -> Self {
        let CardEntry { card, exp_month, exp_year, .. } = *entry;
        Self { id: ids::uuid(), created: tx.now, kind: card, exp_month, exp_year }
    }

    pub(crate) fn label(&self) -> String {
        format!("Visa ending in {}", self.kind.last4())
    }

    fn json(&self, customer: &str) -> Value {
        json!({
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": null,
            "processor": "stripe",
            "customer_id": customer,
            "type": "card",
            "method_metadata": { "brand": "visa", "last4": self.kind.last4(), "exp_month": self.exp_month, "exp_year": self.exp_year, "wallet": null },
            "is_default": true,
        })
    }
}

impl Customer {
    pub(crate) fn new(tx: &Transaction<'_>, account: &Account, email: String) -> Self {
        Self {
            id: ids::uuid(),
            account: account.clone(),
            created: tx.now,
            modified: None,
            deleted: None,
            external_id: None,
            former_external_id: None,
            email,
            name: None,
            billing_address: None,
            tax_id: None,
            metadata: Metadata::new(),
            card: None,
            fail_payments: false,
        }
    }

    /// The external id in responses. For a deleted customer it is `former_external_id`.
    pub(crate) fn shown_external_id(&self) -> Option<&String> {
        self.external_id.as_ref().or(self.former_external_id.as_ref())
    }

    /// Whether a charge would be refused.
    pub(crate) fn is_refused(&self) -> bool {
        let refuses = |card: &Card| matches!(card.kind, TestCard::IsDeclined | TestCard::FailsWhenCharged);
        self.fail_payments || self.card.as_ref().is_none_or(refuses)
    }

    pub(crate) fn payment_methods(&self) -> Vec<Value> {
        self.card.iter().map(|card| card.json(&self.id)).collect()
    }
}

impl Resource for Customer {
    fn account(&self) -> &Account {
        &self.account
    }

    fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "metadata": self.metadata,
            "external_id": self.shown_external_id(),
            "email": self.email,
            "email_verified": false,
            "type": "individual",
            "name": self.name,
            "billing_name": self.name,
            "billing_address": self.billing_address,
            "tax_id": self.tax_id,
            "locale": null,
            "organization_id": self.account.organization,
            "default_payment_method_id": self.card.as_ref().map(|card| card.id.as_str()),
            "deleted_at": time_or_null(self.deleted),
            "avatar_url": null,
        })
    }
}
