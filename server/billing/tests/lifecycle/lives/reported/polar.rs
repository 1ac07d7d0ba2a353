//! Reads the objects of Polar.

use domain::time::Timestamp;
use serde_json::Value;

use super::{Reported, ReportedDiscount, Terms, Waiting, sold, status};
use crate::lives::{
    money::Amount,
    offer::{Offer, SEATS_PLAN, Sold},
};

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|text| Timestamp::parse_rfc3339(text).unwrap())
}

fn every(object: &Value) -> Option<(&str, i64)> {
    Some((object["recurring_interval"].as_str()?, object["recurring_interval_count"].as_i64().unwrap_or(1)))
}

fn sold_by(offer: &Offer, product: &Value) -> Option<Sold> {
    sold(offer, product["id"].as_str().unwrap(), &product["metadata"], every(product)?)
}

pub(super) fn read(offer: &Offer, subscription: &Value) -> Reported {
    let currency = subscription["currency"].as_str().unwrap();
    let product = &subscription["product"];
    let sold = sold_by(offer, product);
    // A product by the seat of another plan counts as a quantity.
    let counted = subscription["seats"].as_u64();
    let seats = counted.filter(|_| sold.as_ref().is_some_and(|sold| sold.plan == SEATS_PLAN));
    let ended_at = time(&subscription["ended_at"]);
    let period_end = time(&subscription["current_period_end"]).or(ended_at).unwrap();
    let ends_at = time(&subscription["ends_at"]).filter(|_| ended_at.is_none());
    let at_period_end = subscription["cancel_at_period_end"] == true && ended_at.is_none();
    let (unit, count) = every(subscription).or_else(|| every(product)).unwrap();
    let begun = time(&subscription["started_at"]).or_else(|| time(&subscription["created_at"]));
    Reported {
        id: subscription["id"].as_str().unwrap().to_owned(),
        plan: sold.map(|sold| (sold.plan, sold.cycle)),
        terms: Terms {
            status: status(subscription["status"].as_str().unwrap()),
            started_at: begun.unwrap(),
            period_end: period_end.as_secs(),
            ends: at_period_end || ends_at.is_some_and(|at| at <= period_end),
            cancel_at: ends_at.filter(|at| *at != period_end).map(Timestamp::as_secs),
            ended_at: ended_at.map(Timestamp::as_secs),
            quantity: if seats.is_some() { 1 } else { counted.unwrap_or(1) },
            price: subscription["amount"].as_i64().map(|units| Amount::of_provider(units, currency)),
            further_items: 0,
            pause: None,
            is_invoiced: false,
        },
        discounts: discount(&subscription["discount"]).into_iter().collect(),
        seats,
        every: (unit.to_owned(), count),
    }
}

fn discount(discount: &Value) -> Option<ReportedDiscount> {
    if discount.is_null() {
        return None;
    }
    let (hundredths, amount) = (discount["basis_points"].as_u64(), discount["amount"].as_i64());
    let of = |units| Amount::of_provider(units, discount["currency"].as_str().unwrap());
    Some(ReportedDiscount {
        name: discount["code"].as_str().or_else(|| discount["name"].as_str()).map(str::to_owned),
        hundredths,
        amount: amount.filter(|_| hundredths.is_none()).map(of),
        // Polar does not report when it ends.
        until: None,
    })
}

/// Returns the next payment. Polar has no upcoming invoices: it is the price of the next period, and is not stated where
/// a discount or a waiting change makes it another.
pub(super) fn next_payment(subscription: &Value, one: &Reported) -> Option<(Amount, i64)> {
    let is_plain = subscription["discount_id"].is_null() && subscription["pending_update"].is_null();
    one.terms.price.clone().filter(|_| is_plain).map(|price| (price, one.terms.period_end))
}

/// Returns the plan of the waiting change of product, and when it begins.
pub(super) fn pending(offer: &Offer, subscription: &Value) -> Option<Waiting> {
    let pending = &subscription["pending_update"];
    let product = pending["product_id"].as_str()?;
    let at = time(&pending["applies_at"])?.as_secs();
    let sold = offer.sold(product).cloned().or_else(|| sold_by(offer, offer.price(product)?))?;
    Some((sold.plan, sold.cycle, at))
}

/// Returns the number of seats that waits for the next period, and when it begins.
pub(super) fn pending_seats(subscription: &Value) -> Option<(u64, i64)> {
    let pending = &subscription["pending_update"];
    Some((pending["seats"].as_u64()?, time(&pending["applies_at"])?.as_secs()))
}
