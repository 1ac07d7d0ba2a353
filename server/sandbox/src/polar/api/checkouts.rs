//! `/v1/checkouts`. As at Polar, no call closes an open checkout: it expires after an hour.

use domain::money::Currency;
use serde_json::Value;

use super::{customers::by_external_id, discounts, products::trial_interval};
use crate::{
    billing::interval::Recurring,
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Metadata, Resource,
            checkout::{Checkout, CheckoutStatus},
            customer::Customer,
            event::emit,
            find,
            product::{Price, Product},
            referenced,
        },
    },
    storage::{Transaction, ids},
};

const LIFE_SECS: i64 = 3600;

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    lists::page::<Checkout>(tx, call, |checkout| {
        call.filter_allows("customer_id", checkout.customer.as_deref())
            && call.filter_allows("external_customer_id", checkout.external_customer.as_deref())
            && call.filter_allows("product_id", Some(&checkout.product))
            && call.filter_allows("status", Some(checkout.status.as_str()))
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Checkout>(tx, &call.account, &call.id)?.json(tx)))
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let products = products(tx, call)?;
    let currency = currency(call)?;
    let Some(product) = products.first() else { return Err(PolarError::missing("products")) };
    let Some(price) = product.price_in(currency).cloned() else {
        let message = "Product is not available in the requested currency.";
        return Err(PolarError::field("currency", "value_error", message, call.text("currency")?));
    };
    let external_customer = call.text("external_customer_id")?;
    let customer = match call.text("customer_id")? {
        Some(id) => Some(referenced::<Customer>(tx, &call.account, "customer_id", &id)?),
        None => external_customer.as_deref().and_then(|id| by_external_id(tx, call, id)),
    };
    let mut checkout = Checkout {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        modified: None,
        expires_at: tx.now.plus_secs(LIFE_SECS),
        status: CheckoutStatus::Open,
        client_secret: ids::secret("polar_c"),
        products: products.iter().map(|product| product.id.clone()).collect(),
        product: product.id.clone(),
        price: price.id.clone(),
        amount: price.amount,
        currency: price.currency,
        external_customer: customer.as_ref().map_or(external_customer, |customer| customer.external_id.clone()),
        customer_email: call
            .text("customer_email")?
            .or_else(|| customer.as_ref().map(|customer| customer.email.clone())),
        customer_name: call
            .text("customer_name")?
            .or_else(|| customer.as_ref().and_then(|customer| customer.name.clone())),
        customer: customer.map(|customer| customer.id),
        success_url: call.web_url("success_url")?,
        return_url: call.web_url("return_url")?,
        metadata: call.metadata("metadata")?.unwrap_or_else(Metadata::new),
        customer_metadata: call.metadata("customer_metadata")?.unwrap_or_else(Metadata::new),
        authenticating: None,
        trial: trial(call, product)?,
        denies_trial: call.flag("allow_trial")? == Some(false),
        seats: None,
        min_seats: seats(call, "min_seats")?,
        max_seats: seats(call, "max_seats")?,
        discount: discounts::redeemable(tx, call, &product.id)?.map(|discount| discount.id),
        denies_codes: call.flag("allow_discount_codes")? == Some(false),
        has_fixed_discount: call.field("discount_id").is_some(),
        locale: call.text("locale")?,
    };
    choose(&mut checkout, &price, seats(call, "seats")?)?;
    let body = checkout.json(tx);
    tx.put(checkout);
    emit(tx, &call.account, "checkout.created", body.clone());
    Ok(Reply::Made(body))
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut checkout = find::<Checkout>(tx, &call.account, &call.id)?;
    if checkout.status != CheckoutStatus::Open {
        return Err(PolarError::checkout_closed());
    }
    if let Some(id) = call.text("product_id")? {
        let product =
            find::<Product>(tx, &call.account, &id).ok().filter(|product| checkout.products.contains(&product.id));
        let price = |product: &Product| product.price_in(Some(checkout.currency)).or(product.price()).cloned();
        let chosen: Option<(Product, Price)> =
            product.and_then(|product| price(&product).map(|price| (product, price)));
        let Some((product, price)) = chosen else {
            let message = "Product is not available in this checkout.";
            return Err(PolarError::field("product_id", "value_error", message, id));
        };
        checkout.trial = checkout.trial.filter(|_| product.every.is_some());
        checkout.product = product.id;
        choose(&mut checkout, &price, None)?;
    }
    if let Some(seats) = seats(call, "seats")? {
        let product = find::<Product>(tx, &call.account, &checkout.product)?;
        let price = product.prices.iter().find(|price| price.id == checkout.price).cloned();
        choose(&mut checkout, &price.ok_or_else(PolarError::not_found)?, Some(seats))?;
    }
    if call.has_field("discount_id") {
        checkout.discount = discounts::redeemable(tx, call, &checkout.product)?.map(|discount| discount.id);
        checkout.has_fixed_discount = checkout.discount.is_some();
    }
    if let Some(email) = call.text("customer_email")? {
        checkout.customer_email = Some(email);
    }
    if let Some(name) = call.text("customer_name")? {
        checkout.customer_name = Some(name);
    }
    if let Some(url) = call.web_url("success_url")? {
        checkout.success_url = Some(url);
    }
    if let Some(url) = call.web_url("return_url")? {
        checkout.return_url = Some(url);
    }
    if let Some(metadata) = call.metadata("metadata")? {
        checkout.metadata = metadata;
    }
    checkout.save(tx, "checkout.updated");
    Ok(Reply::Found(find::<Checkout>(tx, &call.account, &call.id)?.json(tx)))
}

/// A number of seats. `None` if the field is missing or null.
fn seats(call: &Call, name: &str) -> Result<Option<u32>, PolarError> {
    let Some(given) = call.field(name) else { return Ok(None) };
    let seats = given.as_u64().and_then(|seats| u32::try_from(seats).ok()).filter(|seats| (1..=1000).contains(seats));
    let message = "Input should be from 1 to 1000";
    seats.map(Some).ok_or_else(|| PolarError::field(name, "greater_than_equal", message, given.clone()))
}

/// Chooses a price and a number of seats. Fails if the price is not seat-based, or does not sell this many.
fn choose(checkout: &mut Checkout, price: &Price, seats: Option<u32>) -> Result<(), PolarError> {
    let fewest = seats.or(checkout.min_seats.filter(|_| price.seats.is_some()));
    if let Some(wrong) = fewest.filter(|seats| !checkout.allows_seats(price, *seats)) {
        let message = match &price.seats {
            None => "Seats can only be set for seat-based pricing.".to_owned(),
            Some(tiers) => format!("Seats are sold from {} on, within the bounds of the checkout.", tiers.minimum()),
        };
        return Err(PolarError::field("seats", "value_error", message, wrong));
    }
    checkout.set_price(price, fewest);
    Ok(())
}

/// The trial that the request has, else the product's. `None` if `allow_trial` is false or if the product is not
/// recurring.
fn trial(call: &Call, product: &Product) -> Result<Option<Recurring>, PolarError> {
    if call.flag("allow_trial")? == Some(false) || product.every.is_none() {
        return Ok(None);
    }
    Ok(trial_interval(call)?.or(product.trial))
}

/// The requested currency. `None` if the body has none: then the product's first price applies.
fn currency(call: &Call) -> Result<Option<Currency>, PolarError> {
    let Some(code) = call.text("currency")? else { return Ok(None) };
    let known = if code.to_lowercase() == code { code.to_uppercase().parse().ok() } else { None };
    known.map(Some).ok_or_else(|| {
        PolarError::field("currency", "enum", "Input should be a currency in lower case, as 'usd'", code)
    })
}

/// The products the payer may choose from. The first is preselected.
fn products(tx: &Transaction<'_>, call: &Call) -> Result<Vec<Product>, PolarError> {
    let given = call.list("products")?.ok_or_else(|| PolarError::missing("products"))?;
    let wrong = |input: &Value, message: &str| PolarError::field("products", "value_error", message, input.clone());
    let product = |id: &Value| {
        let found = id.as_str().and_then(|id| find::<Product>(tx, &call.account, id).ok());
        match found {
            None => Err(wrong(id, "Product does not exist.")),
            Some(found) if found.is_archived => Err(wrong(id, "Product is archived.")),
            Some(found) => Ok(found),
        }
    };
    given.iter().map(product).collect()
}
