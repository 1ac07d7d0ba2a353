//! `/v1/payment_methods`, `/v1/payment_intents`, `/v1/charges`, `/v1/refunds`

use super::customers;
use crate::{
    storage::{Transaction, ids},
    stripe::{
        billing::payment,
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            event::emit,
            find,
            payment_intent::{PaymentIntent, PaymentStatus, charge_json},
            payment_method::PaymentMethod,
            referenced,
            refund::Refund,
        },
    },
};

pub(crate) fn list_methods(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = call.params.text("customer")?;
    call.params.choice("type", &[("card", ())])?;
    let keep = |method: &PaymentMethod| {
        method.customer.is_some() && customer.as_ref().is_none_or(|id| method.customer.as_ref() == Some(id))
    };
    Ok(lists::page(tx, call, "/v1/payment_methods", keep)?.into())
}

pub(crate) fn attach_method(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = customers::referenced_customer(tx, &call.params.require("customer")?)?;
    call.params.finish()?;
    let method = find::<PaymentMethod>(tx, &call.id)?;
    if method.customer.as_ref().is_some_and(|owner| *owner != customer.id) {
        return Err(StripeError::refused("The payment method you provided has already been attached to a customer."));
    }
    Ok(payment::attach(tx, method, &customer.id)?.json(tx).into())
}

pub(crate) fn list_intents(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = call.params.text("customer")?;
    let keep = |intent: &PaymentIntent| customer.is_none() || intent.customer == customer;
    Ok(lists::page(tx, call, "/v1/payment_intents", keep)?.into())
}

pub(crate) fn retrieve_charge(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    charge_json(tx, &call.id).map(Into::into).ok_or_else(|| StripeError::not_found("charge", &call.id))
}

pub(crate) fn list_refunds(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let intent = call.params.text("payment_intent")?;
    let charge = call.params.text("charge")?;
    let keep = |refund: &Refund| {
        intent.as_ref().is_none_or(|id| refund.payment_intent == *id)
            && charge.as_ref().is_none_or(|id| refund.charge == *id)
    };
    Ok(lists::page(tx, call, "/v1/refunds", keep)?.into())
}

/// Refunds `amount` of a payment, or all that is left of it.
pub(crate) fn create_refund(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let intent = match (params.text("payment_intent")?, params.text("charge")?) {
        (Some(id), _) => referenced::<PaymentIntent>(tx, &id, "payment_intent")?,
        (None, Some(id)) => tx
            .all::<PaymentIntent>()
            .find(|intent| intent.charge.as_ref() == Some(&id))
            .cloned()
            .ok_or_else(|| StripeError::no_such("charge", &id, "charge"))?,
        (None, None) => {
            return Err(StripeError::missing("payment_intent"));
        }
    };
    let reasons = ["duplicate", "fraudulent", "requested_by_customer"].map(|reason| (reason, reason));
    let reason = params.choice("reason", &reasons)?.map(str::to_owned);
    let amount = params.int("amount")?;
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    params.accept(&["instructions_email", "origin", "refund_application_fee", "reverse_transfer"]);
    params.finish()?;
    let (Some(charge), PaymentStatus::Succeeded) = (intent.charge.clone(), intent.status) else {
        return Err(StripeError::bad(
            "payment_intent",
            "This PaymentIntent does not have a successful charge to refund.",
        ));
    };
    let left = intent.amount - intent.refunded(tx);
    if left == 0 {
        return Err(StripeError::bad_as(
            "charge_already_refunded",
            "charge",
            format!("Charge {charge} has already been refunded."),
        ));
    }
    let amount = amount.unwrap_or(left);
    if !(1..=left).contains(&amount) {
        return Err(StripeError::bad(
            "amount",
            format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left}), or not positive."),
        ));
    }
    let refund = Refund {
        id: ids::new("re"),
        created: tx.now,
        amount,
        currency: intent.currency.clone(),
        payment_intent: intent.id.clone(),
        charge: charge.clone(),
        reason,
        metadata,
    };
    let object = refund.json(tx);
    tx.put(refund);
    emit(tx, "refund.created", object.clone());
    if let Some(charged) = charge_json(tx, &charge) {
        emit(tx, "charge.refunded", charged);
    }
    Ok(object.into())
}
