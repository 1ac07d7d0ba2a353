//! Polar: "Product", with its fixed prices.

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Metadata, Resource, merged, time, time_or_null};
use crate::{
    billing::interval::{Interval, Recurring},
    storage::Transaction,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) visibility: String,
    pub(crate) is_archived: bool,
    /// The billing interval. `None` for a one-time purchase.
    pub(crate) every: Option<Recurring>,
    pub(crate) prices: Vec<Price>,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) is_archived: bool,
}

impl Price {
    pub(crate) fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// Lower case, as Polar writes it.
    pub(crate) fn currency_code(&self) -> String {
        self.currency.to_string().to_lowercase()
    }

    pub(crate) fn json(&self, product: &str) -> Value {
        json!({
            "created_at": time(self.created),
            "modified_at": null,
            "id": self.id,
            "source": "catalog",
            "amount_type": "fixed",
            "price_currency": self.currency_code(),
            "tax_behavior": null,
            "is_archived": self.is_archived,
            "product_id": product,
            "price_amount": self.amount,
        })
    }
}

impl Product {
    /// The first price for new purchases. `None` if all prices are archived.
    pub(crate) fn price(&self) -> Option<&Price> {
        self.prices.iter().find(|price| !price.is_archived)
    }

    /// The price for new purchases in `currency`. If `currency` is `None`, the first price.
    pub(crate) fn price_in(&self, currency: Option<Currency>) -> Option<&Price> {
        match currency {
            None => self.price(),
            asked => self.prices.iter().find(|price| !price.is_archived && Some(price.currency) == asked),
        }
    }

    /// Whether the metadata's value for `key` equals `value`, which is text from a query.
    pub(crate) fn has_tag(&self, key: &str, value: &str) -> bool {
        self.metadata.get(key).is_some_and(|tag| match tag {
            Value::String(text) => text == value,
            Value::Bool(flag) => value.parse() == Ok(*flag),
            Value::Number(number) => value.parse().is_ok_and(|asked: serde_json::Number| asked == *number),
            _ => false,
        })
    }

    pub(crate) fn interval_word(every: Recurring) -> &'static str {
        Interval::CHOICES.iter().find(|(_, interval)| *interval == every.interval).map_or("month", |(word, _)| word)
    }

    pub(crate) fn prices_json(&self) -> Vec<Value> {
        self.prices.iter().filter(|price| !price.is_archived).map(|price| price.json(&self.id)).collect()
    }

    /// The product's JSON fields that an order or a checkout includes.
    pub(crate) fn bare_json(&self) -> Value {
        json!({
            "metadata": self.metadata,
            "id": self.id,
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "trial_interval": null,
            "trial_interval_count": null,
            "name": self.name,
            "description": self.description,
            "visibility": self.visibility,
            "recurring_interval": self.every.map(Self::interval_word),
            "recurring_interval_count": self.every.map(|every| every.count),
            "meter_interval": null,
            "meter_interval_count": null,
            "is_recurring": self.every.is_some(),
            "is_archived": self.is_archived,
            "organization_id": self.account.organization,
        })
    }
}

impl Resource for Product {
    fn account(&self) -> &Account {
        &self.account
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        let more = json!({ "prices": self.prices_json(), "benefits": [], "medias": [], "attached_custom_fields": [] });
        merged(self.bare_json(), more)
    }
}
