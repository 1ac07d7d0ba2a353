//! `/v1/discounts`

use domain::{money::Currency, time::Timestamp};
use serde_json::Value;

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Account, Metadata, Resource,
            discount::{Discount, Duration, Off},
            find,
            product::Product,
            referenced,
        },
    },
    storage::{Transaction, ids},
};

const MAX_MONTHS: u32 = 999;
/// A hundred percent, in hundredths of a percent.
const MAX_POINTS: i64 = 10_000;
const MIN_CODE: usize = 3;

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let query = call.query_values("query").next().map(str::to_lowercase);
    lists::page::<Discount>(tx, call, |discount| {
        query.as_ref().is_none_or(|query| discount.name.to_lowercase().contains(query))
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Discount>(tx, &call.account, &call.id)?.json(tx)))
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let duration = duration(call)?.ok_or_else(|| PolarError::missing("duration"))?;
    let discount = Discount {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        modified: None,
        deleted: false,
        name: call.require("name")?,
        code: code(tx, call, None)?,
        off: off(call)?,
        duration,
        months: months(call, duration)?,
        starts_at: instant(call, "starts_at")?,
        ends_at: instant(call, "ends_at")?,
        max_redemptions: positive(call, "max_redemptions")?,
        redemptions: 0,
        products: products(tx, call)?.unwrap_or_default(),
        metadata: call.metadata("metadata")?.unwrap_or_else(Metadata::new),
    };
    let body = discount.json(tx);
    tx.put(discount);
    Ok(Reply::Made(body))
}

/// Updates a discount. Subscriptions that have it are billed by its new amount.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut discount = find::<Discount>(tx, &call.account, &call.id)?;
    if let Some(name) = call.text("name")? {
        discount.name = name;
    }
    if call.has_field("code") {
        discount.code = code(tx, call, Some(&discount.id))?;
    }
    if call.has_field("starts_at") {
        discount.starts_at = instant(call, "starts_at")?;
    }
    if call.has_field("ends_at") {
        discount.ends_at = instant(call, "ends_at")?;
    }
    if call.has_field("max_redemptions") {
        discount.max_redemptions = positive(call, "max_redemptions")?;
    }
    if let Some(products) = products(tx, call)? {
        discount.products = products;
    }
    if let Some(metadata) = call.metadata("metadata")? {
        discount.metadata = metadata;
    }
    if ["amount", "amounts", "basis_points"].iter().any(|name| call.field(name).is_some()) {
        discount.off = off(call)?;
    }
    discount.modified = Some(tx.now);
    let body = discount.json(tx);
    tx.put(discount);
    Ok(Reply::Found(body))
}

/// Deletes a discount. It no longer applies to subscriptions that have it.
pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let discount = find::<Discount>(tx, &call.account, &call.id)?;
    tx.put(Discount { deleted: true, ..discount });
    Ok(Reply::Nothing)
}

/// The account's discount with this code. Case does not matter.
pub(crate) fn by_code(tx: &Transaction<'_>, account: &Account, code: &str) -> Option<Discount> {
    let is_it = |discount: &Discount| {
        discount.account.key == account.key
            && !discount.deleted
            && discount.code.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(code))
    };
    tx.all::<Discount>().find(|discount| is_it(discount)).map(|discount| Discount::clone(discount))
}

/// The discount that the body's `discount_id` names. `None` if the field is missing or null. Fails unless the discount
/// can be redeemed for the product.
pub(crate) fn redeemable(tx: &Transaction<'_>, call: &Call, product: &str) -> Result<Option<Discount>, PolarError> {
    let Some(id) = call.text("discount_id")? else { return Ok(None) };
    let discount = referenced::<Discount>(tx, &call.account, "discount_id", &id)?;
    if discount.is_redeemable(product, tx.now) {
        Ok(Some(discount))
    } else {
        let message = "Discount does not exist or is not applicable to this product.";
        Err(PolarError::field("discount_id", "value_error", message, id))
    }
}

fn duration(call: &Call) -> Result<Option<Duration>, PolarError> {
    let Some(word) = call.text("duration")? else { return Ok(None) };
    let found = Duration::CHOICES.iter().find(|(known, _)| *known == word).map(|(_, duration)| *duration);
    let message = "Input should be 'once', 'forever' or 'repeating'";
    found.map(Some).ok_or_else(|| PolarError::field("duration", "enum", message, word))
}

fn months(call: &Call, duration: Duration) -> Result<Option<u32>, PolarError> {
    let months = positive(call, "duration_in_months")?.filter(|months| *months <= MAX_MONTHS);
    match duration {
        Duration::Once | Duration::Forever => Ok(None),
        Duration::Repeating => months.map(Some).ok_or_else(|| PolarError::missing("duration_in_months")),
    }
}

fn off(call: &Call) -> Result<Off, PolarError> {
    if let Some(given) = call.field("basis_points") {
        let points = given.as_i64().filter(|points| (1..=MAX_POINTS).contains(points));
        let points = points.and_then(|points| u32::try_from(points).ok());
        let message = "Input should be from 1 to 10000";
        return points
            .map(Off::Percentage)
            .ok_or_else(|| PolarError::field("basis_points", "less_than_equal", message, given.clone()));
    }
    let mut amounts = Vec::new();
    if let Some(given) = call.field("amounts") {
        for (code, amount) in given.as_object().into_iter().flatten() {
            amounts.push((currency("amounts", code)?, positive_amount("amounts", amount)?));
        }
    }
    if let Some(given) = call.field("amount") {
        let code = call.text("currency")?.unwrap_or_else(|| "usd".to_owned());
        let own = currency("currency", &code)?;
        amounts.retain(|(currency, _)| *currency != own);
        amounts.insert(0, (own, positive_amount("amount", given)?));
    }
    if amounts.is_empty() { Err(PolarError::missing("amount")) } else { Ok(Off::Fixed(amounts)) }
}

fn currency(field: &str, code: &str) -> Result<Currency, PolarError> {
    code.parse().map_err(|_| PolarError::field(field, "enum", "Input should be a known currency", code))
}

fn positive_amount(field: &str, given: &Value) -> Result<i64, PolarError> {
    let amount = given.as_i64().filter(|amount| *amount > 0);
    amount.ok_or_else(|| PolarError::field(field, "greater_than", "Input should be greater than 0", given.clone()))
}

/// A positive whole number. `None` if the field is missing or null.
fn positive(call: &Call, name: &str) -> Result<Option<u32>, PolarError> {
    let Some(given) = call.field(name) else { return Ok(None) };
    let count = given.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
    let message = "Input should be greater than or equal to 1";
    count.map(Some).ok_or_else(|| PolarError::field(name, "greater_than_equal", message, given.clone()))
}

fn instant(call: &Call, name: &str) -> Result<Option<Timestamp>, PolarError> {
    let Some(text) = call.text(name)? else { return Ok(None) };
    let at = Timestamp::parse_rfc3339(&text);
    at.map(Some).ok_or_else(|| PolarError::field(name, "datetime_parsing", "Input should be a valid datetime", text))
}

/// The code. Fails if it is too short, or if another discount than `of` has it.
fn code(tx: &Transaction<'_>, call: &Call, of: Option<&str>) -> Result<Option<String>, PolarError> {
    let Some(code) = call.text("code")? else { return Ok(None) };
    if code.len() < MIN_CODE || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = "Code must be alphanumeric characters only, at least 3 of them.";
        return Err(PolarError::field("code", "value_error", message, code));
    }
    if by_code(tx, &call.account, &code).is_some_and(|other| Some(other.id.as_str()) != of) {
        return Err(PolarError::field("code", "value_error", "Discount with this code already exists.", code));
    }
    Ok(Some(code))
}

fn products(tx: &Transaction<'_>, call: &Call) -> Result<Option<Vec<String>>, PolarError> {
    let Some(given) = call.list("products")? else { return Ok(None) };
    let ids = given.iter().map(|id| {
        let found = id.as_str().and_then(|id| find::<Product>(tx, &call.account, id).ok());
        let message = "Product does not exist.";
        found.map(|product| product.id).ok_or_else(|| PolarError::field("products", "value_error", message, id.clone()))
    });
    ids.collect::<Result<_, _>>().map(Some)
}
