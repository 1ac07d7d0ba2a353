//! Polar: "Product", with its fixed and seat-based prices.

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, Metadata, Resource, merged, seats::SeatTiers, time, time_or_null};
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
    /// The trial of a new subscription, unless the checkout has another.
    #[serde(default)]
    pub(crate) trial: Option<Recurring>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// Minor units. Of a seat-based price, the amount of its fewest seats.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) is_archived: bool,
    /// Set for a seat-based price.
    #[serde(default)]
    pub(crate) seats: Option<SeatTiers>,
}

impl Price {
    pub(crate) fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// The number of seats with which a subscription begins: `asked`, else the fewest. `None` for a fixed price.
    pub(crate) fn seats_or_fewest(&self, asked: Option<u32>) -> Option<u32> {
        self.seats.as_ref().map(|tiers| asked.unwrap_or_else(|| tiers.minimum()))
    }

    /// The amount of a period in minor units. `seats` has no effect on a fixed price.
    pub(crate) fn amount_for(&self, seats: Option<u32>) -> i64 {
        match (&self.seats, seats) {
            (Some(tiers), Some(seats)) => tiers.amount(seats),
            _ => self.amount,
        }
    }

    /// Lower case, as Polar writes it.
    pub(crate) fn currency_code(&self) -> String {
        self.currency.to_string().to_lowercase()
    }

    pub(crate) fn json(&self, product: &str) -> Value {
        let price = json!({
            "created_at": time(self.created),
            "modified_at": null,
            "id": self.id,
            "source": "catalog",
            "price_currency": self.currency_code(),
            "tax_behavior": null,
            "is_archived": self.is_archived,
            "product_id": product,
        });
        let amount = match &self.seats {
            Some(tiers) => json!({ "amount_type": "seat_based", "seat_tiers": tiers.json() }),
            None => json!({ "amount_type": "fixed", "price_amount": self.amount }),
        };
        merged(price, amount)
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
            "trial_interval": self.trial.map(Self::interval_word),
            "trial_interval_count": self.trial.map(|every| every.count),
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
