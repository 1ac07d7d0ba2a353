//! The provider's objects, and what they come to by a reading that uses no code of Dues.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::TestStripe;

const MONTHS: i128 = 12;
/// A multiple of every count of an interval, so that a sum of a year is exact in these parts.
const PARTS: i128 = 6;

/// Lists all objects of a kind, each as text, by id.
async fn list_all(stripe: &TestStripe, path: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = stripe.list(&format!("{path}limit=100{after}")).await;
        let Some(last) = page.last() else { return all };
        after = format!("&starting_after={}", last["id"].as_str().unwrap());
        all.extend(page.iter().map(|object| (object["id"].as_str().unwrap().to_owned(), object.to_string())));
    }
}

/// The customers, subscriptions and invoices of the account, as text by id.
#[derive(PartialEq, Eq)]
pub(super) struct AccountObjects {
    pub(super) customers: BTreeMap<String, String>,
    pub(super) subscriptions: BTreeMap<String, String>,
    pub(super) invoices: BTreeMap<String, String>,
}

impl AccountObjects {
    pub(super) async fn read(stripe: &TestStripe) -> Self {
        Self {
            customers: list_all(stripe, "/v1/customers?").await,
            subscriptions: list_all(stripe, "/v1/subscriptions?status=all&").await,
            invoices: list_all(stripe, "/v1/invoices?").await,
        }
    }

    pub(super) fn subscription(&self, id: &str) -> Value {
        serde_json::from_str(&self.subscriptions[id]).unwrap()
    }

    /// What the live subscriptions come to in a month, as the report of an import states it.
    pub(super) fn totals(&self) -> Value {
        let mut sums: BTreeMap<String, (u64, i128)> = BTreeMap::new();
        for text in self.subscriptions.values() {
            let subscription: Value = serde_json::from_str(text).unwrap();
            if !["active", "trialing", "past_due"].contains(&subscription["status"].as_str().unwrap()) {
                continue;
            }
            let items = subscription["items"]["data"].as_array().unwrap();
            let yearly: Vec<_> = items.iter().filter_map(yearly_parts).collect();
            if !yearly.is_empty() {
                let sum = sums.entry(subscription["currency"].as_str().unwrap().to_ascii_uppercase()).or_default();
                sum.0 += 1;
                sum.1 += yearly.iter().sum::<i128>();
            }
        }
        let total = |(currency, (subscriptions, parts)): (String, (u64, i128))| {
            let monthly = i64::try_from((parts + MONTHS * PARTS / 2) / (MONTHS * PARTS)).unwrap();
            json!({ "currency": currency, "subscriptions": subscriptions, "monthly": monthly })
        };
        sums.into_iter().map(total).collect()
    }
}

/// What an item costs each time, in minor units of ISO 4217; `None` for a price in tiers.
fn minor(item: &Value) -> Option<i64> {
    let price = &item["price"];
    let amount = price["unit_amount"].as_i64()? * item["quantity"].as_i64().unwrap();
    // Stripe writes this currency without decimal places as if it had two.
    Some(if price["currency"] == "isk" { amount / 100 } else { amount })
}

/// What an item costs in a year, in sixths of a minor unit.
fn yearly_parts(item: &Value) -> Option<i128> {
    let recurring = &item["price"]["recurring"];
    let per_year = match recurring["interval"].as_str().unwrap() {
        "week" => 52,
        "month" => 12,
        "year" => 1,
        other => panic!("no customer pays by the {other}"),
    };
    let parts = i128::from(minor(item)?) * per_year * PARTS;
    let count = i128::from(recurring["interval_count"].as_i64().unwrap());
    assert_eq!(parts % count, 0);
    Some(parts / count)
}

/// The price in a row of the report: what the first item costs.
pub(super) fn price_of(subscription: &Value) -> Value {
    let item = &subscription["items"]["data"][0];
    let currency = subscription["currency"].as_str().unwrap().to_ascii_uppercase();
    minor(item).map_or(Value::Null, |amount| json!({ "amount": amount, "currency": currency }))
}
