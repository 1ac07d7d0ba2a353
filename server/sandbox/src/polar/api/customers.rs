//! `/v1/customers`

use std::sync::Arc;

use crate::{
    polar::{
        billing::lifecycle,
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Resource,
            customer::Customer,
            event::emit,
            find,
            subscription::{Subscription, customer_state_json},
        },
    },
    storage::Transaction,
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let query = call.query_values("query").next().map(str::to_lowercase);
    lists::page::<Customer>(tx, call, |customer| {
        let matches = |query: &String| {
            let texts = [Some(&customer.email), customer.name.as_ref(), customer.external_id.as_ref()];
            texts.into_iter().flatten().any(|text| text.to_lowercase().contains(query))
        };
        call.filter_allows("email", Some(&customer.email)) && query.as_ref().is_none_or(matches)
    })
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let email = call.require("email")?;
    let mut customer = Customer::new(tx, &call.account, String::new());
    customer.external_id = call.text("external_id")?;
    apply_fields(tx, call, &mut customer, Some(email))?;
    let body = customer.json(tx);
    tx.put(customer);
    emit(tx, &call.account, "customer.created", body.clone());
    Ok(Reply::Made(body))
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Customer>(tx, &call.account, &call.id)?.json(tx)))
}

pub(crate) fn retrieve_external(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(external(tx, call)?.json(tx)))
}

pub(crate) fn state(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(tx, &call.account, &call.id)?;
    Ok(Reply::Found(customer_state_json(tx, &customer)))
}

pub(crate) fn state_external(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = external(tx, call)?;
    Ok(Reply::Found(customer_state_json(tx, &customer)))
}

pub(crate) fn payment_methods(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let items = find::<Customer>(tx, &call.account, &call.id)?.payment_methods();
    let pagination = serde_json::json!({ "total_count": items.len(), "max_page": items.len() });
    Ok(Reply::Found(serde_json::json!({ "items": items, "pagination": pagination })))
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(tx, &call.account, &call.id)?;
    change(tx, call, customer)
}

pub(crate) fn update_external(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = external(tx, call)?;
    change(tx, call, customer)
}

pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(tx, &call.account, &call.id)?;
    Ok(delete_customer(tx, call, customer))
}

pub(crate) fn delete_external(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = external(tx, call)?;
    Ok(delete_customer(tx, call, customer))
}

/// The customer whose external id is in the path.
pub(crate) fn external(tx: &Transaction<'_>, call: &Call) -> Result<Customer, PolarError> {
    by_external_id(tx, call, &call.id).ok_or_else(PolarError::not_found)
}

pub(crate) fn by_external_id(tx: &Transaction<'_>, call: &Call, id: &str) -> Option<Customer> {
    let found = existing(tx, call).find(|customer| customer.external_id.as_deref() == Some(id));
    found.map(|customer| Customer::clone(customer))
}

fn existing<'t>(tx: &'t Transaction<'_>, call: &'t Call) -> impl Iterator<Item = &'t Arc<Customer>> {
    tx.all::<Customer>().filter(|customer| customer.account.key == call.account.key && !customer.is_deleted())
}

fn change(tx: &mut Transaction<'_>, call: &Call, mut customer: Customer) -> Answer {
    if call.has_field("external_id") {
        customer.external_id = call.text("external_id")?;
    }
    let email = call.text("email")?;
    apply_fields(tx, call, &mut customer, email)?;
    customer.modified = Some(tx.now);
    let body = customer.json(tx);
    tx.put(customer);
    emit(tx, &call.account, "customer.updated", body.clone());
    Ok(Reply::Found(body))
}

/// Deletes a customer: ends their subscriptions and frees their external id.
fn delete_customer(tx: &mut Transaction<'_>, call: &Call, mut customer: Customer) -> Reply {
    let running: Vec<Subscription> = tx
        .owned::<Subscription>(&customer.id)
        .filter(|subscription| !subscription.is_over())
        .map(|subscription| Subscription::clone(subscription))
        .collect();
    for subscription in running {
        lifecycle::end(tx, subscription);
    }
    customer.deleted = Some(tx.now);
    customer.former_external_id = customer.external_id.take();
    let body = customer.json(tx);
    tx.put(customer);
    emit(tx, &call.account, "customer.deleted", body);
    Reply::Nothing
}

/// Applies the body's fields. Fails if another customer has the e-mail address or external id.
fn apply_fields(
    tx: &Transaction<'_>,
    call: &Call,
    customer: &mut Customer,
    email: Option<String>,
) -> Result<(), PolarError> {
    if let Some(email) = email {
        if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
            let message = "value is not a valid email address";
            return Err(PolarError::field("email", "value_error", message, email));
        }
        if existing(tx, call).any(|other| other.id != customer.id && other.email.eq_ignore_ascii_case(&email)) {
            let message = "A customer with this email address already exists.";
            return Err(PolarError::field("email", "value_error", message, email));
        }
        customer.email = email;
    }
    if let Some(id) = &customer.external_id
        && existing(tx, call).any(|other| other.id != customer.id && other.external_id.as_ref() == Some(id))
    {
        let message = "A customer with this external ID already exists.";
        return Err(PolarError::field("external_id", "value_error", message, id.clone()));
    }
    if call.has_field("name") {
        customer.name = call.text("name")?;
    }
    if call.has_field("billing_address") {
        customer.billing_address = call.field("billing_address").cloned();
    }
    if call.has_field("tax_id") {
        customer.tax_id = call.field("tax_id").cloned();
    }
    if let Some(metadata) = call.metadata("metadata")? {
        customer.metadata = metadata;
    }
    Ok(())
}
