//! The items of a subscription: the plan, and what is paid beside it.

use std::collections::HashMap;

use domain::{
    catalog::{Catalog, Cycle, Plan},
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
/// The metadata key of a price or product that sells seats of its plan, with [`SEAT`] as its value.
pub(in crate::payment::stripe) const PART_METADATA: &str = "dues_part";
pub(in crate::payment::stripe) const SEAT: &str = "seat";
/// Maximum number of items beside the plan that are described.
const MAX_LINES: usize = 20;

/// Products by id, where they were fetched.
pub(in crate::payment::stripe) type Products = HashMap<String, Product>;

/// Returns the plan and cycle that a price counts as, and what of the plan it sells: by the price map and the catalog,
/// else by the price's metadata, else by the product's. A price that was replaced when the catalog changed is not in the
/// map, but its subscribers keep their plan. Without a cycle in the metadata, the price's interval decides.
pub(in crate::payment::stripe) fn sold_by(
    price: &Price,
    products: &Products,
    prices: &PriceMap,
    catalog: &Catalog,
) -> Option<SoldPrice> {
    if let Some(sold) = prices.sold_by(&price.id) {
        return Some(of_seats(sold.clone(), catalog));
    }
    let (of_cycle, of_part) = (price.metadata(CYCLE_METADATA), price.metadata(PART_METADATA));
    let (plan, cycle, part) = if let Some(plan) = price.metadata(PLAN_METADATA).and_then(|plan| catalog.plan(plan)) {
        (plan, of_cycle, of_part)
    } else {
        let product = products.get(price.product.id())?;
        let cycle = of_cycle.or(product.metadata(CYCLE_METADATA));
        (catalog.plan(product.metadata(PLAN_METADATA)?)?, cycle, of_part.or(product.metadata(PART_METADATA)))
    };
    let cycle = cycle.and_then(|cycle| cycle.parse().ok()).or_else(|| cycle_of(price))?;
    let part = if part == Some(SEAT) { PricePart::Seat } else { PricePart::Plan };
    Some(of_seats(SoldPrice { plan: plan.id.clone(), cycle, part }, catalog))
}

/// Each price of a plan that is all seats sells its seats.
pub(super) fn of_seats(sold: SoldPrice, catalog: &Catalog) -> SoldPrice {
    let is_all_seats = catalog.plan(sold.plan.as_str()).is_some_and(Plan::is_all_seats);
    SoldPrice { part: if is_all_seats { PricePart::Seat } else { sold.part }, ..sold }
}

/// Whether a price buys its plan. A seat of a plan with a price of its own does not.
pub(in crate::payment::stripe) fn buys_plan(sold: &SoldPrice, catalog: &Catalog) -> bool {
    sold.part == PricePart::Plan || catalog.plan(sold.plan.as_str()).is_some_and(Plan::is_all_seats)
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
    /// The items that sell seats of the plan. For a plan that is all seats, `plan_item` is one of them.
    pub(in crate::payment::stripe) seats: Vec<&'a Item>,
    /// All items but those that sell the plan and its seats.
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
    let sold_items = items.iter().filter_map(|item| {
        let sold = sold_by(&item.price, products, prices, catalog).filter(|sold| buys_plan(sold, catalog))?;
        Some((sold, item))
    });
    let mut sold_items: Vec<_> = sold_items.collect();
    // Of equals, a price that names the plan itself comes first: an add-on may belong to the plan's product.
    sold_items.sort_by_key(|(_, item)| sold_by(&item.price, &Products::new(), prices, catalog).is_none());
    let (bought, plan_item) = match best_ranked(sold_items, catalog) {
        Some((sold, item)) => (Some(sold.plan_and_cycle()), item),
        None => (None, items.first()?),
    };
    let sells_seats = |item: &&Item| {
        let sold = sold_by(&item.price, products, prices, catalog).filter(|sold| sold.part == PricePart::Seat);
        sold.zip(bought.as_ref()).is_some_and(|(sold, (plan, _))| sold.plan == *plan)
    };
    let seats: Vec<&Item> = items.iter().filter(sells_seats).collect();
    let is_own = |item: &Item| item.id == plan_item.id || seats.iter().any(|seat| seat.id == item.id);
    let others = items.iter().filter(|item| bought.is_none() || !is_own(item)).collect();
    let unsold = items.iter().filter(|item| sold_by(&item.price, products, prices, catalog).is_none()).collect();
    Some(ClassifiedItems { plan_item, bought, seats, others, unsold })
}

impl ClassifiedItems<'_> {
    /// Returns how many seats are paid for in all, those included in the plan's price too; `None` for a plan without
    /// seats.
    pub(in crate::payment::stripe) fn bought_seats(&self, catalog: &Catalog) -> Option<u64> {
        let (plan, _) = self.bought.as_ref()?;
        let sold = catalog.plan(plan.as_str())?.seats.as_ref()?;
        let paid = self.seats.iter().filter_map(|item| item.quantity);
        Some(paid.fold(sold.included, u64::saturating_add))
    }

    /// Returns what plan and seats cost in each cycle; `None` where no single amount exists.
    pub(super) fn price(&self, currency: Option<&str>) -> Option<Money> {
        let further = self.seats.iter().filter(|item| item.id != self.plan_item.id);
        further.fold(price(self.plan_item, currency), |sum, item| {
            let (sum, seats) = (sum?, price(item, currency)?);
            let minor = sum.minor.checked_add(seats.minor)?;
            (sum.currency == seats.currency).then_some(Money { minor, ..sum })
        })
    }

    /// Whether something is paid for beside the plan and its seats.
    pub(super) fn has_further_items(&self) -> bool {
        self.others.iter().any(|item| item.id != self.plan_item.id)
    }

    /// Returns the quantity of the plan. It is 1 for a plan that is all seats, whose seats are counted apart.
    pub(super) fn quantity(&self) -> u64 {
        let is_seats = self.seats.iter().any(|seat| seat.id == self.plan_item.id);
        if is_seats { 1 } else { self.plan_item.quantity.unwrap_or(1) }
    }
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
