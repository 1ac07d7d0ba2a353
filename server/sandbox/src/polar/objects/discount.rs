//! Polar: "Discount", a percentage or an amount off, applied by id or by code.

use domain::{money::Currency, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Account, Metadata, Resource, merged, product::Product, time, time_or_null};
use crate::{
    billing::{
        interval::{Interval, Recurring},
        period,
    },
    storage::Transaction,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Discount {
    pub(crate) id: String,
    pub(crate) account: Account,
    pub(crate) created: Timestamp,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) deleted: bool,
    pub(crate) name: String,
    /// What customers enter, in any case. `None` for a discount that is applied by id only.
    pub(crate) code: Option<String>,
    pub(crate) off: Off,
    pub(crate) duration: Duration,
    pub(crate) months: Option<u32>,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) max_redemptions: Option<u32>,
    pub(crate) redemptions: u32,
    /// The products that the discount applies to. Empty for all products.
    pub(crate) products: Vec<String>,
    pub(crate) metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Off {
    /// Hundredths of a percent.
    Percentage(u32),
    /// Minor units by currency. Not empty.
    Fixed(Vec<(Currency, i64)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Duration {
    Once,
    Forever,
    Repeating,
}

choices!(Duration { Once = "once", Forever = "forever", Repeating = "repeating" });

/// A discount as a subscription has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redeemed {
    /// The discount's id.
    pub(crate) id: String,
    pub(crate) until: Option<Timestamp>,
}

impl Discount {
    /// Whether the discount can be redeemed for the product.
    pub(crate) fn is_redeemable(&self, product: &str, now: Timestamp) -> bool {
        !self.deleted
            && self.starts_at.is_none_or(|at| at <= now)
            && self.ends_at.is_none_or(|at| now < at)
            && self.max_redemptions.is_none_or(|most| self.redemptions < most)
            && (self.products.is_empty() || self.products.iter().any(|covered| covered == product))
    }

    /// What is taken off an amount, at most all of it. Zero for amounts in other currencies.
    pub(crate) fn taken_off(&self, amount: i64, currency: Currency) -> i64 {
        let amount = amount.max(0);
        match &self.off {
            Off::Percentage(points) => {
                let twice = 2 * i128::from(amount) * i128::from(*points) + 10_000;
                i64::try_from(twice / 20_000).unwrap_or(amount).min(amount)
            }
            Off::Fixed(amounts) => {
                let of = amounts.iter().find(|(of, _)| *of == currency);
                of.map_or(0, |(_, off)| (*off).min(amount))
            }
        }
    }

    /// The discount as a subscription that begins at `from` has it.
    pub(crate) fn redeemed(&self, from: Timestamp) -> Redeemed {
        let every = self.months.map(|count| Recurring { interval: Interval::Month, count });
        Redeemed { id: self.id.clone(), until: every.map(|every| period::end_after(from, from, every)) }
    }

    /// The fields that a checkout includes.
    pub(crate) fn bare_json(&self) -> Value {
        let about = json!({ "id": self.id, "name": self.name, "code": self.code, "duration": self.duration });
        let lasts = match self.duration {
            Duration::Repeating => json!({ "duration_in_months": self.months }),
            Duration::Once | Duration::Forever => json!({}),
        };
        let off = match &self.off {
            Off::Percentage(points) => json!({ "type": "percentage", "basis_points": points }),
            Off::Fixed(amounts) => {
                let first = amounts.first();
                let all: Map<String, Value> =
                    amounts.iter().map(|(currency, amount)| (code(*currency), (*amount).into())).collect();
                json!({
                    "type": "fixed",
                    "amount": first.map(|(_, amount)| *amount),
                    "currency": first.map(|(currency, _)| code(*currency)),
                    "amounts": all,
                })
            }
        };
        merged(merged(about, lasts), off)
    }

    /// The fields that a subscription and an order include.
    pub(crate) fn base_json(&self) -> Value {
        let more = json!({
            "created_at": time(self.created),
            "modified_at": time_or_null(self.modified),
            "metadata": self.metadata,
            "starts_at": time_or_null(self.starts_at),
            "ends_at": time_or_null(self.ends_at),
            "max_redemptions": self.max_redemptions,
            "redemptions_count": self.redemptions,
            "organization_id": self.account.organization,
        });
        merged(self.bare_json(), more)
    }
}

fn code(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

impl Resource for Discount {
    fn account(&self) -> &Account {
        &self.account
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let products = self.products.iter().filter_map(|id| tx.get::<Product>(id));
        let products: Vec<_> = products.map(|product| product.bare_json()).collect();
        merged(self.base_json(), json!({ "products": products }))
    }
}
