//! Parser of `[plan.ID.seats]` tables.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    amount,
    feature::ParsedFeature,
    price,
    reader::{Entry, Reader, Section},
};
use crate::{
    catalog::{Cycle, FeatureKind, MOST_SEATS, Pricing, Seats, Unit},
    ids::FeatureKey,
    money::Currency,
};

const SETTINGS: &[&str] = &["feature", "included", "min", "max", "price"];

/// The name of the feature that the seats limit; `None` if it can't be read, which [`read`] reports.
pub(super) fn feature_name<'a>(entry: &Entry<'a>) -> Option<&'a str> {
    entry.value.as_table()?.get("feature")?.as_ref().as_str()
}

/// Parses the seats of a plan. [`check_prices`] compares their prices with the plan's.
pub(super) fn read(
    entry: &Entry<'_>,
    features: &[ParsedFeature],
    currency: Option<Currency>,
    reader: &mut Reader,
) -> Option<Seats> {
    const WANTED: &str = "write prices of a seat, as { USD = { monthly = 12, yearly = 120 } }";
    const ZERO: &str = "the price of a seat can't be 0; a limit that costs nothing stands in the plan's limits";
    let section = reader.section(entry)?;
    reader.refuse_unknown(&section, SETTINGS);
    let feature = reader.required(&section, "feature").and_then(|entry| feature(&entry, features, reader));
    let included = count_or(&section, "included", 0, reader);
    let min = included.and_then(|included| min(&section, included, reader));
    let max = min.and_then(|min| max(&section, min, reader).ok());
    let price =
        reader.required(&section, "price").and_then(|entry| price::read(&entry, currency, (WANTED, ZERO), reader));
    Some(Seats { feature: feature?, included: included?, min: min?, max: max?, price: price? })
}

/// Reports seats of a plan without prices, included seats of a plan that is all seats, and prices of cycles and
/// currencies that the plan does not have, or the reverse.
pub(super) fn check_prices(entry: &Entry<'_>, seats: &Seats, pricing: &Pricing, reader: &mut Reader) {
    let Pricing::Paid(prices) = pricing else {
        reader.report(entry.at, &entry.path, "only a plan with prices is sold with seats");
        return;
    };
    let Some(section) = reader.section(entry) else { return };
    let path_to =
        |key: &str| section.entry(key).map_or((section.at, section.path_to(key)), |found| (found.at, found.path));
    if prices.is_empty() {
        if seats.included > 0 {
            let (at, path) = path_to("included");
            reader.report(at, &path, "a plan without a price of its own includes no seats; write its price, or 0 here");
        }
        return;
    }
    if sold_in(prices) != sold_in(&seats.price) {
        let (at, path) = path_to("price");
        reader.report(
            at,
            &path,
            "a seat must have a price in each cycle and currency of the plan's price, and in no other",
        );
    }
}

/// The cycles and currencies that have a price.
fn sold_in(prices: &BTreeMap<Cycle, BTreeMap<Currency, i64>>) -> BTreeSet<(Cycle, Currency)> {
    prices.iter().flat_map(|(cycle, prices)| prices.keys().map(|currency| (*cycle, *currency))).collect()
}

fn feature(entry: &Entry<'_>, features: &[ParsedFeature], reader: &mut Reader) -> Option<FeatureKey> {
    let name = reader.string(entry)?;
    let Some(parsed) = features.iter().find(|feature| feature.key == name) else {
        reader.report(entry.at, &entry.path, "there is no such feature");
        return None;
    };
    // A feature with an error of its own is reported there.
    let feature = parsed.feature.as_ref()?;
    if feature.kind != FeatureKind::Gauge || feature.unit != Unit::Count {
        reader.report(entry.at, &entry.path, "seats limit a feature of kind \"gauge\" and unit \"count\"");
        return None;
    }
    Some(feature.key.clone())
}

fn min(section: &Section<'_>, included: u64, reader: &mut Reader) -> Option<u64> {
    let lowest = included.max(1);
    let min = count_or(section, "min", lowest, reader)?;
    if min < lowest {
        let (at, path) =
            section.entry("min").map_or((section.at, section.path_to("min")), |entry| (entry.at, entry.path));
        reader.report(at, &path, format!("this counts the included seats too; write {lowest} or more"));
        return None;
    }
    Some(min)
}

/// `Err` after an error, which is reported.
fn max(section: &Section<'_>, min: u64, reader: &mut Reader) -> Result<Option<u64>, ()> {
    let Some(entry) = section.entry("max") else { return Ok(None) };
    let max = count_or(section, "max", min, reader).ok_or(())?;
    if max < min {
        reader.report(entry.at, &entry.path, format!("this is below the fewest seats, {min}"));
        return Err(());
    }
    Ok(Some(max))
}

fn count_or(section: &Section<'_>, key: &str, default: u64, reader: &mut Reader) -> Option<u64> {
    let Some(entry) = section.entry(key) else { return Some(default) };
    let count = reader.ok(&entry, amount::amount(entry.value, Unit::Count))?;
    if count > MOST_SEATS {
        reader.report(entry.at, &entry.path, format!("this is too large; {MOST_SEATS} seats are the most"));
        return None;
    }
    Some(count)
}
