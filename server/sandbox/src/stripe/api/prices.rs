//! `/v1/prices`

mod params;

pub(crate) use params::{from_params, inline_product};

use crate::{
    storage::Transaction,
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Resource,
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
    let mode = price.tiers.as_ref().map(|tiers| tiers.mode);
    let options = params::currency_options(params, price.currency, mode)?;
    price.currency_options.retain(|old| options.iter().all(|new| new.currency != old.currency));
    price.currency_options.extend(options);
    if let Some(behavior) = params.text("tax_behavior")? {
        price.tax_behavior = behavior;
    }
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
