//! The parameters `discounts`, `coupon` and `promotion_code` of customers, subscriptions, checkout sessions and invoices.

use super::coupons;
use crate::{
    billing::{
        interval::{Interval, Recurring},
        period,
    },
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            checkout_session::SessionCoupon,
            coupon::{Coupon, Discount},
            invoice::{Invoice, InvoiceStatus},
            promotion_code::PromotionCode,
            referenced,
        },
        params::Params,
    },
};

/// Stripe's limit of discounts per subscription.
const MAX_DISCOUNTS: usize = 20;

/// What a discount is for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// `None` for a checkout session without a customer.
    pub(crate) customer: Option<&'a str>,
    pub(crate) subscription: Option<&'a str>,
    /// The currency of the payments, by which a coupon's amount is chosen. `None` if it is unknown.
    pub(crate) currency: Option<&'a str>,
}

/// A coupon, and the promotion code by which it is redeemed.
#[derive(Clone, Debug)]
pub(crate) struct Redeemable {
    pub(crate) coupon: Coupon,
    pub(crate) promotion_code: Option<String>,
}

/// The discounts that the parameter `discounts`, or the older `coupon` and `promotion_code`, request. `None` if none of
/// them is given. Each group in `discounts` redeems a coupon or a code, or keeps the discount in `had` that has the given
/// id. Stores nothing.
pub(crate) fn from_params(
    tx: &Transaction<'_>,
    params: &Params,
    target: Target<'_>,
    had: &[Discount],
) -> Result<Option<Vec<Discount>>, StripeError> {
    if params.raw("coupon")?.is_some_and(str::is_empty) || params.raw("promotion_code")?.is_some_and(str::is_empty) {
        return Ok(Some(Vec::new()));
    }
    if let Some(asked) = redeemable(tx, params, target)? {
        return Ok(Some(vec![redeem(tx, &asked, target)]));
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
            let asked = redeemable(tx, &group, target)?;
            let asked = asked.ok_or_else(|| StripeError::missing(&group.path_of("coupon")))?;
            discounts.push(redeem(tx, &asked, target));
        }
    }
    Ok(Some(discounts))
}

/// The coupon that the parameters `coupon` or `promotion_code` name. `None` if both are absent. Fails if it can not be
/// redeemed.
pub(crate) fn redeemable(
    tx: &Transaction<'_>,
    params: &Params,
    target: Target<'_>,
) -> Result<Option<Redeemable>, StripeError> {
    match (params.text("coupon")?, params.text("promotion_code")?) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(StripeError::bad(
            &params.path_of("promotion_code"),
            "You may only specify one of these parameters: coupon, promotion_code.",
        )),
        (Some(id), None) => {
            let param = params.path_of("coupon");
            let coupon = valid_coupon(tx, &id, &param)?;
            Ok(Some(Redeemable { coupon, promotion_code: None }))
        }
        (None, Some(id)) => {
            let param = params.path_of("promotion_code");
            let code = referenced::<PromotionCode>(tx, &id, &param)?;
            by_promotion_code(tx, &code, target, None, &param).map(Some)
        }
    }
}

/// The coupon of the active promotion code that a customer entered on a hosted page. `amount` is what they would pay.
pub(crate) fn entered(
    tx: &Transaction<'_>,
    code: &str,
    target: Target<'_>,
    amount: i64,
) -> Result<Redeemable, StripeError> {
    let found = PromotionCode::by_code(tx, code, target.customer);
    let found = found.ok_or_else(|| StripeError::bad("promotion_code", "This code is invalid."))?;
    by_promotion_code(tx, &found, target, Some(amount), "promotion_code")
}

fn by_promotion_code(
    tx: &Transaction<'_>,
    code: &PromotionCode,
    target: Target<'_>,
    amount: Option<i64>,
    param: &str,
) -> Result<Redeemable, StripeError> {
    let refused =
        |why: &str| Err(StripeError::bad(param, format!("This promotion code cannot be redeemed because {why}.")));
    if !code.is_redeemable(tx.now) {
        return refused("it is expired or inactive");
    }
    if code.customer.is_some() && code.customer.as_deref() != target.customer {
        return refused("it is restricted to another customer");
    }
    let has_paid = |customer: &str| {
        tx.owned::<Invoice>(customer).any(|invoice| invoice.status == InvoiceStatus::Paid && invoice.amount_due > 0)
    };
    if code.first_time_transaction && target.customer.is_some_and(has_paid) {
        return refused("the associated customer has prior transactions");
    }
    let minimum = target.currency.and_then(|currency| code.minimum_in(currency));
    if let (Some(minimum), Some(amount)) = (minimum, amount)
        && amount < minimum
    {
        return refused("the amount is below the minimum of the promotion code");
    }
    let coupon = valid_coupon(tx, &code.coupon, param)?;
    Ok(Redeemable { coupon, promotion_code: Some(code.id.clone()) })
}

fn valid_coupon(tx: &Transaction<'_>, id: &str, param: &str) -> Result<Coupon, StripeError> {
    let coupon = referenced::<Coupon>(tx, id, param)?;
    if coupon.is_valid(tx.now) { Ok(Coupon::clone(&coupon)) } else { Err(coupons::expired(id, param)) }
}

/// For each of `discounts` that is not in `had`, increments `times_redeemed` of its coupon and of its promotion code.
pub(crate) fn count_redeemed(tx: &mut Transaction<'_>, had: &[Discount], discounts: &[Discount]) {
    for discount in discounts.iter().filter(|discount| had.iter().all(|had| had.id != discount.id)) {
        if let Some(coupon) = tx.get::<Coupon>(&discount.coupon) {
            let mut coupon = Coupon::clone(&coupon);
            coupon.times_redeemed += 1;
            tx.put(coupon);
        }
        if let Some(code) = discount.promotion_code.as_deref().and_then(|id| tx.get::<PromotionCode>(id)) {
            let mut code = PromotionCode::clone(&code);
            code.times_redeemed += 1;
            code.active &= code.max_redemptions.is_none_or(|most| code.times_redeemed < most);
            tx.put(code);
        }
    }
}

/// The discount that a checkout session's payer gets. Fails if the coupon can not be redeemed any more. Stores nothing.
pub(crate) fn redeem_chosen(
    tx: &Transaction<'_>,
    chosen: &SessionCoupon,
    target: Target<'_>,
) -> Result<Discount, StripeError> {
    let coupon = valid_coupon(tx, &chosen.id, "discounts[0][coupon]")?;
    let asked = Redeemable { coupon, promotion_code: chosen.promotion_code.clone() };
    Ok(redeem(tx, &asked, target))
}

/// A discount from redeeming the coupon now. Stores nothing.
pub(crate) fn redeem(tx: &Transaction<'_>, asked: &Redeemable, target: Target<'_>) -> Discount {
    let Redeemable { coupon, promotion_code } = asked;
    let start = tx.now;
    let end =
        coupon.months.map(|count| period::end_after(start, start, Recurring { interval: Interval::Month, count }));
    Discount {
        id: ids::new("di"),
        coupon: coupon.id.clone(),
        off: coupon.off_in(target.currency),
        duration: coupon.duration,
        start,
        end,
        customer: target.customer.unwrap_or_default().to_owned(),
        subscription: target.subscription.map(str::to_owned),
        promotion_code: promotion_code.clone(),
        checkout_session: None,
        products: coupon.products.clone(),
    }
}
