//! Parser of tables of prices, of a plan and of its seats.

use std::collections::BTreeMap;

use super::{
    amount,
    reader::{Entry, Reader, Section},
};
use crate::{catalog::Cycle, money::Currency};

/// Parses prices by currency and cycle, `{ USD = { monthly = 29, yearly = 290 } }`. `wanted` says what to write where
/// the catalog's currency is missing, `zero` why a price can't be 0.
pub(super) fn read(
    entry: &Entry<'_>,
    display_currency: Option<Currency>,
    (wanted, zero): (&str, &str),
    reader: &mut Reader,
) -> Option<BTreeMap<Cycle, BTreeMap<Currency, i64>>> {
    let section = reader.section(entry)?;
    let mut cycles: BTreeMap<Cycle, BTreeMap<Currency, i64>> = BTreeMap::new();
    let mut is_valid = true;
    for entry in section.entries() {
        is_valid &= prices(&entry, &mut cycles, zero, reader).is_some();
    }
    if is_valid
        && let Some(currency) = display_currency
        && !cycles.values().any(|prices| prices.contains_key(&currency))
    {
        reader.report(
            entry.at,
            &entry.path,
            format!("there is no price in {currency}, the currency that pages show; {wanted}"),
        );
        return None;
    }
    if is_valid && let Some(currency) = display_currency {
        is_valid = has_same_cycles(&section, &cycles, currency, reader);
    }
    is_valid.then_some(cycles)
}

/// Checks that a plan is sold by the same cycles in each of its currencies: a tenant's currency does not change.
fn has_same_cycles(
    section: &Section<'_>,
    cycles: &BTreeMap<Cycle, BTreeMap<Currency, i64>>,
    of: Currency,
    reader: &mut Reader,
) -> bool {
    let mut is_same = true;
    for entry in section.entries() {
        let Ok(currency) = entry.key.parse::<Currency>() else { continue };
        for (cycle, prices) in cycles {
            let (has, lacks) = match (prices.contains_key(&of), prices.contains_key(&currency)) {
                (true, false) => (of, currency),
                (false, true) => (currency, of),
                _ => continue,
            };
            let cycle = cycle.as_str();
            let message = format!("there is a {cycle} price in {has} and none in {lacks}; write both or neither");
            reader.report(entry.at, &entry.path, message);
            is_same = false;
        }
    }
    is_same
}

/// Parses `USD = { monthly = 29, yearly = 290 }` into `cycles`; either cycle may be left out.
fn prices(
    entry: &Entry<'_>,
    cycles: &mut BTreeMap<Cycle, BTreeMap<Currency, i64>>,
    zero: &str,
    reader: &mut Reader,
) -> Option<()> {
    let currency: Option<Currency> = reader.ok(entry, entry.key.parse());
    let section = reader.section(entry)?;
    let currency = currency?;
    let entries = section.entries();
    if entries.is_empty() {
        reader.report(entry.at, &entry.path, "write a price: monthly, yearly or both");
        return None;
    }
    let factor = currency.minor_per_major().unsigned_abs();
    let mut is_valid = true;
    for entry in entries {
        let cycle: Option<Cycle> = reader.ok(&entry, entry.key.parse());
        let minor = reader.ok(&entry, amount::number(entry.value, factor, "a price, as 29 or 29.50"));
        let (Some(cycle), Some(minor)) = (cycle, minor.and_then(|minor| i64::try_from(minor).ok())) else {
            is_valid = false;
            continue;
        };
        let mistake = if minor == 0 {
            zero
        } else if cycles.entry(cycle).or_default().insert(currency, minor).is_some() {
            "this cycle has a price in this currency already"
        } else {
            continue;
        };
        reader.report(entry.at, &entry.path, mistake);
        is_valid = false;
    }
    is_valid.then_some(())
}
