//! `/v1/prices`

use domain::{money::Currency, subscription::Provider};

use crate::{
    billing::interval::{Interval, Recurring},
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            event::{emit, emit_change},
            find,
            price::Price,
            product::Product,
            referenced,
        },
        params::Params,
    },
};

const MAX_LOOKUP_KEYS: usize = 10;
const MAX_AMOUNT: i64 = 99_999_999;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let product = match (params.text("product")?, params.group("product_data")?) {
        (Some(id), None) => referenced::<Product>(tx, &id, "product")?.id.clone(),
        (None, Some(data)) => {
            let product = inline_product(tx, &data)?;
            let (id, object) = (product.id.clone(), product.json(tx));
            tx.put(product);
            emit(tx, "product.created", object);
            id
        }
        (Some(_), Some(_)) => {
            return Err(StripeError::bad(
                "product_data",
                "You may only specify one of these parameters: product, product_data.",
            ));
        }
        (None, None) => return Err(StripeError::missing("product")),
    };
    let mut price = from_params(tx, params, product)?;
    params.patch("nickname", &mut price.nickname)?;
    set_lookup_key(tx, params, &mut price)?;
    if let Some(active) = params.flag("active")? {
        price.active = active;
    }
    params.finish()?;
    let object = price.json(tx);
    tx.put(price);
    emit(tx, "price.created", object.clone());
    Ok(object.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let mut price = find::<Price>(tx, &call.id)?;
    let before = price.json(tx);
    if let Some(active) = params.flag("active")? {
        price.active = active;
    }
    params.patch("nickname", &mut price.nickname)?;
    params.metadata(&mut price.metadata)?;
    set_lookup_key(tx, params, &mut price)?;
    params.accept(&["currency_options", "tax_behavior"]);
    params.finish()?;
    let object = price.json(tx);
    tx.put(price);
    emit_change(tx, "price.updated", &before, object.clone());
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let active = params.flag("active")?;
    let product = params.text("product")?;
    let currency = params.text("currency")?;
    let lookup_keys = params.texts("lookup_keys")?;
    if lookup_keys.as_ref().is_some_and(|keys| keys.len() > MAX_LOOKUP_KEYS) {
        return Err(StripeError::bad(
            "lookup_keys",
            format!("You may only specify up to {MAX_LOOKUP_KEYS} lookup keys."),
        ));
    }
    let recurring = params.choice("type", &[("recurring", true), ("one_time", false)])?;
    params.accept(&["recurring"]);
    let keep = |price: &Price| {
        active.is_none_or(|active| price.active == active)
            && product.as_ref().is_none_or(|product| price.product == *product)
            && currency.as_ref().is_none_or(|currency| price.currency_code() == *currency)
            && recurring.is_none_or(|recurring| price.recurring.is_some() == recurring)
            && lookup_keys.as_ref().is_none_or(|keys| price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
    };
    Ok(lists::page(tx, call, "/v1/prices", keep)?.into())
}

/// A price from the fields that `/v1/prices`, `default_price_data` and `price_data` share.
pub(crate) fn from_params(tx: &Transaction<'_>, params: &Params, product: String) -> Result<Price, StripeError> {
    let currency: Currency = params.require("currency")?.parse().map_err(|_| {
        StripeError::bad(&params.path_of("currency"), "Invalid currency: use a three-letter code, as usd.")
    })?;
    let unit_amount = match (params.int("unit_amount")?, params.text("unit_amount_decimal")?) {
        (Some(amount), _) => amount,
        (None, Some(decimal)) => decimal.parse().map_err(|_| {
            StripeError::bad(
                &params.path_of("unit_amount_decimal"),
                "The sandbox takes whole units of `unit_amount` only.",
            )
        })?,
        (None, None) => return Err(StripeError::missing(&params.path_of("unit_amount"))),
    };
    if !(0..=MAX_AMOUNT).contains(&unit_amount) {
        return Err(StripeError::bad_as(
            "parameter_invalid_integer",
            &params.path_of("unit_amount"),
            format!("Invalid integer: must be between 0 and {MAX_AMOUNT}."),
        ));
    }
    // Stripe refuses to charge an amount that is not a multiple of the currency's step. The sandbox refuses such an
    // amount when the price is created, so that every price can be paid.
    if unit_amount % currency.charge_step_at(Provider::Stripe) != 0 {
        let (code, step) = (currency.code(), currency.charge_step_at(Provider::Stripe));
        return Err(StripeError::bad_as(
            "invalid_charge_amount_no_decimal_compatible",
            &params.path_of("unit_amount"),
            format!(
                "Invalid amount. Amounts in {code} must be evenly divisible by {step}. See https://stripe.com/docs/currencies#special-cases for more information."
            ),
        ));
    }
    let recurring = params.group("recurring")?.map(|group| recurring(&group)).transpose()?;
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    let tax_behavior = params.choice(
        "tax_behavior",
        &[("inclusive", "inclusive"), ("exclusive", "exclusive"), ("unspecified", "unspecified")],
    )?;
    params.choice("billing_scheme", &[("per_unit", ())])?;
    Ok(Price {
        id: ids::new("price"),
        created: tx.now,
        active: true,
        currency,
        unit_amount,
        product,
        recurring,
        nickname: None,
        lookup_key: None,
        tax_behavior: tax_behavior.unwrap_or("unspecified").to_owned(),
        metadata,
    })
}

fn recurring(params: &Params) -> Result<Recurring, StripeError> {
    let interval = params.choice("interval", &Interval::CHOICES)?;
    let interval = interval.ok_or_else(|| StripeError::missing(&params.path_of("interval")))?;
    let count = params.int("interval_count")?.unwrap_or(1);
    // The longest interval that Stripe allows: "up to three years".
    let longest = match interval {
        Interval::Day => 1095,
        Interval::Week => 156,
        Interval::Month => 36,
        Interval::Year => 3,
    };
    params.choice("usage_type", &[("licensed", ())])?;
    params.accept(&["trial_period_days"]);
    match u32::try_from(count).ok().filter(|_| (1..=longest).contains(&count)) {
        Some(count) => Ok(Recurring { interval, count }),
        None => Err(StripeError::bad(
            &params.path_of("interval_count"),
            format!("Invalid interval_count: must be between 1 and {longest}."),
        )),
    }
}

/// A product from a price's `product_data`.
pub(crate) fn inline_product(tx: &Transaction<'_>, data: &Params) -> Result<Product, StripeError> {
    let mut metadata = Metadata::new();
    data.metadata(&mut metadata)?;
    let mut description = None;
    data.patch("description", &mut description)?;
    data.accept(&["images", "statement_descriptor", "tax_code", "unit_label"]);
    Ok(Product {
        id: data.text("id")?.unwrap_or_else(|| ids::new("prod")),
        created: tx.now,
        updated: tx.now,
        active: data.flag("active")?.unwrap_or(true),
        name: data.require("name")?,
        description,
        default_price: None,
        images: Vec::new(),
        metadata,
        statement_descriptor: None,
        tax_code: None,
        unit_label: None,
        url: None,
    })
}

/// Sets the lookup key. Keys are unique: `transfer_lookup_key` takes it from the price that has it.
fn set_lookup_key(tx: &mut Transaction<'_>, params: &Params, price: &mut Price) -> Result<(), StripeError> {
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    let Some(key) = params.raw("lookup_key")?.map(str::to_owned) else { return Ok(()) };
    let key = Some(key).filter(|key| !key.is_empty());
    let holder =
        tx.all::<Price>().find(|other| key.is_some() && other.lookup_key == key && other.id != price.id).cloned();
    match holder {
        Some(holder) if transfer => {
            let mut holder = Price::clone(&holder);
            let before = holder.json(tx);
            holder.lookup_key = None;
            let object = holder.json(tx);
            tx.put(holder);
            emit_change(tx, "price.updated", &before, object);
        }
        Some(holder) => {
            let key = key.unwrap_or_default();
            return Err(StripeError::bad(
                "lookup_key",
                format!("A price (`{}`) already uses that lookup key: {key}.", holder.id),
            ));
        }
        None => {}
    }
    price.lookup_key = key;
    Ok(())
}
