//! `/v1/customers`

use serde_json::json;

use super::discounts::{self, Target};
use crate::{
    storage::Transaction,
    stripe::{
        billing::cancellation,
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Resource,
            coupon::Discount,
            customer::{Address, Customer, TaxId},
            event::{emit, emit_change},
            find,
            payment_method::PaymentMethod,
            referenced,
            subscription::Subscription,
        },
        params::Params,
        search::{Field, Query},
    },
};

/// Limit of a balance in minor units, positive or negative: Stripe's largest charge.
const MAX_BALANCE: i64 = 99_999_999;
/// The fields of a customer that can be searched, besides metadata.
const SEARCH_FIELDS: [&str; 4] = ["created", "email", "name", "phone"];
/// Maximum number of tax ids of a customer.
const MAX_TAX_IDS: usize = 5;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut customer = Customer::new(tx);
    discount(tx, &call.params, &mut customer)?;
    for new in call.params.groups("tax_id_data")?.unwrap_or_default() {
        add_tax_id(tx, &new, &mut customer)?;
    }
    write(tx, &call.params, &mut customer)?;
    let object = customer.json(tx);
    let discount = customer.discount.clone();
    tx.put(customer);
    emit(tx, "customer.created", object.clone());
    emit_discount(tx, None, discount.as_ref());
    Ok(object.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut customer = existing(tx, &call.id)?;
    let (before, had) = (customer.json(tx), customer.discount.clone());
    discount(tx, &call.params, &mut customer)?;
    write(tx, &call.params, &mut customer)?;
    let (object, has) = (customer.json(tx), customer.discount.clone());
    tx.put(customer);
    emit_change(tx, "customer.updated", &before, object.clone());
    emit_discount(tx, had.as_ref(), has.as_ref());
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let email = call.params.text("email")?;
    let keep = |customer: &Customer| {
        !customer.deleted && email.as_ref().is_none_or(|email| customer.email.as_ref() == Some(email))
    };
    Ok(lists::page(tx, call, "/v1/customers", keep)?.into())
}

/// `GET /v1/customers/search`. Unlike Stripe's, the sandbox's search sees a customer at once.
pub(crate) fn search(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let query = Query::parse(&params.require("query")?, &SEARCH_FIELDS)?;
    let limit = lists::limit(call)?;
    let after = params.text("page")?;
    params.finish()?;
    let value = |customer: &Customer, field: &Field| match field {
        Field::Metadata(key) => customer.metadata.get(key).cloned(),
        Field::Named(name) => match name.as_str() {
            "created" => Some(customer.created.as_secs().to_string()),
            "email" => customer.email.clone(),
            "name" => customer.name.clone(),
            "phone" => customer.phone.clone(),
            _ => None,
        },
    };
    let mut found: Vec<_> = tx
        .older::<Customer>(None, after.as_deref())
        .rev()
        .filter(|customer| !customer.deleted && query.matches(|field| value(customer, field)))
        .take(limit + 1)
        .collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|last| last.id.clone());
    let data: Vec<_> = found.into_iter().map(|customer| customer.json(tx)).collect();
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": has_more,
        "next_page": next,
        "url": "/v1/customers/search",
    })
    .into())
}

/// Deletes the customer and ends their subscriptions. The customer stays retrievable by id, marked as deleted.
pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let mut customer = existing(tx, &call.id)?;
    let running: Vec<Subscription> = tx
        .owned::<Subscription>(&call.id)
        .filter(|subscription| !subscription.status.is_over())
        .map(|subscription| Subscription::clone(subscription))
        .collect();
    for subscription in running {
        cancellation::end(tx, subscription, Some("cancellation_requested"));
    }
    let object = customer.json(tx);
    customer.deleted = true;
    tx.put(customer);
    emit(tx, "customer.deleted", object);
    Ok(json!({ "id": call.id, "object": "customer", "deleted": true }).into())
}

pub(crate) fn payment_methods(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    existing(tx, &call.id)?;
    call.params.choice("type", &[("card", ())])?;
    let url = format!("/v1/customers/{}/payment_methods", call.id);
    let keep = |method: &PaymentMethod| method.customer.as_deref() == Some(&call.id);
    Ok(lists::page(tx, call, &url, keep)?.into())
}

/// `GET /v1/customers/{id}/tax_ids`
pub(crate) fn tax_ids(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    Ok(existing(tx, &call.id)?.tax_ids_json().into())
}

/// `POST /v1/customers/{id}/tax_ids`
pub(crate) fn create_tax_id(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut customer = existing(tx, &call.id)?;
    add_tax_id(tx, &call.params, &mut customer)?;
    call.params.finish()?;
    let object = customer.tax_ids.last().map(|tax_id| tax_id.json(&customer.id)).unwrap_or_default();
    tx.put(customer);
    emit(tx, "customer.tax_id.created", object.clone());
    Ok(object.into())
}

/// `GET /v1/customers/{id}/tax_ids/{tax_id}`
pub(crate) fn retrieve_tax_id(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let customer = existing(tx, &call.id)?;
    let found = customer.tax_ids.iter().find(|tax_id| tax_id.id == call.nested_id);
    let found = found.ok_or_else(|| StripeError::not_found("tax ID", &call.nested_id))?;
    Ok(found.json(&customer.id).into())
}

/// `DELETE /v1/customers/{id}/tax_ids/{tax_id}`
pub(crate) fn delete_tax_id(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let mut customer = existing(tx, &call.id)?;
    let at = customer.tax_ids.iter().position(|tax_id| tax_id.id == call.nested_id);
    let at = at.ok_or_else(|| StripeError::not_found("tax ID", &call.nested_id))?;
    let object = customer.tax_ids.remove(at).json(&customer.id);
    tx.put(customer);
    emit(tx, "customer.tax_id.deleted", object);
    Ok(json!({ "id": call.nested_id, "object": "tax_id", "deleted": true }).into())
}

/// Adds a tax id from the parameters, at most five as at Stripe.
fn add_tax_id(tx: &Transaction<'_>, params: &Params, customer: &mut Customer) -> Result<(), StripeError> {
    let (kind, value) = (params.require("type")?, params.require("value")?);
    if customer.tax_ids.len() >= MAX_TAX_IDS {
        return Err(StripeError::refused(format!("A customer has at most {MAX_TAX_IDS} tax IDs.")));
    }
    customer.tax_ids.push(TaxId::new(tx, kind, value));
    Ok(())
}

/// The customer with the id from the path. Fails if there is none, or if the customer is deleted.
pub(crate) fn existing(tx: &Transaction<'_>, id: &str) -> Result<Customer, StripeError> {
    let customer = find::<Customer>(tx, id)?;
    if customer.deleted { Err(StripeError::not_found(Customer::WHAT, id)) } else { Ok(customer) }
}

/// The customer that the parameter `customer` refers to. Fails if there is none, or if the customer is deleted.
pub(crate) fn referenced_customer(tx: &Transaction<'_>, id: &str) -> Result<Customer, StripeError> {
    let customer = referenced::<Customer>(tx, id, "customer")?;
    if customer.deleted {
        Err(StripeError::no_such(Customer::WHAT, id, "customer"))
    } else {
        Ok(Customer::clone(&customer))
    }
}

/// Sets the customer's discount from the parameters. It applies to the customer's subscriptions that have no discount.
fn discount(tx: &mut Transaction<'_>, params: &Params, customer: &mut Customer) -> Result<(), StripeError> {
    let had: Vec<_> = customer.discount.iter().cloned().collect();
    let target = Target { customer: Some(&customer.id), subscription: None, currency: customer.currency.as_deref() };
    if let Some(discounts) = discounts::from_params(tx, params, target, &had)? {
        customer.discount = discounts.into_iter().next();
        discounts::count_redeemed(tx, &had, customer.discount.as_slice());
    }
    Ok(())
}

/// `DELETE /v1/customers/{id}/discount`
pub(crate) fn delete_discount(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let mut customer = existing(tx, &call.id)?;
    let Some(discount) = customer.discount.take() else {
        return Err(StripeError::not_found("discount", &call.id));
    };
    tx.put(customer);
    emit_discount(tx, Some(&discount), None);
    Ok(discount.deleted_json().into())
}

/// Emits the event of a customer's discount, if it changed.
fn emit_discount(tx: &mut Transaction<'_>, had: Option<&Discount>, has: Option<&Discount>) {
    match (had, has) {
        (None, Some(has)) => emit(tx, "customer.discount.created", has.json()),
        (Some(had), Some(has)) if had.id != has.id => emit(tx, "customer.discount.updated", has.json()),
        (Some(had), None) => emit(tx, "customer.discount.deleted", had.json()),
        (None, None) | (Some(_), Some(_)) => {}
    }
}

fn write(tx: &Transaction<'_>, params: &Params, customer: &mut Customer) -> Result<(), StripeError> {
    params.patch("name", &mut customer.name)?;
    params.patch("email", &mut customer.email)?;
    params.patch("phone", &mut customer.phone)?;
    params.patch("description", &mut customer.description)?;
    params.metadata(&mut customer.metadata)?;
    if customer.email.as_ref().is_some_and(|email| !email.contains('@') || email.len() > 512) {
        let email = customer.email.as_deref().unwrap_or_default();
        return Err(StripeError::bad_as("email_invalid", "email", format!("Invalid email address: {email}")));
    }
    if let Some(balance) = params.int("balance")? {
        if !(-MAX_BALANCE..=MAX_BALANCE).contains(&balance) {
            return Err(StripeError::bad(
                "balance",
                format!("Invalid balance: must be between -{MAX_BALANCE} and {MAX_BALANCE}."),
            ));
        }
        customer.balance = balance;
    }
    if let Some(group) = params.group("address")? {
        let mut address = Address::default();
        group.patch("city", &mut address.city)?;
        group.patch("country", &mut address.country)?;
        group.patch("line1", &mut address.line1)?;
        group.patch("line2", &mut address.line2)?;
        group.patch("postal_code", &mut address.postal_code)?;
        group.patch("state", &mut address.state)?;
        customer.address = Some(address);
    }
    if let Some(settings) = params.group("invoice_settings")? {
        let mut method = customer.default_payment_method.clone();
        settings.patch("default_payment_method", &mut method)?;
        if let Some(id) = &method {
            require_attached(tx, id, &customer.id, "invoice_settings[default_payment_method]")?;
        }
        customer.default_payment_method = method;
        settings.accept(&["custom_fields", "footer", "rendering_options"]);
    }
    params.accept(&["preferred_locales", "shipping", "tax", "tax_exempt", "source", "test_clock"]);
    params.finish()
}

/// Fails unless the payment method is attached to the customer.
pub(crate) fn require_attached(tx: &Transaction<'_>, id: &str, customer: &str, param: &str) -> Result<(), StripeError> {
    let method = referenced::<PaymentMethod>(tx, id, param)?;
    if method.customer.as_deref() == Some(customer) {
        Ok(())
    } else {
        Err(StripeError::bad(
            param,
            format!(
                "The customer does not have a payment method with the ID {id}. The payment method must be attached to the customer."
            ),
        ))
    }
}
