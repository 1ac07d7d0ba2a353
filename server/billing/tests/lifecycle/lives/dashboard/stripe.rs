//! What a person does at Stripe's dashboard.

use axum::http::Method;
use domain::catalog::Cycle;
use rand::Rng as _;
use serde_json::Value;

use super::{may_begin, pick};
use crate::{
    lives::{
        life::Life,
        offer::{Offer, OwnPrice, SEATS_PLAN},
        reported::{stripe_items, stripe_plan_item},
    },
    test_env::{DAY_SECS, TestEnv},
};

const MOST_ITEMS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Quantity,
    AddPlanItem,
    AddOtherItem,
    RemoveItem,
    LeavePlans,
    Coupon,
    RemoveCoupon,
    Pause,
    Collect,
    CancelAt,
    GoOn,
    SendInvoices,
    Charge,
    Tiers,
    Interval,
    Seats,
    Begin,
}

impl Event {
    pub(super) const ALL: [Self; 17] = [
        Self::Quantity,
        Self::AddPlanItem,
        Self::AddOtherItem,
        Self::RemoveItem,
        Self::LeavePlans,
        Self::Coupon,
        Self::RemoveCoupon,
        Self::Pause,
        Self::Collect,
        Self::CancelAt,
        Self::GoOn,
        Self::SendInvoices,
        Self::Charge,
        Self::Tiers,
        Self::Interval,
        Self::Seats,
        Self::Begin,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Quantity => "a quantity",
            Self::AddPlanItem => "a further item of a plan",
            Self::AddOtherItem => "a further item of no plan",
            Self::RemoveItem => "one item less",
            Self::LeavePlans => "a price of no plan",
            Self::Coupon => "a coupon",
            Self::RemoveCoupon => "no coupon",
            Self::Pause => "a pause of collection",
            Self::Collect => "the end of a pause",
            Self::CancelAt => "cancel_at",
            Self::GoOn => "no cancel_at",
            Self::SendInvoices => "sent invoices",
            Self::Charge => "charged invoices",
            Self::Tiers => "a price in tiers",
            Self::Interval => "another interval",
            Self::Seats => "seats",
            Self::Begin => "a subscription by hand",
        }
    }
}

pub(super) async fn act(life: &mut Life, env: &TestEnv, offer: &Offer) {
    let all: Vec<Value> = life.live().cloned().collect();
    let Some(last) = all.len().checked_sub(1) else { return begin(life, env, offer, None).await };
    let of = &all[life.rng.random_range(0..=last)];
    let at = format!("/v1/subscriptions/{}", of["id"].as_str().unwrap());
    let event = pick(&mut life.rng, &Event::ALL);
    let (fields, done) = match event {
        Event::Begin => return begin(life, env, offer, Some(of)).await,
        Event::RemoveCoupon => (String::new(), env.try_call_stripe(Method::DELETE, &format!("{at}/discount")).await),
        Event::Coupon => {
            let coupon = coupon(life);
            let made = env.call_stripe(Method::POST, &format!("/v1/coupons?{coupon}")).await;
            let fields = format!("discounts[0][coupon]={}", made["id"].as_str().unwrap());
            let done = env.try_call_stripe(Method::POST, &format!("{at}?{fields}")).await;
            (coupon, done)
        }
        _ => {
            let now = env.services.billing_now().as_secs();
            let Some(fields) = fields(life, offer, (event, of), now) else { return };
            let done = env.try_call_stripe(Method::POST, &format!("{at}?{fields}")).await;
            (fields, done)
        }
    };
    life.record_event(event.as_str(), &fields, done);
}

/// Returns the parameters of an update; `None` if there is nothing to update.
fn fields(life: &mut Life, offer: &Offer, (event, of): (Event, &Value), now: i64) -> Option<String> {
    let (items, found) = (stripe_items(of), stripe_plan_item(offer, of));
    let item = found.map_or(&items[0], |(item, _)| item)["id"].as_str().unwrap();
    let own = |own| offer.own(life.currency, own);
    let fields = match event {
        Event::Quantity => format!("items[0][id]={item}&items[0][quantity]={}", life.rng.random_range(1..=9)),
        Event::AddPlanItem | Event::AddOtherItem if items.len() == MOST_ITEMS => return None,
        Event::AddPlanItem => format!("items[0][price]={}", own(OwnPrice::Agreed)?),
        Event::AddOtherItem => format!("items[0][price]={}&items[0][quantity]=2", own(OwnPrice::Support)?),
        Event::RemoveItem if items.len() == 1 => return None,
        Event::RemoveItem => {
            let removed = &items[life.rng.random_range(0..items.len())];
            format!("items[0][id]={}&items[0][deleted]=true", removed["id"].as_str().unwrap())
        }
        Event::LeavePlans => format!("items[0][id]={item}&items[0][price]={}", own(OwnPrice::Support)?),
        Event::Tiers => {
            let price = own(OwnPrice::Tiered)?;
            format!("items[0][id]={item}&items[0][price]={price}&items[0][quantity]={}", life.rng.random_range(1..=5))
        }
        Event::Interval => {
            let interval = pick(&mut life.rng, &OwnPrice::INTERVALS);
            format!("items[0][id]={item}&items[0][price]={}", offer.own(life.currency, interval)?)
        }
        Event::Seats => seats(life, offer, of, item)?,
        Event::Pause => {
            let behavior = pick(&mut life.rng, &["void", "keep_as_draft", "mark_uncollectible"]);
            let until = now + life.rng.random_range(1..=60) * DAY_SECS;
            let resumes = format!("&pause_collection[resumes_at]={until}");
            let resumes = if life.rng.random_bool(0.7) { &*resumes } else { "" };
            return Some(format!("pause_collection[behavior]={behavior}{resumes}"));
        }
        Event::Collect => return Some("pause_collection=".to_owned()),
        Event::CancelAt => return Some(format!("cancel_at={}", now + life.rng.random_range(1..=90) * DAY_SECS)),
        Event::GoOn => return Some("cancel_at=".to_owned()),
        Event::SendInvoices => {
            let days = life.rng.random_range(1..=30);
            return Some(format!("collection_method=send_invoice&days_until_due={days}"));
        }
        Event::Charge => return Some("collection_method=charge_automatically".to_owned()),
        Event::Coupon | Event::RemoveCoupon | Event::Begin => return None,
    };
    let behavior = pick(&mut life.rng, &["none", "create_prorations", "always_invoice"]);
    Some(format!("{fields}&proration_behavior={behavior}"))
}

/// Moves to the plan with seats, or changes their number.
fn seats(life: &mut Life, offer: &Offer, of: &Value, item: &str) -> Option<String> {
    let (plan, quantity) = (SEATS_PLAN, life.rng.random_range(1..=9));
    let held = stripe_plan_item(offer, of).map(|(_, sold)| sold);
    let cycle = held.as_ref().map_or(Cycle::Monthly, |sold| sold.cycle);
    let seat = offer.id_of(plan, cycle, true)?;
    let bought = stripe_items(of).iter().find(|item| item["price"]["id"] == seat);
    Some(match (held, bought) {
        (Some(held), Some(bought)) if held.plan == plan => {
            format!("items[0][id]={}&items[0][quantity]={quantity}", bought["id"].as_str().unwrap())
        }
        (Some(held), None) if held.plan == plan => {
            format!("items[0][price]={seat}&items[0][quantity]={quantity}")
        }
        (_, None) => {
            let price = offer.id_of(plan, cycle, false)?;
            let moved = format!("items[0][id]={item}&items[0][price]={price}&items[0][quantity]=1");
            format!("{moved}&items[1][price]={seat}&items[1][quantity]={quantity}")
        }
        (_, Some(_)) => {
            let price = offer.id_of(plan, cycle, false)?;
            format!("items[0][id]={item}&items[0][price]={price}&items[0][quantity]=1")
        }
    })
}

fn coupon(life: &mut Life) -> String {
    let off = if life.rng.random_bool(0.5) {
        format!("percent_off={}", pick(&mut life.rng, &[20, 50, 100]))
    } else {
        let (amount, currency) = (life.currency.units(500), life.currency.lower());
        format!("amount_off={amount}&currency={currency}")
    };
    let duration = match life.rng.random_range(0..3) {
        0 => "forever".to_owned(),
        1 => format!("repeating&duration_in_months={}", life.rng.random_range(1..=4)),
        _ => "once".to_owned(),
    };
    let name = if life.rng.random_bool(0.5) { "&name=Summer" } else { "" };
    format!("{off}&duration={duration}{name}")
}

/// Begins a subscription. A person who copies one copies its metadata, too.
async fn begin(life: &mut Life, env: &TestEnv, offer: &Offer, copied: Option<&Value>) {
    if !may_begin(life) {
        return;
    }
    let (plan, cycle) = life.random_plan();
    let own = [OwnPrice::Agreed, OwnPrice::Quarterly, OwnPrice::Tiered, OwnPrice::Support];
    let own = offer.own(life.currency, pick(&mut life.rng, &own));
    let price = if life.rng.random_bool(0.6) { offer.id_of(plan, cycle, false) } else { own };
    let Some(price) = price else { return };
    let sent = if life.rng.random_bool(0.4) { "&collection_method=send_invoice&days_until_due=20" } else { "" };
    let copies_metadata = life.rng.random_bool(0.3);
    let attempt = copied.and_then(|copied| copied["metadata"]["attempt_id"].as_str()).filter(|_| copies_metadata);
    let attempt = attempt.map(|attempt| format!("&metadata[attempt_id]={attempt}")).unwrap_or_default();
    let card = copied.and_then(|copied| copied["default_payment_method"].as_str());
    let card = card.map(|card| format!("&default_payment_method={card}")).unwrap_or_default();
    let (customer, currency) = (&life.customer, life.currency.lower());
    let fields = format!("customer={customer}&items[0][price]={price}&currency={currency}{sent}{card}{attempt}");
    let done = env.try_call_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await;
    if let Ok(made) = &done {
        life.by_hand.insert(made["id"].as_str().unwrap().to_owned());
    }
    life.record_event(Event::Begin.as_str(), &fields, done);
}
