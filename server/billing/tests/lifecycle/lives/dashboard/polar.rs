//! What a person does at Polar's dashboard.

use axum::http::Method;
use domain::catalog::Cycle;
use rand::Rng as _;
use serde_json::{Value, json};

use super::{may_begin, pick};
use crate::{
    lives::{
        life::Life,
        offer::{Offer, OwnPrice, SEATS_PLAN},
    },
    test_env::TestEnv,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Product,
    OwnProduct,
    ClearWaiting,
    Discount,
    RemoveDiscount,
    Seats,
    End,
    GoOn,
    Begin,
}

impl Event {
    pub(super) const ALL: [Self; 9] = [
        Self::Product,
        Self::OwnProduct,
        Self::ClearWaiting,
        Self::Discount,
        Self::RemoveDiscount,
        Self::Seats,
        Self::End,
        Self::GoOn,
        Self::Begin,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Product => "a product of a plan",
            Self::OwnProduct => "another product",
            Self::ClearWaiting => "no waiting change",
            Self::Discount => "a discount",
            Self::RemoveDiscount => "no discount",
            Self::Seats => "seats",
            Self::End => "the end with the period",
            Self::GoOn => "no end",
            Self::Begin => "a subscription by hand",
        }
    }
}

pub(super) async fn act(life: &mut Life, env: &TestEnv, offer: &Offer) {
    let all: Vec<Value> = life.live().cloned().collect();
    let Some(last) = all.len().checked_sub(1) else { return begin(life, env, offer).await };
    let of = &all[life.rng.random_range(0..=last)];
    let at = format!("subscriptions/{}", of["id"].as_str().unwrap());
    let event = pick(&mut life.rng, &Event::ALL);
    let change = match event {
        Event::Begin => return begin(life, env, offer).await,
        Event::Product => {
            let (plan, cycle) = life.random_plan();
            with_proration(life, "product_id", offer.id_of(plan, cycle, false).unwrap().into())
        }
        Event::OwnProduct => {
            let own = [OwnPrice::Support, OwnPrice::Agreed, OwnPrice::Weekly, OwnPrice::Quarterly, OwnPrice::TwoYears];
            let Some(product) = offer.own(life.currency, pick(&mut life.rng, &own)) else { return };
            with_proration(life, "product_id", product.into())
        }
        Event::Seats => seats(life, offer, of),
        Event::ClearWaiting => json!({ "pending_update": null }),
        Event::End | Event::GoOn => json!({ "cancel_at_period_end": event == Event::End }),
        Event::RemoveDiscount => json!({ "discount_id": null }),
        Event::Discount => {
            let discount = discount(life);
            match env.try_call_polar(Method::POST, "discounts/", &discount).await {
                Ok(made) => json!({ "discount_id": made["id"] }),
                refused => return life.record_event(event.as_str(), &discount.to_string(), refused),
            }
        }
    };
    let done = env.try_call_polar(Method::PATCH, &at, &change).await;
    life.record_event(event.as_str(), &change.to_string(), done);
}

fn with_proration(life: &mut Life, field: &str, value: Value) -> Value {
    let behavior = pick(&mut life.rng, &["invoice", "prorate", "next_period"]);
    let mut change = json!({ "proration_behavior": behavior });
    change[field] = value;
    change
}

/// Changes the number of seats of a product by the seat, or moves to one: to that of the plan with seats, or to one of
/// another plan.
fn seats(life: &mut Life, offer: &Offer, of: &Value) -> Value {
    let own = offer.own(life.currency, OwnPrice::Tiered);
    let of_plan = offer.id_of(SEATS_PLAN, Cycle::Monthly, true);
    let wanted = if life.rng.random_bool(0.5) { own } else { of_plan };
    let is_by_seat = [own, of_plan].into_iter().flatten().any(|product| of["product_id"] == product);
    match wanted {
        Some(product) if !is_by_seat => with_proration(life, "product_id", product.into()),
        _ => {
            let seats: u64 = life.rng.random_range(1..=9);
            with_proration(life, "seats", seats.into())
        }
    }
}

fn discount(life: &mut Life) -> Value {
    let mut discount = json!({ "name": "Summer" });
    if life.rng.random_bool(0.5) {
        discount["type"] = "percentage".into();
        discount["basis_points"] = pick(&mut life.rng, &[2_000_u64, 5_000, 10_000]).into();
    } else {
        discount["type"] = "fixed".into();
        discount["amount"] = life.currency.units(500).into();
        discount["currency"] = life.currency.lower().into();
    }
    if life.rng.random_bool(0.5) {
        discount["duration"] = "forever".into();
    } else {
        let months: u64 = life.rng.random_range(1..=4);
        discount["duration"] = "repeating".into();
        discount["duration_in_months"] = months.into();
    }
    discount
}

/// Makes a checkout that Dues does not know, which the customer pays.
async fn begin(life: &mut Life, env: &TestEnv, offer: &Offer) {
    if !may_begin(life) {
        return;
    }
    let (plan, cycle) = life.random_plan();
    let own =
        offer.own(life.currency, pick(&mut life.rng, &[OwnPrice::Agreed, OwnPrice::Quarterly, OwnPrice::Support]));
    let product = if life.rng.random_bool(0.6) { offer.id_of(plan, cycle, false) } else { own };
    let Some(product) = product else { return };
    let order = json!({
        "products": [product],
        "customer_id": life.customer,
        "currency": life.currency.lower(),
        "success_url": "http://dues.test/paid",
    });
    let mut done = env.try_call_polar(Method::POST, "checkouts/", &order).await;
    if let Ok(made) = &done {
        life.by_hand.insert(made["id"].as_str().unwrap().to_owned());
        if !env.try_to_pay(made["url"].as_str().unwrap()).await {
            done = Err("the page takes no payment".to_owned());
        }
    }
    life.record_event(Event::Begin.as_str(), product, done);
}
