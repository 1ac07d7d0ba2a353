//! `/v1/coupons`, and the `discounts` of customers and subscriptions.

use domain::money::Currency;
use serde_json::json;

use crate::{
    billing::{
        interval::{Interval, Recurring},
        period,
    },
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            coupon::{Coupon, CouponDuration, Discount, Off},
            event::{emit, emit_change},
            find, referenced,
        },
        params::Params,
    },
};

/// Stripe's limit of discounts per subscription.
const MAX_DISCOUNTS: usize = 20;

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
    };
    params.accept(&["applies_to", "currency_options", "max_redemptions", "redeem_by"]);
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

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(lists::page(tx, call, "/v1/coupons", |_: &Coupon| true)?.into())
}

/// Updates name and metadata. A coupon's amount and duration are immutable.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut coupon = find::<Coupon>(tx, &call.id)?;
    let before = coupon.json(tx);
    call.params.patch("name", &mut coupon.name)?;
    call.params.metadata(&mut coupon.metadata)?;
    call.params.accept(&["currency_options"]);
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

/// The discounts that the parameter `discounts`, or the older `coupon`, requests. `None` if neither parameter is given.
/// Each group in `discounts` redeems a coupon, or keeps the discount in `had` that has the given id. Stores nothing.
pub(crate) fn from_params(
    tx: &Transaction<'_>,
    params: &Params,
    (customer, subscription): (&str, Option<&str>),
    had: &[Discount],
) -> Result<Option<Vec<Discount>>, StripeError> {
    if let Some(coupon) = params.raw("coupon")?.map(str::to_owned) {
        let one = Some(coupon).filter(|coupon| !coupon.is_empty());
        let redeemed = one.map(|coupon| redeem(tx, &coupon, "coupon", (customer, subscription))).transpose()?;
        return Ok(Some(redeemed.into_iter().collect()));
    }
    let Some(groups) = params.groups("discounts")? else { return Ok(None) };
    if groups.len() > MAX_DISCOUNTS {
        return Err(StripeError::bad("discounts", format!("You may only specify up to {MAX_DISCOUNTS} discounts.")));
    }
    let mut discounts = Vec::new();
    for group in groups {
        if let Some(id) = group.text("discount")? {
            let kept = had.iter().find(|discount| discount.id == id).cloned();
            let param = group.path_of("discount");
            discounts.push(kept.ok_or_else(|| StripeError::no_such("discount", &id, &param))?);
        } else {
            let coupon = group.require("coupon")?;
            discounts.push(redeem(tx, &coupon, &group.path_of("coupon"), (customer, subscription))?);
        }
    }
    Ok(Some(discounts))
}

/// For each of `discounts` that is not in `had`, increments `times_redeemed` of its coupon.
pub(crate) fn count_redeemed(tx: &mut Transaction<'_>, had: &[Discount], discounts: &[Discount]) {
    for discount in discounts.iter().filter(|discount| had.iter().all(|had| had.id != discount.id)) {
        if let Some(coupon) = tx.get::<Coupon>(&discount.coupon) {
            let mut coupon = Coupon::clone(&coupon);
            coupon.times_redeemed += 1;
            tx.put(coupon);
        }
    }
}

/// A discount from redeeming the coupon now. Stores nothing.
pub(crate) fn redeem(
    tx: &Transaction<'_>,
    id: &str,
    param: &str,
    (customer, subscription): (&str, Option<&str>),
) -> Result<Discount, StripeError> {
    let coupon = referenced::<Coupon>(tx, id, param)?;
    let start = tx.now;
    let end =
        coupon.months.map(|count| period::end_after(start, start, Recurring { interval: Interval::Month, count }));
    Ok(Discount {
        id: ids::new("di"),
        coupon: coupon.id.clone(),
        off: coupon.off,
        duration: coupon.duration,
        start,
        end,
        customer: customer.to_owned(),
        subscription: subscription.map(str::to_owned),
    })
}
