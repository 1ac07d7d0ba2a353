//! Stripe: "The Customer object".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, coupon::Discount};
use crate::{
    storage::{Transaction, ids},
    stripe::json_parts::whole_list,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) deleted: bool,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) address: Option<Address>,
    pub(crate) metadata: Metadata,
    /// Debit in minor units. Negative is credit, which the next invoice uses up.
    pub(crate) balance: i64,
    pub(crate) currency: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    #[serde(default)]
    pub(crate) discount: Option<Discount>,
    /// Oldest first.
    #[serde(default)]
    pub(crate) tax_ids: Vec<TaxId>,
    pub(crate) invoice_prefix: String,
    pub(crate) next_invoice_sequence: u32,
    /// A switch on the board: while it is on, every charge is declined.
    pub(crate) fail_payments: bool,
}

/// Stripe: "The Tax ID object". The sandbox verifies none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TaxId {
    pub(crate) id: String,
    created: Timestamp,
    kind: String,
    value: String,
}

impl TaxId {
    pub(crate) fn new(tx: &Transaction<'_>, kind: String, value: String) -> Self {
        Self { id: ids::new("txi"), created: tx.now, kind, value }
    }

    pub(crate) fn json(&self, customer: &str) -> Value {
        // The types that begin with a country's code and an underscore are of this country.
        let country = self.kind.split_once('_').map(|(country, _)| country).filter(|country| country.len() == 2);
        let country = country.filter(|country| *country != "eu").map(str::to_ascii_uppercase);
        // The value of an EU VAT number begins with the code of the country.
        let of_value = || (self.kind == "eu_vat").then(|| self.value.chars().take(2).collect::<String>());
        json!({
            "id": self.id,
            "object": "tax_id",
            "country": country.or_else(of_value),
            "created": self.created.as_secs(),
            "customer": customer,
            "customer_account": null,
            "livemode": false,
            "owner": { "customer": customer, "customer_account": null, "type": "customer" },
            "type": self.kind,
            "value": self.value,
            "verification": { "status": "unavailable", "verified_address": null, "verified_name": null },
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) city: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) line1: Option<String>,
    pub(crate) line2: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) state: Option<String>,
}

impl Customer {
    pub(crate) fn new(tx: &Transaction<'_>) -> Self {
        let id = ids::new("cus");
        let invoice_prefix = id.chars().rev().take(8).collect::<String>().to_ascii_uppercase();
        Self {
            id,
            created: tx.now,
            deleted: false,
            email: None,
            name: None,
            phone: None,
            description: None,
            address: None,
            metadata: Metadata::new(),
            balance: 0,
            currency: None,
            default_payment_method: None,
            discount: None,
            tax_ids: Vec::new(),
            invoice_prefix,
            next_invoice_sequence: 1,
            fail_payments: false,
        }
    }
}

impl Customer {
    /// The tax ids as an invoice shows them.
    pub(crate) fn tax_ids_on_invoice(&self) -> Vec<Value> {
        self.tax_ids.iter().map(|tax_id| json!({ "type": tax_id.kind, "value": tax_id.value })).collect()
    }

    /// The tax ids, newest first, as a list object.
    pub(crate) fn tax_ids_json(&self) -> Value {
        let ids = self.tax_ids.iter().rev().map(|tax_id| tax_id.json(&self.id)).collect();
        whole_list(ids, format!("/v1/customers/{}/tax_ids", self.id))
    }
}

impl Resource for Customer {
    const WHAT: &'static str = "customer";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id,
            "object": "customer",
            "address": self.address,
            "balance": self.balance,
            "created": self.created.as_secs(),
            "currency": self.currency,
            "customer_account": null,
            "default_source": null,
            "delinquent": super::invoice::is_delinquent(tx, &self.id),
            "description": self.description,
            "discount": self.discount.as_ref().filter(|discount| discount.is_in_effect(tx.now)).map(Discount::json),
            "email": self.email,
            "invoice_prefix": self.invoice_prefix,
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": self.default_payment_method,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": self.next_invoice_sequence,
            "phone": self.phone,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}
