//! `/v1/invoices`, `/v1/invoice_payments`

mod preview;

pub(crate) use preview::create_preview;

use serde_json::json;

use super::customers;
use crate::{
    storage::Transaction,
    stripe::{
        billing::invoicing,
        call::{Answer, Call, Reply},
        error::StripeError,
        lists,
        objects::{
            Resource,
            customer::Customer,
            find,
            invoice::{Invoice, InvoiceStatus},
            must_exist,
            payment_intent::PaymentIntent,
            subscription::Subscription,
        },
    },
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?;
    must_exist::<Customer>(tx, customer.as_deref(), "customer")?;
    let subscription = params.text("subscription")?;
    must_exist::<Subscription>(tx, subscription.as_deref(), "subscription")?;
    let status = params.choice("status", &InvoiceStatus::CHOICES)?;
    params.accept(&["collection_method"]);
    let keep = |invoice: &Invoice| {
        customer.as_ref().is_none_or(|id| invoice.customer == *id)
            && (subscription.is_none() || invoice.subscription == subscription)
            && status.is_none_or(|status| invoice.status == status)
    };
    // The invoices of a subscription are among those of its customer.
    let of_subscription = subscription.as_deref().and_then(|id| tx.get::<Subscription>(id));
    let owner = customer.clone().or_else(|| of_subscription.map(|of| of.customer.clone()));
    Ok(lists::page_of(tx, call, "/v1/invoices", owner.as_deref(), keep)?.into())
}

/// Charges an open invoice now. A declined charge is returned as a card error, and the failed attempt is stored.
pub(crate) fn pay(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut invoice = find::<Invoice>(tx, &call.id)?;
    let method = call.params.text("payment_method")?;
    if let Some(id) = &method {
        customers::require_attached(tx, id, &invoice.customer, "payment_method")?;
    }
    call.params.accept(&["forgive", "mandate", "off_session", "paid_out_of_band", "source"]);
    call.params.finish()?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(match invoice.status {
            InvoiceStatus::Paid => "Invoice is already paid".to_owned(),
            status => format!("You can only pay open invoices. This invoice is {}.", status.as_str()),
        }));
    }
    let method = method.or_else(|| default_method(tx, &invoice));
    match invoicing::collect(tx, &mut invoice, method.as_deref()) {
        Ok(()) => Ok(find::<Invoice>(tx, &call.id)?.json(tx).into()),
        Err(refused) => Ok(Reply::CardRefused(refused)),
    }
}

pub(crate) fn void(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let invoice = find::<Invoice>(tx, &call.id)?;
    if invoice.status != InvoiceStatus::Open {
        return Err(StripeError::refused(format!(
            "You can only void open invoices. This invoice is {}.",
            invoice.status.as_str()
        )));
    }
    invoicing::void(tx, &invoice);
    Ok(find::<Invoice>(tx, &call.id)?.json(tx).into())
}

pub(crate) fn default_method(tx: &Transaction<'_>, invoice: &Invoice) -> Option<String> {
    let subscription = invoice.subscription.as_deref().and_then(|id| tx.get::<Subscription>(id));
    match subscription {
        Some(subscription) => subscription.payment_method(tx),
        None => customers::existing(tx, &invoice.customer).ok()?.default_payment_method,
    }
}

pub(crate) fn lines(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    Ok(find::<Invoice>(tx, &call.id)?.lines_json().into())
}

pub(crate) fn list_payments(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let invoice = params.text("invoice")?;
    let payment = params.group("payment")?;
    let intent = payment.as_ref().map(|payment| payment.text("payment_intent")).transpose()?.flatten();
    if let Some(payment) = &payment {
        payment.choice("type", &[("payment_intent", ())])?;
    }
    params.accept(&["limit", "status"]);
    params.finish()?;
    let found = tx.all::<Invoice>().rev().filter(|candidate| {
        candidate.payment_intent.is_some()
            && invoice.as_ref().is_none_or(|id| candidate.id == *id)
            && (intent.is_none() || candidate.payment_intent == intent)
    });
    let payments = found.filter_map(|invoice| {
        Some(invoice.payment_json(&*tx.get::<PaymentIntent>(invoice.payment_intent.as_deref()?)?))
    });
    let mut data: Vec<_> = payments.take(101).collect();
    let has_more = data.len() > 100;
    data.truncate(100);
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": "/v1/invoice_payments" }).into())
}
