//! `/v1/promotion_codes`

use domain::{money::Currency, time::Timestamp};

use super::{coupons, customers};
use crate::{
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            coupon::Coupon,
            event::{emit, emit_change},
            find,
            promotion_code::PromotionCode,
            referenced,
        },
        params::Params,
    },
};

/// The length of a generated code.
const CODE_LEN: usize = 8;
const MAX_CODE_LEN: usize = 500;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let (coupon, param) = match params.group("promotion")? {
        Some(promotion) => {
            promotion.choice("type", &[("coupon", ())])?.ok_or_else(|| StripeError::missing("promotion[type]"))?;
            (promotion.require("coupon")?, "promotion[coupon]")
        }
        // Before API version 2025-09-30 the coupon is a parameter of its own.
        None => (params.text("coupon")?.ok_or_else(|| StripeError::missing("promotion"))?, "coupon"),
    };
    let coupon = referenced::<Coupon>(tx, &coupon, param)?;
    if !coupon.is_valid(tx.now) {
        return Err(coupons::expired(&coupon.id, param));
    }
    let customer = params.text("customer")?.map(|id| customers::referenced_customer(tx, &id)).transpose()?;
    let code = params.text("code")?.unwrap_or_else(|| ids::random(CODE_LEN).to_ascii_uppercase());
    let is_code = code.len() <= MAX_CODE_LEN && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_code {
        return Err(StripeError::bad("code", "Promotion codes may only contain letters, digits and dashes."));
    }
    let active = params.flag("active")?.unwrap_or(true);
    let customer = customer.map(|customer| customer.id);
    if active && PromotionCode::is_taken(tx, &code, customer.as_deref(), None) {
        return Err(StripeError::refused(format!("An active promotion code with `code: {code}` already exists.")));
    }
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    let mut promotion_code = PromotionCode {
        id: ids::new("promo"),
        created: tx.now,
        code,
        coupon: coupon.id.clone(),
        active,
        customer,
        expires_at: params.int("expires_at")?.map(Timestamp::from_secs),
        max_redemptions: coupons::count(params, "max_redemptions")?,
        times_redeemed: 0,
        first_time_transaction: false,
        minimum_amounts: Vec::new(),
        metadata,
    };
    if promotion_code.expires_at.is_some_and(|at| at <= tx.now) {
        return Err(StripeError::bad("expires_at", "Invalid timestamp: must be in the future."));
    }
    if let Some(restrictions) = params.group("restrictions")? {
        restrict(&restrictions, &mut promotion_code)?;
    }
    params.finish()?;
    let object = promotion_code.json(tx);
    tx.put(promotion_code);
    emit(tx, "promotion_code.created", object.clone());
    Ok(object.into())
}

fn restrict(params: &Params, code: &mut PromotionCode) -> Result<(), StripeError> {
    code.first_time_transaction = params.flag("first_time_transaction")?.unwrap_or(false);
    let amount = params.int("minimum_amount")?;
    let currency = params.text("minimum_amount_currency")?;
    match (amount, currency) {
        (None, None) => {}
        (Some(amount), Some(currency)) => {
            let currency: Currency = currency.parse().map_err(|_| {
                StripeError::bad("restrictions[minimum_amount_currency]", format!("Invalid currency: {currency}"))
            })?;
            code.minimum_amounts = vec![(currency, amount)];
        }
        (Some(_), None) => return Err(StripeError::missing("restrictions[minimum_amount_currency]")),
        (None, Some(_)) => return Err(StripeError::missing("restrictions[minimum_amount]")),
    }
    let options = coupons::currency_options(params, "minimum_amount")?;
    code.minimum_amounts.retain(|(currency, _)| options.iter().all(|(other, _)| other != currency));
    code.minimum_amounts.extend(options);
    Ok(())
}

/// Updates whether the code is active, its metadata and the amounts of its restrictions.
pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let mut code = find::<PromotionCode>(tx, &call.id)?;
    let before = code.json(tx);
    if let Some(active) = params.flag("active")? {
        if active && PromotionCode::is_taken(tx, &code.code, code.customer.as_deref(), Some(&code.id)) {
            let code = &code.code;
            return Err(StripeError::refused(format!("An active promotion code with `code: {code}` already exists.")));
        }
        code.active = active;
    }
    params.metadata(&mut code.metadata)?;
    if let Some(restrictions) = params.group("restrictions")? {
        let options = coupons::currency_options(&restrictions, "minimum_amount")?;
        code.minimum_amounts.retain(|(currency, _)| options.iter().all(|(other, _)| other != currency));
        code.minimum_amounts.extend(options);
    }
    params.finish()?;
    let object = code.json(tx);
    tx.put(code);
    emit_change(tx, "promotion_code.updated", &before, object.clone());
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let active = params.flag("active")?;
    let code = params.text("code")?;
    let coupon = params.text("coupon")?;
    let customer = params.text("customer")?;
    let now = tx.now;
    let keep = |promotion_code: &PromotionCode| {
        let is_active = promotion_code.active && promotion_code.expires_at.is_none_or(|at| now < at);
        active.is_none_or(|active| is_active == active)
            && code.as_ref().is_none_or(|code| promotion_code.code.eq_ignore_ascii_case(code))
            && coupon.as_ref().is_none_or(|coupon| promotion_code.coupon == *coupon)
            && (customer.is_none() || promotion_code.customer == customer)
    };
    Ok(lists::page(tx, call, "/v1/promotion_codes", keep)?.into())
}
