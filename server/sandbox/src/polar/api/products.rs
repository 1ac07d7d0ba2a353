//! `/v1/products`

use domain::money::Currency;
use serde_json::Value;

use crate::{
    billing::interval::{Interval, Recurring},
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Metadata, Resource, find,
            product::{Price, Product},
            seats::{SeatTier, SeatTierType, SeatTiers},
        },
    },
    storage::{Transaction, ids},
};

const MAX_AMOUNT: i64 = 99_999_999;
/// Currencies that Polar charges in.
const PRESENTMENT_CURRENCIES: [&str; 10] = ["aud", "brl", "cad", "chf", "eur", "gbp", "inr", "jpy", "sek", "usd"];
const MIN_NAME: usize = 3;

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let (archived, recurring) = (call.query_flag("is_archived")?, call.query_flag("is_recurring")?);
    let query = call.query_values("query").next().map(str::to_lowercase);
    let tags: Vec<(&str, &str)> = call.query_map("metadata").collect();
    lists::page::<Product>(tx, call, |product| {
        archived.is_none_or(|wanted| product.is_archived == wanted)
            && recurring.is_none_or(|wanted| product.every.is_some() == wanted)
            && query.as_ref().is_none_or(|query| product.name.to_lowercase().contains(query))
            && tags.iter().all(|(key, value)| product.has_tag(key, value))
            && call.filter_allows("id", Some(&product.id))
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Product>(tx, &call.account, &call.id)?.json(tx)))
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let prices = call.list("prices")?.ok_or_else(|| PolarError::missing("prices"))?;
    let prices = prices.iter().map(|price| new_price(tx, price)).collect::<Result<Vec<_>, _>>()?;
    let product = Product {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        modified: None,
        name: name(call)?.ok_or_else(|| PolarError::missing("name"))?,
        description: call.text("description")?,
        visibility: call.text("visibility")?.unwrap_or_else(|| "public".to_owned()),
        is_archived: false,
        every: billing_interval(call)?,
        prices: require_one_per_currency(prices)?,
        metadata: call.metadata("metadata")?.unwrap_or_else(Metadata::new),
        trial: trial_interval(call)?,
    };
    let body = product.json(tx);
    tx.put(product);
    Ok(Reply::Made(body))
}

/// Updates a product. Prices missing in `prices` are archived: existing subscriptions keep them.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut product = find::<Product>(tx, &call.account, &call.id)?;
    if let Some(name) = name(call)? {
        product.name = name;
    }
    if call.has_field("description") {
        product.description = call.text("description")?;
    }
    if let Some(metadata) = call.metadata("metadata")? {
        product.metadata = metadata;
    }
    if let Some(archived) = call.flag("is_archived")? {
        product.is_archived = archived;
    }
    if call.has_field("trial_interval") {
        product.trial = trial_interval(call)?;
    }
    if let Some(visibility) = call.text("visibility")? {
        product.visibility = visibility;
    }
    if let Some(wanted) = call.list("prices")? {
        let mut kept = Vec::new();
        for price in &wanted {
            match price.get("id").and_then(Value::as_str) {
                Some(id) => {
                    let known = product.prices.iter().find(|price| price.id == id && !price.is_archived);
                    kept.push(known.cloned().ok_or_else(|| wrong_prices("Price does not exist.", price.clone()))?);
                }
                None => kept.push(new_price(tx, price)?),
            }
        }
        let kept = require_one_per_currency(kept)?;
        for price in &mut product.prices {
            price.is_archived |= kept.iter().all(|other| other.id != price.id);
        }
        let new: Vec<_> =
            kept.into_iter().filter(|price| product.prices.iter().all(|old| old.id != price.id)).collect();
        product.prices.extend(new);
    }
    product.modified = Some(tx.now);
    let body = product.json(tx);
    tx.put(product);
    Ok(Reply::Found(body))
}

fn name(call: &Call) -> Result<Option<String>, PolarError> {
    let name = call.text("name")?;
    match &name {
        Some(text) if text.chars().count() < MIN_NAME => {
            let message = format!("String should have at least {MIN_NAME} characters");
            Err(PolarError::field("name", "string_too_short", message, text.clone()))
        }
        _ => Ok(name),
    }
}

fn billing_interval(call: &Call) -> Result<Option<Recurring>, PolarError> {
    let Some(word) = call.text("recurring_interval")? else { return Ok(None) };
    let interval = Interval::CHOICES.iter().find(|(known, _)| *known == word).map(|(_, interval)| *interval);
    let interval = interval.ok_or_else(|| {
        let message = "Input should be 'day', 'week', 'month' or 'year'";
        PolarError::field("recurring_interval", "enum", message, word)
    })?;
    let count = match call.field("recurring_interval_count") {
        None => 1,
        Some(given) => given
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| (1..1000).contains(count))
            .ok_or_else(|| {
                PolarError::field(
                    "recurring_interval_count",
                    "int_type",
                    "Input should be a valid integer",
                    given.clone(),
                )
            })?,
    };
    Ok(Some(Recurring { interval, count }))
}

/// `trial_interval` and `trial_interval_count`. `None` if they are missing or null.
pub(crate) fn trial_interval(call: &Call) -> Result<Option<Recurring>, PolarError> {
    let Some(word) = call.text("trial_interval")? else { return Ok(None) };
    let interval = Interval::CHOICES.iter().find(|(known, _)| *known == word).map(|(_, interval)| *interval);
    let interval = interval.ok_or_else(|| {
        let message = "Input should be 'day', 'week', 'month' or 'year'";
        PolarError::field("trial_interval", "enum", message, word)
    })?;
    let given = call.field("trial_interval_count").cloned().unwrap_or_default();
    let count = given.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| (1..=1000).contains(count));
    let count = count.ok_or_else(|| {
        let message = "Input should be a valid integer from 1 to 1000";
        PolarError::field("trial_interval_count", "int_type", message, given)
    })?;
    Ok(Some(Recurring { interval, count }))
}

/// A price from the body: a fixed or a seat-based one.
fn new_price(tx: &Transaction<'_>, given: &Value) -> Result<Price, PolarError> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let seats = match text("amount_type") {
        Some("fixed") => None,
        Some("seat_based") => Some(seat_tiers(given)?),
        _ => {
            let message = "The sandbox takes prices of the amount_type 'fixed' or 'seat_based'.";
            return Err(wrong_prices(message, given.clone()));
        }
    };
    let amount = if let Some(tiers) = &seats {
        tiers.amount(tiers.minimum())
    } else {
        let amount = given.get("price_amount").and_then(Value::as_i64);
        let amount = amount.filter(|amount| (0..=MAX_AMOUNT).contains(amount));
        amount.ok_or_else(|| wrong_prices("price_amount should be from 0 to 99999999", given.clone()))?
    };
    let currency = text("price_currency").unwrap_or("usd");
    let currency: Currency = currency
        .to_uppercase()
        .parse()
        .ok()
        .filter(|_| PRESENTMENT_CURRENCIES.contains(&currency))
        .ok_or_else(|| wrong_prices("price_currency should be a known currency", given.clone()))?;
    Ok(Price { id: ids::uuid(), created: tx.now, amount, currency, is_archived: false, seats })
}

/// `seat_tiers`: each tier begins where the one before it ends. Only the last may have no end.
fn seat_tiers(price: &Value) -> Result<SeatTiers, PolarError> {
    let given = price.get("seat_tiers").cloned().unwrap_or_default();
    let wrong = |message: &str| wrong_prices(message, given.clone());
    let kind = match given.get("seat_tier_type").and_then(Value::as_str) {
        None => SeatTierType::default(),
        Some(word) => SeatTierType::CHOICES
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| wrong("seat_tier_type should be 'volume' or 'graduated'"))?,
    };
    let number =
        |tier: &Value, name: &str| tier.get(name).and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let mut tiers: Vec<SeatTier> = Vec::new();
    for tier in given.get("tiers").and_then(Value::as_array).into_iter().flatten() {
        let price_per_seat = tier.get("price_per_seat").and_then(Value::as_i64);
        let price_per_seat = price_per_seat.filter(|amount| (0..=MAX_AMOUNT).contains(amount));
        tiers.push(SeatTier {
            min_seats: number(tier, "min_seats")
                .filter(|min| *min > 0)
                .ok_or_else(|| wrong("min_seats is required"))?,
            max_seats: number(tier, "max_seats"),
            price_per_seat: price_per_seat.ok_or_else(|| wrong("price_per_seat should be from 0 to 99999999"))?,
        });
    }
    let is_ordered = |tier: &SeatTier| tier.max_seats.is_none_or(|max| max >= tier.min_seats);
    let follows = tiers
        .iter()
        .zip(tiers.iter().skip(1))
        .all(|(one, next)| one.max_seats.and_then(|max| max.checked_add(1)) == Some(next.min_seats));
    if tiers.is_empty() || !follows || !tiers.iter().all(is_ordered) {
        return Err(wrong("Seat tiers must be contiguous, and only the last can be without max_seats."));
    }
    Ok(SeatTiers { kind, tiers })
}

/// Returns `prices`. Fails if there are none, or two in one currency.
fn require_one_per_currency(prices: Vec<Price>) -> Result<Vec<Price>, PolarError> {
    let twice = prices
        .iter()
        .enumerate()
        .any(|(at, one)| prices.iter().skip(at + 1).any(|other| other.currency == one.currency));
    if prices.is_empty() {
        return Err(wrong_prices("List should have at least 1 item after validation, not 0", Value::Null));
    }
    if twice {
        return Err(wrong_prices("Only one static price per currency is allowed.", Value::Null));
    }
    Ok(prices)
}

fn wrong_prices(message: &str, input: Value) -> PolarError {
    PolarError::field("prices", "value_error", message, input)
}
