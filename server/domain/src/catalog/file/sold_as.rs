//! Parser of a plan's `sold_as`: the further prices that count as the plan, by cycle.

use std::collections::{BTreeMap, HashMap};

use toml::de::DeValue;

use super::reader::{Entry, Reader, Section, describe};
use crate::catalog::{Cycle, Pricing};

/// Maximum number of further prices of a plan and cycle.
const MAX_PRICES: usize = 100;
/// Longest id of a price.
const MAX_ID_CHARS: usize = 255;
const WANTED: &str = "write a list of price ids, as [\"price_123\"]";

/// One further price, with its place in the file.
pub(super) struct FurtherPrice {
    at: usize,
    path: String,
    cycle: Cycle,
    price: String,
}

/// Parses `sold_as = { monthly = ["price_123"], yearly = ["price_456"] }`; either cycle may be left out. `None` after an
/// error, which is reported.
pub(super) fn read(section: &Section<'_>, pricing: Option<&Pricing>, reader: &mut Reader) -> Option<Vec<FurtherPrice>> {
    let Some(entry) = section.entry("sold_as") else { return Some(Vec::new()) };
    if pricing == Some(&Pricing::Free) {
        reader.report(entry.at, &entry.path, "nothing is paid for the free plan; remove this");
        return None;
    }
    let mut further: Vec<FurtherPrice> = Vec::new();
    let mut is_valid = true;
    for entry in reader.section(&entry)?.entries() {
        let cycle: Option<Cycle> = reader.ok(&entry, entry.key.parse());
        match (cycle, prices(&entry, reader)) {
            (Some(cycle), Some(_)) if further.iter().any(|known| known.cycle == cycle) => {
                reader.report(entry.at, &entry.path, "this cycle is there already");
                is_valid = false;
            }
            (Some(cycle), Some(prices)) => further.extend(prices.into_iter().map(|price| FurtherPrice {
                at: entry.at,
                path: entry.path.clone(),
                cycle,
                price,
            })),
            _ => is_valid = false,
        }
    }
    is_valid.then_some(further)
}

fn prices(entry: &Entry<'_>, reader: &mut Reader) -> Option<Vec<String>> {
    let DeValue::Array(values) = entry.value else {
        reader.report(entry.at, &entry.path, format!("{WANTED}, not {}", describe(entry.value)));
        return None;
    };
    if values.len() > MAX_PRICES {
        reader.report(entry.at, &entry.path, format!("these are too many; {MAX_PRICES} prices a cycle are the most"));
        return None;
    }
    let mut prices = Vec::new();
    for value in values {
        let DeValue::String(price) = value.as_ref() else {
            reader.report(entry.at, &entry.path, format!("{WANTED}, not {}", describe(value.as_ref())));
            return None;
        };
        let fits = (1..=MAX_ID_CHARS).contains(&price.len()) && price.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            let message = format!("a price id has 1 to {MAX_ID_CHARS} characters without spaces");
            reader.report(entry.at, &entry.path, message);
            return None;
        }
        prices.push(price.to_string());
    }
    Some(prices)
}

/// Reports each price that is in the catalog twice, where it is repeated.
pub(super) fn check_repeated<'a>(all: impl Iterator<Item = &'a FurtherPrice>, reader: &mut Reader) {
    let mut in_order: Vec<_> = all.collect();
    in_order.sort_by_key(|further| further.at);
    let mut known: HashMap<&str, &str> = HashMap::new();
    for FurtherPrice { at, path, cycle: _, price } in in_order {
        if let Some(first) = known.insert(price, path) {
            let message = format!("the price {price:?} is in {first} already; each counts as one plan and cycle");
            reader.report(*at, path, message);
        }
    }
}

pub(super) fn by_cycle(further: &[FurtherPrice]) -> BTreeMap<Cycle, Vec<String>> {
    let mut cycles: BTreeMap<Cycle, Vec<String>> = BTreeMap::new();
    for FurtherPrice { at: _, path: _, cycle, price } in further {
        cycles.entry(*cycle).or_default().push(price.clone());
    }
    cycles
}
