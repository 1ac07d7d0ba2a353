//! The items of a subscription: the plan, and what is paid beside it.

use std::collections::HashMap;

use domain::{
    catalog::{Catalog, Cycle, Plan},
    ids::PlanId,
    money::Money,
    subscription::{UNNAMED_SUBSCRIPTION, one_line},
};
use serde_json::Value;

use crate::payment::{
    UnsoldItem,
    price_map::{PriceMap, PricePart, SoldPrice},
    stripe::{
        answer::{Item, Price, Recurring},
        money,
    },
};

/// The metadata key with the plan that `server stripe setup` puts on a price. A price that was replaced keeps its plan
/// by this key.
pub(in crate::payment::stripe) const PLAN_METADATA: &str = "dues_plan";
/// The metadata key of a price that sells seats of its plan, with [`SEAT`] as its value.
pub(in crate::payment::stripe) const PART_METADATA: &str = "dues_part";
pub(in crate::payment::stripe) const SEAT: &str = "seat";
/// Maximum number of items beside the plan that are described.
const MAX_LINES: usize = 20;

/// Returns what a price sells of which plan, by the price map, else by the price's metadata. A price that was replaced when
/// the catalog changed is not in the map, but its subscribers keep their plan.
pub(in crate::payment::stripe) fn sold_by(price: &Price, prices: &PriceMap, catalog: &Catalog) -> Option<SoldPrice> {
    if let Some(sold) = prices.sold_by(&price.id) {
        return Some(sold.clone());
    }
    let plan = catalog.plan(price.metadata(PLAN_METADATA)?)?;
    let recurring = price.recurring.as_ref().filter(|recurring| recurring.interval_count == 1)?;
    let cycle = Cycle::ALL.into_iter().find(|cycle| cycle.unit() == recurring.interval)?;
    let part = if price.metadata(PART_METADATA) == Some(SEAT) { PricePart::Seat } else { PricePart::Plan };
    Some(SoldPrice { plan: plan.id.clone(), cycle, part })
}

/// Returns the plan that a price buys. A seat of a plan with a price of its own buys no plan.
pub(in crate::payment::stripe) fn bought_plan(sold: &SoldPrice, catalog: &Catalog) -> Option<(PlanId, Cycle)> {
    let SoldPrice { plan, cycle, part } = sold;
    let is_plan = *part == PricePart::Plan || catalog.plan(plan.as_str()).is_some_and(Plan::is_all_seats);
    is_plan.then(|| (plan.clone(), *cycle))
}

/// Returns the best-ranked plan, the first of equals.
pub(in crate::payment::stripe) fn best_ranked<T>(
    sold: impl IntoIterator<Item = ((PlanId, Cycle), T)>,
    catalog: &Catalog,
) -> Option<((PlanId, Cycle), T)> {
    let rank = |plan: &PlanId| catalog.plan(plan.as_str()).map(|plan| plan.rank);
    sold.into_iter().reduce(|best, next| if rank(&next.0.0) > rank(&best.0.0) { next } else { best })
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
    prices: &PriceMap,
    catalog: &Catalog,
) -> Option<ClassifiedItems<'a>> {
    let sold_items = items.iter().filter_map(|item| {
        let sold = sold_by(&item.price, prices, catalog)?;
        Some((bought_plan(&sold, catalog)?, item))
    });
    let (bought, plan_item) = match best_ranked(sold_items, catalog) {
        Some((sold, item)) => (Some(sold), item),
        None => (None, items.first()?),
    };
    let sells_seats = |item: &&Item| {
        let sold = sold_by(&item.price, prices, catalog).filter(|sold| sold.part == PricePart::Seat);
        sold.zip(bought.as_ref()).is_some_and(|(sold, (plan, _))| sold.plan == *plan)
    };
    let seats: Vec<&Item> = items.iter().filter(sells_seats).collect();
    let is_own = |item: &Item| item.id == plan_item.id || seats.iter().any(|seat| seat.id == item.id);
    let others = items.iter().filter(|item| bought.is_none() || !is_own(item)).collect();
    let unsold = items.iter().filter(|item| sold_by(&item.price, prices, catalog).is_none()).collect();
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
            (sum.currency == seats.currency).then(|| Money::new(minor, sum.currency))
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

/// Describes an item, such as "Support, $50.00 a month" or "3 × Support, $150.00 a month".
pub(super) fn describe(item: &Item, names: &HashMap<String, String>, currency: Option<&str>) -> String {
    let name = names.get(item.price.product.id()).or(item.price.nickname.as_ref());
    let name = one_line(name.unwrap_or(&item.price.id));
    let counted = match item.quantity {
        Some(1) | None => name,
        Some(quantity) => format!("{quantity} × {name}"),
    };
    match (price(item, currency), &item.price.recurring) {
        (Some(price), Some(every)) => format!("{counted}, {} {}", price.exact(), interval_text(every)),
        (Some(price), None) => format!("{counted}, {}", price.exact()),
        (None, _) => counted,
    }
}

/// Describes a billing interval: "a month", "every 3 months".
fn interval_text(every: &Recurring) -> String {
    let unit = one_line(&every.interval);
    if every.interval_count == 1 { format!("a {unit}") } else { format!("every {} {unit}s", every.interval_count) }
}

pub(super) fn describe_lines(items: &[&Item], names: &HashMap<String, String>, currency: Option<&str>) -> Vec<String> {
    items.iter().take(MAX_LINES).map(|item| describe(item, names, currency)).collect()
}

pub(super) fn unsold_items(
    items: &[&Item],
    names: &HashMap<String, String>,
    currency: Option<&str>,
) -> Vec<UnsoldItem> {
    let one = |item: &&Item| UnsoldItem { price: item.price.id.clone(), described: describe(item, names, currency) };
    items.iter().take(MAX_LINES).map(one).collect()
}

/// Describes an unreadable subscription by its readable items, else as [`UNNAMED_SUBSCRIPTION`].
pub(super) fn describe_raw(answer: &Value) -> String {
    let items = answer.pointer("/items/data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |item: &Value| serde_json::from_value::<Item>(item.clone()).ok();
    let currency = answer.get("currency").and_then(Value::as_str);
    let described = |item: Item| describe(&item, &HashMap::new(), currency);
    let lines: Vec<_> = items.iter().take(MAX_LINES).filter_map(read).map(described).collect();
    if lines.is_empty() { UNNAMED_SUBSCRIPTION.to_owned() } else { one_line(&lines.join(" + ")) }
}
