//! `/v1/coupons`

use domain::{money::Currency, time::Timestamp};
use serde_json::json;

use crate::{
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            coupon::{Coupon, CouponDuration, Off},
            event::{emit, emit_change},
            find,
            product::Product,
            referenced,
        },
        params::Params,
    },
};

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let id = params.text("id")?.unwrap_or_else(|| ids::new("cpn"));
    if tx.is_taken::<Coupon>(&id) {
        return Err(StripeError::bad_as("resource_already_exists", "id", format!("Coupon already exists: {id}")));
    }
    let duration = params.choice("duration", &CouponDuration::CHOICES)?.unwrap_or(CouponDuration::Once);
    let months = params.int("duration_in_months")?.and_then(|months| u32::try_from(months).ok());
    if (duration == CouponDuration::Repeating) != months.is_some_and(|months| (1..=120).contains(&months)) {
        return Err(StripeError::bad(
            "duration_in_months",
            "You must pass duration_in_months when passing duration=repeating, and only then.",
        ));
    }
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    let coupon = Coupon {
        id,
        created: tx.now,
        name: params.text("name")?,
        off: off(params)?,
        duration,
        months,
        times_redeemed: 0,
        metadata,
        max_redemptions: count(params, "max_redemptions")?,
        redeem_by: params.int("redeem_by")?.map(Timestamp::from_secs),
        currency_options: currency_options(params, "amount_off")?,
        products: products(tx, params)?,
    };
    if coupon.redeem_by.is_some_and(|by| by <= tx.now) {
        return Err(StripeError::bad("redeem_by", "Invalid timestamp: must be in the future."));
    }
    if !coupon.currency_options.is_empty() && matches!(coupon.off, Off::Percent(_)) {
        return Err(StripeError::bad("currency_options", "`currency_options` is only allowed with `amount_off`."));
    }
    params.finish()?;
    let object = coupon.json(tx);
    tx.put(coupon);
    emit(tx, "coupon.created", object.clone());
    Ok(object.into())
}

fn off(params: &Params) -> Result<Off, StripeError> {
    let percent = params.text("percent_off")?;
    let amount = params.int("amount_off")?;
    let currency = params.text("currency")?;
    match (percent, amount) {
        (Some(percent), None) => {
            let hundredths = percent.parse::<f64>().ok().map(|percent| (percent * 100.0).round());
            let hundredths = hundredths.filter(|number| (1.0..=10_000.0).contains(number));
            let refused = || StripeError::bad("percent_off", "Invalid percent_off: must be greater than 0, up to 100.");
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 10,000")]
            Ok(Off::Percent(hundredths.ok_or_else(refused)? as u32))
        }
        (None, Some(amount)) if amount > 0 => {
            let currency = currency.ok_or_else(|| StripeError::missing("currency"))?;
            let currency: Currency =
                currency.parse().map_err(|_| StripeError::bad("currency", format!("Invalid currency: {currency}")))?;
            Ok(Off::Amount(amount, currency))
        }
        _ => Err(StripeError::refused("Must provide percent_off or a positive amount_off, and only one of them.")),
    }
}

/// A parameter that is a positive count.
pub(crate) fn count(params: &Params, name: &str) -> Result<Option<u32>, StripeError> {
    let Some(count) = params.int(name)? else { return Ok(None) };
    match u32::try_from(count).ok().filter(|count| *count > 0) {
        Some(count) => Ok(Some(count)),
        None => Err(StripeError::bad_as(
            "parameter_invalid_integer",
            &params.path_of(name),
            format!("Invalid integer: {} must be at least 1", params.path_of(name)),
        )),
    }
}

/// `currency_options`: a positive amount, the field `amount`, for each currency.
pub(crate) fn currency_options(params: &Params, amount: &str) -> Result<Vec<(Currency, i64)>, StripeError> {
    let Some(group) = params.group("currency_options")? else { return Ok(Vec::new()) };
    let mut options = Vec::new();
    for code in group.names() {
        let param = group.path_of(&code);
        let currency: Currency =
            code.parse().map_err(|_| StripeError::bad(&param, format!("Invalid currency: {code}")))?;
        let option = group.group(&code)?.unwrap_or_default();
        let value = option.int(amount)?.filter(|value| *value > 0);
        options.push((currency, value.ok_or_else(|| StripeError::missing(&option.path_of(amount)))?));
    }
    Ok(options)
}

/// `applies_to[products]`: the products that a coupon discounts. Empty for all products.
fn products(tx: &Transaction<'_>, params: &Params) -> Result<Vec<String>, StripeError> {
    let Some(group) = params.group("applies_to")? else { return Ok(Vec::new()) };
    let products = group.texts("products")?.unwrap_or_default();
    for id in &products {
        referenced::<Product>(tx, id, "applies_to[products]")?;
    }
    Ok(products)
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(lists::page(tx, call, "/v1/coupons", |_: &Coupon| true)?.into())
}

/// Updates name, metadata and the amounts in other currencies. Amount and duration are immutable.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut coupon = find::<Coupon>(tx, &call.id)?;
    let before = coupon.json(tx);
    call.params.patch("name", &mut coupon.name)?;
    call.params.metadata(&mut coupon.metadata)?;
    let options = currency_options(&call.params, "amount_off")?;
    coupon.currency_options.retain(|(currency, _)| options.iter().all(|(other, _)| other != currency));
    coupon.currency_options.extend(options);
    call.params.finish()?;
    let object = coupon.json(tx);
    tx.put(coupon);
    emit_change(tx, "coupon.updated", &before, object.clone());
    Ok(object.into())
}

/// Deletes a coupon. Discounts from earlier redemptions of it stay.
pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let coupon = find::<Coupon>(tx, &call.id)?;
    let object = coupon.json(tx);
    tx.delete::<Coupon>(&coupon.id);
    emit(tx, "coupon.deleted", object);
    Ok(json!({ "id": coupon.id, "object": "coupon", "deleted": true }).into())
}

/// The refusal of a coupon that can no longer be redeemed.
pub(crate) fn expired(id: &str, param: &str) -> StripeError {
    StripeError::bad_as("coupon_expired", param, format!("Coupon expired: {id}"))
}
