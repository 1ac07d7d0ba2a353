//! The items of a subscription: the plan, and what is paid beside it.

use std::collections::HashMap;

use domain::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::Money,
    subscription::{
        UNNAMED_SUBSCRIPTION,
        item::{SubscriptionItem, describe_items},
        one_line,
    },
};
use serde_json::Value;

use crate::payment::{
    UnsoldItem,
    price_map::{PriceMap, PricePart, SoldPrice},
    stripe::{
        answer::{Item, Price, Product, Recurring},
        money,
    },
};

/// The metadata key with the plan that a price or product counts as. `server stripe setup` puts it on both. A price
/// that was replaced keeps its plan by this key.
pub(in crate::payment::stripe) const PLAN_METADATA: &str = "dues_plan";
/// The metadata key with the cycle that a price or product counts as.
const CYCLE_METADATA: &str = "dues_cycle";
/// Maximum number of items beside the plan that are described.
const MAX_LINES: usize = 20;

/// Products by id, where they were fetched.
pub(in crate::payment::stripe) type Products = HashMap<String, Product>;

/// Returns the plan and cycle that a price counts as: by the price map and the catalog, else by the price's metadata,
/// else by the product's. A price that was replaced when the catalog changed is not in the map, but its subscribers
/// keep their plan. Without a cycle in the metadata, the price's interval decides.
pub(in crate::payment::stripe) fn sold_by(
    price: &Price,
    products: &Products,
    prices: &PriceMap,
    catalog: &Catalog,
) -> Option<SoldPrice> {
    if let Some(sold) = prices.sold_by(&price.id) {
        return Some(sold.clone());
    }
    let of_price = price.metadata(CYCLE_METADATA);
    let (plan, cycle) = if let Some(plan) = price.metadata(PLAN_METADATA).and_then(|plan| catalog.plan(plan)) {
        (plan, of_price)
    } else {
        let product = products.get(price.product.id())?;
        (catalog.plan(product.metadata(PLAN_METADATA)?)?, of_price.or(product.metadata(CYCLE_METADATA)))
    };
    let cycle = cycle.and_then(|cycle| cycle.parse().ok()).or_else(|| cycle_of(price))?;
    Some(SoldPrice { plan: plan.id.clone(), cycle, part: PricePart::Plan })
}

/// Returns the cycle that the price's interval counts as; `None` for a price that is paid once.
fn cycle_of(price: &Price) -> Option<Cycle> {
    Some(price.recurring.as_ref()?.billing_interval()?.nearest_cycle())
}

/// Returns the best-ranked plan, the first of equals. The price of a plan comes before that of its seats.
pub(in crate::payment::stripe) fn best_ranked<T>(
    sold: impl IntoIterator<Item = (SoldPrice, T)>,
    catalog: &Catalog,
) -> Option<(SoldPrice, T)> {
    let rank = |sold: &SoldPrice| {
        let plan = catalog.plan(sold.plan.as_str()).map(|plan| plan.rank);
        (plan, sold.part == PricePart::Plan)
    };
    sold.into_iter().reduce(|best, next| if rank(&next.0) > rank(&best.0) { next } else { best })
}

/// A subscription's items, classified.
pub(in crate::payment::stripe) struct ClassifiedItems<'a> {
    /// The item that sells the plan; the first item where none does.
    pub(in crate::payment::stripe) plan_item: &'a Item,
    pub(in crate::payment::stripe) bought: Option<(PlanId, Cycle)>,
    /// All items but the item that sells the plan.
    pub(in crate::payment::stripe) others: Vec<&'a Item>,
    /// The items that sell no plan.
    pub(in crate::payment::stripe) unsold: Vec<&'a Item>,
}

/// Classifies items; `None` without any.
pub(in crate::payment::stripe) fn classify<'a>(
    items: &'a [Item],
    products: &Products,
    prices: &PriceMap,
    catalog: &Catalog,
) -> Option<ClassifiedItems<'a>> {
    let sold_items = items.iter().filter_map(|item| Some((sold_by(&item.price, products, prices, catalog)?, item)));
    let mut sold_items: Vec<_> = sold_items.collect();
    // Of equals, a price that names the plan itself comes first: an add-on may belong to the plan's product.
    sold_items.sort_by_key(|(_, item)| sold_by(&item.price, &Products::new(), prices, catalog).is_none());
    let (bought, plan_item) = match best_ranked(sold_items, catalog) {
        Some((sold, item)) => (Some(sold.plan_and_cycle()), item),
        None => (None, items.first()?),
    };
    let others = items.iter().filter(|item| bought.is_none() || item.id != plan_item.id).collect();
    let unsold = items.iter().filter(|item| sold_by(&item.price, products, prices, catalog).is_none()).collect();
    Some(ClassifiedItems { plan_item, bought, others, unsold })
}

/// Returns what an item costs in each cycle, in the subscription's currency (default: the price's), before discounts
/// and tax.
///
/// `None` where no single amount exists (metered or packaged prices), or the price has none in that currency.
pub(super) fn price(item: &Item, currency: Option<&str>) -> Option<Money> {
    if item.price.transform_quantity.is_some() {
        return None;
    }
    let quantity = i64::try_from(item.quantity?).ok()?;
    let currency = currency.unwrap_or(&item.price.currency);
    let amount = item.price.unit_amount_in(currency)?.checked_mul(quantity)?;
    Some(money(amount, currency.parse().ok()?))
}

/// Reads the parts of an item that people see, such as "Support, $50.00 a month" or "3 × Support, $150.00 a month".
fn in_parts(item: &Item, products: &Products, currency: Option<&str>) -> SubscriptionItem {
    let product = products.get(item.price.product.id()).map(|product| &product.name);
    let name = product.or(item.price.nickname.as_ref());
    SubscriptionItem {
        name: one_line(name.unwrap_or(&item.price.id)),
        quantity: item.quantity.filter(|quantity| *quantity != 1),
        price: price(item, currency),
        every: item.price.recurring.as_ref().and_then(Recurring::billing_interval),
    }
}

/// Reads the parts of the first [`MAX_LINES`] items.
pub(super) fn all_in_parts(items: &[&Item], products: &Products, currency: Option<&str>) -> Vec<SubscriptionItem> {
    items.iter().take(MAX_LINES).map(|item| in_parts(item, products, currency)).collect()
}

pub(super) fn unsold_items(items: &[&Item], products: &Products, currency: Option<&str>) -> Vec<UnsoldItem> {
    let one = |item: &&Item| UnsoldItem {
        price: item.price.id.clone(),
        item: in_parts(item, products, currency),
        cycle: cycle_of(&item.price),
    };
    items.iter().take(MAX_LINES).map(one).collect()
}

/// Describes an unreadable subscription by its readable items, else as [`UNNAMED_SUBSCRIPTION`]. Returns the
/// description and the items.
pub(super) fn describe_raw(answer: &Value) -> (String, Vec<SubscriptionItem>) {
    let items = answer.pointer("/items/data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |item: &Value| serde_json::from_value::<Item>(item.clone()).ok();
    let currency = answer.get("currency").and_then(Value::as_str);
    let parts = |item: Item| in_parts(&item, &Products::new(), currency);
    let items: Vec<_> = items.iter().take(MAX_LINES).filter_map(read).map(parts).collect();
    let described = if items.is_empty() { UNNAMED_SUBSCRIPTION.to_owned() } else { one_line(&describe_items(&items)) };
    (described, items)
}
