//! Items of a subscription that are no plan, in parts, so that each reader gets them in their language.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BillingInterval;
use crate::money::Money;

/// An item that is no plan. Its display is the English description, such as "3 × Support, $150.00 a month".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionItem {
    /// The name at the provider, on one line.
    pub name: String,
    /// How many units are paid for; `None` for one, or where units are not counted.
    pub quantity: Option<u64>,
    /// What all units cost each time; `None` where no single amount exists.
    pub price: Option<Money>,
    /// How often the price is paid; `None` for once, and for an interval that Dues does not know.
    pub every: Option<BillingInterval>,
}

impl SubscriptionItem {
    /// Returns the item with one unit.
    #[must_use]
    pub fn of_one_unit(&self) -> Self {
        let units = self.quantity.and_then(|units| i64::try_from(units).ok()).unwrap_or(1);
        let price = self.price.and_then(|price| Some(Money::new(price.minor.checked_div(units)?, price.currency)));
        Self { name: self.name.clone(), quantity: None, price, every: self.every }
    }
}

impl fmt::Display for SubscriptionItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, quantity, price, every } = self;
        if let Some(quantity) = quantity {
            write!(f, "{quantity} × ")?;
        }
        f.write_str(name)?;
        let Some(price) = price else { return Ok(()) };
        write!(f, ", {}", price.exact())?;
        match every {
            Some(BillingInterval { unit, count: 1 }) => write!(f, " a {}", unit.as_str()),
            Some(BillingInterval { unit, count }) => write!(f, " every {count} {}s", unit.as_str()),
            None => Ok(()),
        }
    }
}

/// What joins the descriptions of several items.
pub const BETWEEN_ITEMS: &str = " + ";

/// Describes items in English.
pub fn describe_items(items: &[SubscriptionItem]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(BETWEEN_ITEMS)
}

/// Returns the items if `text` describes them. A former version stores the text alone, and may replace it.
pub fn items_of<'a>(text: &str, items: &'a [SubscriptionItem]) -> Option<&'a [SubscriptionItem]> {
    (!items.is_empty() && describe_items(items) == text).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{money::Currency, subscription::IntervalUnit};

    fn item(quantity: Option<u64>, minor: Option<i64>, every: Option<(IntervalUnit, u32)>) -> SubscriptionItem {
        SubscriptionItem {
            name: "Support".to_owned(),
            quantity,
            price: minor.map(|minor| Money::new(minor, Currency::USD)),
            every: every.map(|(unit, count)| BillingInterval { unit, count }),
        }
    }

    #[test]
    fn an_item_is_described_in_english() {
        for (item, text) in [
            (item(None, Some(5000), Some((IntervalUnit::Month, 1))), "Support, $50.00 a month"),
            (item(Some(3), Some(15_000), Some((IntervalUnit::Month, 3))), "3 × Support, $150.00 every 3 months"),
            (item(None, Some(5000), None), "Support, $50.00"),
            (item(Some(0), None, Some((IntervalUnit::Year, 1))), "0 × Support"),
        ] {
            assert_eq!(item.to_string(), text);
        }
    }

    #[test]
    fn an_item_of_one_unit_costs_its_share() {
        for (quantity, minor, one) in [
            (None, Some(5000), Some(5000)),
            (Some(3), Some(15_000), Some(5000)),
            (Some(0), Some(0), None),
            (Some(2), None, None),
        ] {
            assert_eq!(item(quantity, minor, None).of_one_unit(), item(None, one, None));
        }
    }

    #[test]
    fn items_belong_to_the_text_that_describes_them() {
        let items = [item(None, Some(5000), Some((IntervalUnit::Month, 1))), item(Some(2), None, None)];
        let text = describe_items(&items);
        assert_eq!(text, "Support, $50.00 a month + 2 × Support");
        assert_eq!(items_of(&text, &items), Some(&items[..]));
        assert_eq!(items_of("Support, $60.00 a month", &items), None);
        assert_eq!(items_of("", &[]), None);
    }

    #[test]
    fn an_item_is_stored_in_parts() {
        let item = item(None, Some(5000), Some((IntervalUnit::Month, 1)));
        let text = serde_json::to_string(&item).unwrap();
        assert_eq!(serde_json::from_str::<SubscriptionItem>(&text).unwrap(), item);
    }
}
