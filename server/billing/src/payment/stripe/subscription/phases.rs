//! The phases of a subscription schedule that makes a change with the next period.

use std::collections::BTreeMap;

use domain::catalog::Cycle;
use serde::Serialize;
use serde_json::Value;

use super::item_change::ItemChange;
use crate::payment::stripe::answer::{self, Item};

/// An item of a phase of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PhaseForm {
    price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<DiscountForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tax_rates: Vec<String>,
    /// Stripe adds it to the item when the phase begins. An item that Stripe replaces then would otherwise lose its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

/// A phase of a schedule (Stripe: "Update a schedule"). It states all that applies in it: Stripe drops a discount, a tax
/// rate and a trial that it does not name.
#[derive(Serialize)]
pub(super) struct Phase {
    start_date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<Duration>,
    items: Vec<PhaseForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<DiscountForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    default_tax_rates: Vec<String>,
    /// Whether nothing is charged in the phase; never `Some(false)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<bool>,
    proration_behavior: &'static str,
}

#[derive(Serialize)]
struct Duration {
    interval: &'static str,
    interval_count: u8,
}

/// A discount that a phase or an item of it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct DiscountForm {
    discount: String,
}

/// Returns the current period, which is the trial of a subscription on trial, and the period after it.
pub(super) fn phases(
    current: &answer::Subscription,
    (start, end): (i64, i64),
    next: Vec<PhaseForm>,
    cycle: Cycle,
) -> [Phase; 2] {
    let discounts = kept_discounts(current.discounts.as_deref());
    let default_tax_rates = kept_tax_rates(&current.default_tax_rates);
    [
        Phase {
            start_date: start,
            end_date: Some(end),
            duration: None,
            items: current.items.data.iter().map(phase_item).collect(),
            discounts: discounts.clone(),
            default_tax_rates: default_tax_rates.clone(),
            trial: current.is_trialing().then_some(true),
            proration_behavior: "none",
        },
        Phase {
            start_date: end,
            end_date: None,
            duration: Some(Duration { interval: cycle.unit(), interval_count: 1 }),
            items: next,
            discounts,
            default_tax_rates,
            trial: None,
            proration_behavior: "none",
        },
    ]
}

/// Returns an item as it is.
fn phase_item(item: &Item) -> PhaseForm {
    PhaseForm {
        price: item.price.id.clone(),
        quantity: item.quantity,
        discounts: kept_discounts(item.discounts.as_deref()),
        tax_rates: kept_tax_rates(&item.tax_rates),
        metadata: kept_metadata(&item.metadata),
    }
}

/// Returns the metadata of an item. An empty value would unset its key.
fn kept_metadata(metadata: &Value) -> BTreeMap<String, String> {
    let entries = metadata.as_object().into_iter().flatten();
    let texts = entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    texts.filter(|(_, value)| !value.is_empty()).collect()
}

/// Returns the discounts of a subscription or of an item of it.
fn kept_discounts(discounts: Option<&[Value]>) -> Vec<DiscountForm> {
    ids_of(discounts.unwrap_or_default()).map(|discount| DiscountForm { discount }).collect()
}

/// Returns the tax rates of a subscription or of an item of it.
fn kept_tax_rates(rates: &Value) -> Vec<String> {
    ids_of(rates.as_array().map(Vec::as_slice).unwrap_or_default()).collect()
}

/// Returns the ids of a list of objects, of which Stripe lists some by id.
fn ids_of(list: &[Value]) -> impl Iterator<Item = String> {
    list.iter().filter_map(|element| match element {
        Value::Object(object) => object.get("id")?.as_str().map(str::to_owned),
        other => other.as_str().map(str::to_owned),
    })
}

/// Returns the items of the phase after the changes, in the order of the current ones, with added ones last.
pub(super) fn next_items(current: &[Item], changes: &[ItemChange]) -> Vec<PhaseForm> {
    let kept = current.iter().filter_map(|item| {
        let change = changes.iter().find(|change| match change {
            ItemChange::Changed { id, .. } | ItemChange::Deleted { id } => *id == item.id,
            ItemChange::Added { .. } => false,
        });
        match change {
            Some(ItemChange::Deleted { .. }) => None,
            Some(ItemChange::Changed { price, quantity, .. }) => Some(PhaseForm {
                price: price.clone().unwrap_or_else(|| item.price.id.clone()),
                quantity: Some(*quantity),
                ..phase_item(item)
            }),
            Some(ItemChange::Added { .. }) | None => Some(phase_item(item)),
        }
    });
    let added = changes.iter().filter_map(|change| match change {
        ItemChange::Added { price, quantity } => Some(PhaseForm {
            price: price.clone(),
            quantity: Some(*quantity),
            discounts: Vec::new(),
            tax_rates: Vec::new(),
            metadata: BTreeMap::new(),
        }),
        ItemChange::Changed { .. } | ItemChange::Deleted { .. } => None,
    });
    kept.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// A subscription with a plan, whose item has a tax rate, a discount and metadata, and with an add-on.
    fn subscription(status: &str) -> answer::Subscription {
        let item = |id: &str, quantity: u64| {
            json!({
                "id": format!("si_{id}"),
                "quantity": quantity,
                "price": { "id": format!("price_{id}"), "product": "prod_1", "currency": "usd" },
            })
        };
        let mut plan = item("team", 1);
        plan["tax_rates"] = json!([{ "id": "txr_item" }]);
        plan["discounts"] = json!(["di_item"]);
        plan["metadata"] = json!({ "contract": "4711", "unset": "" });
        let answer = json!({
            "id": "sub_1",
            "customer": "cus_1",
            "status": status,
            "created": 1,
            "cancel_at_period_end": false,
            "items": { "data": [plan, item("addon", 2)] },
            "discounts": [{ "id": "di_1", "coupon": {} }],
            "default_tax_rates": [{ "id": "txr_1" }],
        });
        serde_json::from_value(answer).unwrap()
    }

    #[rstest]
    #[case::on_trial("trialing", json!(true))]
    #[case::paid("active", Value::Null)]
    fn a_change_that_waits_keeps_discounts_taxes_metadata_and_the_trial(#[case] status: &str, #[case] trial: Value) {
        let current = subscription(status);
        let changes = [
            ItemChange::Changed { id: "si_team".to_owned(), price: Some("price_pro".to_owned()), quantity: 1 },
            ItemChange::Added { price: "price_seat".to_owned(), quantity: 3 },
        ];
        let next = next_items(&current.items.data, &changes);
        let phases = json!(phases(&current, (10, 20), next, Cycle::Monthly));
        let plan = |price: &str| {
            let discounts = json!([{ "discount": "di_item" }]);
            let metadata = json!({ "contract": "4711" });
            json!({ "price": price, "quantity": 1, "discounts": discounts, "tax_rates": ["txr_item"], "metadata": metadata })
        };
        let addon = json!({ "price": "price_addon", "quantity": 2 });
        let seats = json!({ "price": "price_seat", "quantity": 3 });
        assert_eq!(phases[0]["items"], json!([plan("price_team"), addon]));
        assert_eq!(phases[1]["items"], json!([plan("price_pro"), addon, seats]));
        for phase in [&phases[0], &phases[1]] {
            assert_eq!(phase["discounts"], json!([{ "discount": "di_1" }]));
            assert_eq!(phase["default_tax_rates"], json!(["txr_1"]));
        }
        assert_eq!((&phases[0]["trial"], &phases[1]["trial"]), (&trial, &Value::Null));
        assert_eq!((&phases[0]["end_date"], &phases[1]["start_date"]), (&json!(20), &json!(20)));
    }
}
