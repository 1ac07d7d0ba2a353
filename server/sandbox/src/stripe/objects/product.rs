//! Stripe: "The Product object".

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) active: bool,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) default_price: Option<String>,
    pub(crate) images: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) tax_code: Option<String>,
    pub(crate) unit_label: Option<String>,
    pub(crate) url: Option<String>,
}

impl Resource for Product {
    const WHAT: &'static str = "product";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "product",
            "active": self.active,
            "attributes": [],
            "created": self.created.as_secs(),
            "default_price": self.default_price,
            "description": self.description,
            "images": self.images,
            "livemode": false,
            "marketing_features": [],
            "metadata": self.metadata,
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": self.statement_descriptor,
            "tax_code": self.tax_code,
            "tax_details": null,
            "type": "service",
            "unit_label": self.unit_label,
            "updated": self.updated.as_secs(),
            "url": self.url,
        })
    }
}
