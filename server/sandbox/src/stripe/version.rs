//! Differences between the API versions that a client may pin.

use serde_json::{Value, json};

use super::objects::{Resource, coupon::Coupon};
use crate::storage::Transaction;

/// The default version for requests and webhook endpoints.
pub(crate) const LATEST: &str = "2026-09-30.endive";

/// The first version in which the items of a subscription carry its period, and an invoice names its subscription in
/// `parent`.
const ITEMS_HAVE_PERIODS: &str = "2025-03-31";

/// The first version in which discounts and promotion codes name their coupon instead of containing it.
const COUPONS_ARE_NAMED: &str = "2025-09-30";

/// Whether the text has a version's format: a date, with an optional name.
pub(crate) fn is_valid(version: &str) -> bool {
    let (date, word) = version.split_once('.').unwrap_or((version, "word"));
    let digits =
        |range: std::ops::Range<usize>| date.get(range).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    date.len() == 10
        && digits(0..4)
        && date.get(4..5) == Some("-")
        && digits(5..7)
        && date.get(7..8) == Some("-")
        && digits(8..10)
        && !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Converts a response or an event's object from the latest version's shape to that of `version`.
pub(crate) fn shape(tx: &Transaction<'_>, version: &str, value: &mut Value) {
    let date = version.get(..10).unwrap_or(version);
    if date < COUPONS_ARE_NAMED {
        contain_coupons(value, &|id| tx.get::<Coupon>(id).map(|coupon| coupon.json(tx)));
    }
    if date < ITEMS_HAVE_PERIODS {
        downgrade(value);
    }
}

/// Replaces the coupon that a discount or a promotion code names with the coupon itself.
fn contain_coupons(value: &mut Value, coupon: &dyn Fn(&str) -> Option<Value>) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| contain_coupons(one, coupon)),
        Value::Object(_) => {
            let named_in = match value["object"].as_str() {
                Some("discount") => Some("source"),
                Some("promotion_code") => Some("promotion"),
                _ => None,
            };
            if let (Some(name), Some(fields)) = (named_in, value.as_object_mut())
                && let Some(mut named) =
                    fields.remove(name).map(|mut naming| naming.get_mut("coupon").map(Value::take).unwrap_or_default())
            {
                if let Some(found) = named.as_str().and_then(coupon) {
                    named = found;
                }
                fields.insert("coupon".to_owned(), named);
            }
            if let Some(fields) = value.as_object_mut() {
                fields.values_mut().for_each(|field| contain_coupons(field, coupon));
            }
        }
        _ => {}
    }
}

fn downgrade(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(downgrade),
        Value::Object(_) => {
            match value["object"].as_str() {
                Some("subscription") => {
                    for edge in ["current_period_start", "current_period_end"] {
                        let of_item = value.pointer(&format!("/items/data/0/{edge}")).cloned();
                        value[edge] = of_item.unwrap_or_default();
                    }
                    if let Some(items) = value.pointer_mut("/items/data").and_then(Value::as_array_mut) {
                        for item in items.iter_mut().filter_map(Value::as_object_mut) {
                            item.remove("current_period_start");
                            item.remove("current_period_end");
                        }
                    }
                }
                Some("invoice") => {
                    let subscription = value.pointer("/parent/subscription_details/subscription").cloned();
                    value["subscription"] = subscription.unwrap_or_default();
                    value["paid"] = json!(value["status"] == "paid");
                    if let Some(invoice) = value.as_object_mut() {
                        invoice.remove("parent");
                    }
                }
                _ => {}
            }
            if let Some(fields) = value.as_object_mut() {
                fields.values_mut().for_each(downgrade);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_version_has_the_period_on_the_subscription() {
        let latest = json!({"data": [{"object": "subscription", "items": {"data": [{"current_period_start": 1, "current_period_end": 2}]}}]});
        let mut old = latest.clone();
        downgrade(&mut old);
        assert_eq!(old["data"][0]["current_period_end"], 2);
        assert!(old["data"][0]["items"]["data"][0].get("current_period_end").is_none());
    }

    #[test]
    fn an_old_version_has_the_coupon_in_its_discount() {
        let mut old = json!({"discount": {"object": "discount", "source": {"coupon": "TEN", "type": "coupon"}}});
        contain_coupons(&mut old, &|id| Some(json!({"object": "coupon", "id": id})));
        assert_eq!(old, json!({"discount": {"object": "discount", "coupon": {"object": "coupon", "id": "TEN"}}}));
        let mut gone = json!({"object": "promotion_code", "promotion": {"coupon": "GONE", "type": "coupon"}});
        contain_coupons(&mut gone, &|_| None);
        assert_eq!(gone, json!({"object": "promotion_code", "coupon": "GONE"}));
    }

    #[test]
    fn versions_are_dates_with_perhaps_a_word() {
        for good in [LATEST, "2024-06-20", "2025-03-31.basil", "2026-01-01.custom_preview"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "latest", "2024-6-20", "2024-06-20.", "2024-06-20.a b", "ü24-06-20"] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
