//! `/v1/customers`

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
    storage::Unit,
};

pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let query = call.query_values("query").next().map(str::to_lowercase);
    lists::page::<Customer>(unit, call, |it| {
        let matches = |query: &String| {
            let texts = [Some(&it.email), it.name.as_ref(), it.external_id.as_ref()];
            texts.into_iter().flatten().any(|text| text.to_lowercase().contains(query))
        };
        call.filter_allows("email", Some(&it.email)) && query.as_ref().is_none_or(matches)
    })
}

pub(crate) fn create(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let email = call.require("email")?;
    let mut customer = Customer::new(unit, &call.account, String::new());
    customer.external_id = call.text("external_id")?;
    apply_fields(unit, call, &mut customer, Some(email))?;
    let body = customer.json(unit);
    unit.put(customer);
    emit(unit, &call.account, "customer.created", body.clone());
    Ok(Reply::Made(body))
}

pub(crate) fn retrieve(unit: &mut Unit<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Customer>(unit, &call.account, &call.id)?.json(unit)))
}

pub(crate) fn retrieve_external(unit: &mut Unit<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(external(unit, call)?.json(unit)))
}

pub(crate) fn state(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(unit, &call.account, &call.id)?;
    Ok(Reply::Found(customer_state_json(unit, &customer)))
}

pub(crate) fn state_external(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = external(unit, call)?;
    Ok(Reply::Found(customer_state_json(unit, &customer)))
}

pub(crate) fn payment_methods(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let items = find::<Customer>(unit, &call.account, &call.id)?.payment_methods();
    let pagination = serde_json::json!({ "total_count": items.len(), "max_page": items.len() });
    Ok(Reply::Found(serde_json::json!({ "items": items, "pagination": pagination })))
}

pub(crate) fn update(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(unit, &call.account, &call.id)?;
    change(unit, call, customer)
}

pub(crate) fn update_external(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = external(unit, call)?;
    change(unit, call, customer)
}

pub(crate) fn delete(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = find::<Customer>(unit, &call.account, &call.id)?;
    Ok(delete_customer(unit, call, customer))
}

pub(crate) fn delete_external(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = external(unit, call)?;
    Ok(delete_customer(unit, call, customer))
}

/// The customer whose external id is in the path.
pub(crate) fn external(unit: &Unit<'_>, call: &Call) -> Result<Customer, PolarError> {
    by_external_id(unit, call, &call.id).ok_or_else(PolarError::not_found)
}

pub(crate) fn by_external_id(unit: &Unit<'_>, call: &Call, id: &str) -> Option<Customer> {
    existing(unit, call).find(|it| it.external_id.as_deref() == Some(id))
}

fn existing(unit: &Unit<'_>, call: &Call) -> impl Iterator<Item = Customer> {
    let customers = unit.all::<Customer>().filter(|it| it.account.key == call.account.key && !it.is_deleted());
    customers.map(|it| Customer::clone(it))
}

fn change(unit: &mut Unit<'_>, call: &Call, mut customer: Customer) -> Answer {
    if call.has_field("external_id") {
        customer.external_id = call.text("external_id")?;
    }
    let email = call.text("email")?;
    apply_fields(unit, call, &mut customer, email)?;
    customer.modified = Some(unit.now);
    let body = customer.json(unit);
    unit.put(customer);
    emit(unit, &call.account, "customer.updated", body.clone());
    Ok(Reply::Found(body))
}

/// Deletes a customer: ends their subscriptions and frees their external id.
fn delete_customer(unit: &mut Unit<'_>, call: &Call, mut customer: Customer) -> Reply {
    let running: Vec<Subscription> = unit
        .all::<Subscription>()
        .filter(|it| it.customer == customer.id && !it.is_over())
        .map(|it| Subscription::clone(it))
        .collect();
    for subscription in running {
        lifecycle::end(unit, subscription);
    }
    customer.deleted = Some(unit.now);
    customer.former_external_id = customer.external_id.take();
    let body = customer.json(unit);
    unit.put(customer);
    emit(unit, &call.account, "customer.deleted", body);
    Reply::Nothing
}

/// Applies the body's fields. Fails if another customer has the e-mail address or external id.
fn apply_fields(
    unit: &Unit<'_>,
    call: &Call,
    customer: &mut Customer,
    email: Option<String>,
) -> Result<(), PolarError> {
    if let Some(email) = email {
        if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
            let message = "value is not a valid email address";
            return Err(PolarError::field("email", "value_error", message, email));
        }
        if existing(unit, call).any(|it| it.id != customer.id && it.email.eq_ignore_ascii_case(&email)) {
            let message = "A customer with this email address already exists.";
            return Err(PolarError::field("email", "value_error", message, email));
        }
        customer.email = email;
    }
    if let Some(id) = &customer.external_id
        && existing(unit, call).any(|it| it.id != customer.id && it.external_id.as_ref() == Some(id))
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
    if let Some(metadata) = call.metadata("metadata")? {
        customer.metadata = metadata;
    }
    Ok(())
}
