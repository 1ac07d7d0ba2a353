//! Charging cards. The test card's number and the board's switch decide the outcome.

use crate::{
    billing::card::{CardEntry, TestCard},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata, Resource,
            customer::Customer,
            event::emit,
            payment_intent::{PaymentIntent, PaymentStatus, charge_json},
            payment_method::{PaymentMethod, declined},
        },
    },
};

/// A card as a payment method that is not attached to a customer yet.
pub(crate) fn new_method(tx: &Transaction<'_>, entry: CardEntry) -> PaymentMethod {
    PaymentMethod {
        id: ids::new("pm"),
        created: tx.now,
        customer: None,
        card: entry.card,
        exp_month: entry.exp_month,
        exp_year: entry.exp_year,
        fingerprint: format!("sandbox{}{:02}{}", entry.card as u8, entry.exp_month, entry.exp_year),
        name: entry.name,
        email: entry.email,
        metadata: Metadata::new(),
    }
}

/// Attaches the method to the customer. Fails for a card that is declined.
pub(crate) fn attach(
    tx: &mut Transaction<'_>,
    mut method: PaymentMethod,
    customer: &str,
) -> Result<PaymentMethod, StripeError> {
    if method.card == TestCard::IsDeclined {
        return Err(declined());
    }
    method.customer = Some(customer.to_owned());
    let object = method.json(tx);
    tx.put(method.clone());
    emit(tx, "payment_method.attached", object);
    Ok(method)
}

/// The error with which a charge would be refused. `None` if it would succeed.
pub(crate) fn refusal(tx: &Transaction<'_>, customer: Option<&str>, method: Option<&str>) -> Option<StripeError> {
    let fails = customer.and_then(|id| tx.get::<Customer>(id)).is_some_and(|customer| customer.fail_payments);
    match method.and_then(|id| tx.get::<PaymentMethod>(id)) {
        None => Some(StripeError::card(
            "resource_missing",
            None,
            "This customer has no attached payment source or default payment method.",
        )),
        Some(_) if fails => Some(declined()),
        Some(method) => method.refusal(),
    }
}

/// Creates a payment intent. `customer` is `None` for a guest.
pub(crate) fn new_intent(
    tx: &mut Transaction<'_>,
    customer: Option<&str>,
    amount: i64,
    currency: &str,
    description: Option<String>,
) -> PaymentIntent {
    let id = ids::new("pi");
    let intent = PaymentIntent {
        client_secret: ids::secret(&format!("{id}_secret")),
        id,
        created: tx.now,
        amount,
        currency: currency.to_owned(),
        customer: customer.map(str::to_owned),
        description,
        status: PaymentStatus::RequiresPaymentMethod,
        payment_method: None,
        charge: None,
        charged_at: None,
        last_error: None,
        metadata: Metadata::new(),
    };
    let object = intent.json(tx);
    tx.put(intent.clone());
    emit(tx, "payment_intent.created", object);
    intent
}

/// Charges a payment intent. Either outcome is stored and emitted as events.
pub(crate) fn charge(
    tx: &mut Transaction<'_>,
    intent: &str,
    customer: Option<&str>,
    method: Option<&str>,
) -> Result<(), StripeError> {
    let mut intent = super::super::objects::find::<PaymentIntent>(tx, intent)?;
    if let Some(refused) = refusal(tx, customer, method) {
        intent.last_error = refused.body("").get("error").cloned();
        let object = intent.json(tx);
        tx.put(intent);
        emit(tx, "payment_intent.payment_failed", object);
        return Err(refused);
    }
    let charge = ids::new("ch");
    intent.status = PaymentStatus::Succeeded;
    intent.payment_method = method.map(str::to_owned);
    intent.charge = Some(charge.clone());
    intent.charged_at = Some(tx.now);
    intent.last_error = None;
    let object = intent.json(tx);
    tx.put(intent);
    if let Some(charged) = charge_json(tx, &charge) {
        emit(tx, "charge.succeeded", charged);
    }
    emit(tx, "payment_intent.succeeded", object);
    Ok(())
}
