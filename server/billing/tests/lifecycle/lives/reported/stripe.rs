//! Reads the objects of Stripe.

use axum::http::Method;
use domain::{
    subscription::{Provider, ProviderStatus},
    time::Timestamp,
};
use serde_json::Value;

use super::{Pause, Reported, ReportedDiscount, Terms, Waiting, sold, status};
use crate::{
    lives::{
        money::Amount,
        offer::{Offer, Sold, rank, seats_included},
    },
    test_env::TestEnv,
};

/// The longest name of a discount that Dues keeps, in characters.
const NAME_MAX_CHARS: usize = 120;

pub(in crate::lives) fn items(subscription: &Value) -> &[Value] {
    subscription["items"]["data"].as_array().unwrap()
}

fn every(price: &Value) -> (&str, i64) {
    let recurring = &price["recurring"];
    (recurring["interval"].as_str().unwrap(), recurring["interval_count"].as_i64().unwrap())
}

fn sold_by(offer: &Offer, price: &Value) -> Option<Sold> {
    sold(offer, price["id"].as_str().unwrap(), &price["metadata"], every(price))
}

/// Returns the item that sells the best-ranked plan, the first of equals. Seats of a plan sell no plan.
pub(in crate::lives) fn plan_item<'a>(offer: &Offer, subscription: &'a Value) -> Option<(&'a Value, Sold)> {
    let sold = items(subscription).iter().filter_map(|item| Some((item, sold_by(offer, &item["price"])?)));
    let plans = sold.filter(|(_, sold)| !sold.is_seat);
    plans.reduce(|best, next| if rank(&next.1.plan) > rank(&best.1.plan) { next } else { best })
}

fn unit_amount(offer: &Offer, price: &Value, currency: &str) -> Option<i64> {
    if price["currency"] == currency {
        return price["unit_amount"].as_i64();
    }
    offer.price(price["id"].as_str().unwrap())?["currency_options"][currency]["unit_amount"].as_i64()
}

fn amount(offer: &Offer, item: &Value, currency: &str) -> Option<i64> {
    Some(unit_amount(offer, &item["price"], currency)? * item["quantity"].as_i64()?)
}

/// Returns what plan and seats cost in a period; `None` where no single amount exists.
fn price_of(offer: &Offer, item: &Value, seats: &[&Value], currency: &str) -> Option<i64> {
    let mut sum = amount(offer, item, currency)?;
    for seat in seats {
        sum += amount(offer, seat, currency)?;
    }
    Some(sum)
}

pub(super) fn read(offer: &Offer, subscription: &Value) -> Reported {
    let currency = subscription["currency"].as_str().unwrap();
    let all = items(subscription);
    let found = plan_item(offer, subscription);
    let plan = found.as_ref().map(|(_, sold)| (sold.plan.clone(), sold.cycle));
    let item = found.map_or(&all[0], |(item, _)| item);
    let is_seat = |of: &&Value| {
        let sold = sold_by(offer, &of["price"]).filter(|sold| sold.is_seat);
        sold.is_some_and(|sold| plan.as_ref().is_some_and(|(plan, _)| *plan == sold.plan))
    };
    let seats: Vec<&Value> = all.iter().filter(is_seat).collect();
    let price = price_of(offer, item, &seats, currency);
    let sells_seats = plan.as_ref().is_some_and(|(plan, cycle)| offer.id_of(plan, *cycle, true).is_some());
    let bought = seats.iter().filter_map(|seat| seat["quantity"].as_u64()).sum::<u64>();
    let period_end = item["current_period_end"].as_i64().unwrap();
    let cancel_at = subscription["cancel_at"].as_i64();
    let pause = &subscription["pause_collection"];
    let own = usize::from(plan.is_some()) + seats.len();
    let (unit, count) = every(&item["price"]);
    Reported {
        id: subscription["id"].as_str().unwrap().to_owned(),
        terms: Terms {
            status: status_of(subscription),
            started_at: Timestamp::from_secs(subscription["start_date"].as_i64().unwrap()),
            period_end,
            ends: subscription["cancel_at_period_end"] == true || cancel_at.is_some_and(|at| at <= period_end),
            cancel_at: cancel_at.filter(|at| *at != period_end),
            ended_at: subscription["ended_at"].as_i64(),
            quantity: item["quantity"].as_u64().unwrap_or(1),
            price: price.map(|units| Amount::of_provider(units, currency)),
            further_items: all.len() - own,
            pause: (!pause.is_null()).then(|| Pause { until: pause["resumes_at"].as_i64() }),
            is_invoiced: is_invoiced(subscription),
        },
        plan,
        discounts: subscription["discounts"].as_array().unwrap().iter().map(discount).collect(),
        seats: sells_seats.then(|| seats_included(Provider::Stripe) + bought),
        every: (unit.to_owned(), count),
    }
}

fn is_invoiced(subscription: &Value) -> bool {
    subscription["collection_method"] == "send_invoice"
}

/// The status of Stripe; until the first payment of a subscription that is charged, it is incomplete.
fn status_of(subscription: &Value) -> ProviderStatus {
    let (status, invoice) = (status(subscription["status"].as_str().unwrap()), &subscription["latest_invoice"]);
    let is_paused = !subscription["pause_collection"].is_null();
    let is_open = invoice["status"] == "open" || (invoice["status"] == "draft" && !is_paused);
    let is_first = invoice["billing_reason"] == "subscription_create" && invoice["amount_due"].as_i64() > Some(0);
    let has_begun = matches!(status, ProviderStatus::Active | ProviderStatus::PastDue | ProviderStatus::Unpaid);
    if has_begun && is_open && is_first && !is_invoiced(subscription) { ProviderStatus::Incomplete } else { status }
}

fn discount(discount: &Value) -> ReportedDiscount {
    let coupon = &discount["source"]["coupon"];
    let percent = coupon["percent_off"].as_f64();
    let amount = coupon["amount_off"].as_i64();
    let text = |name: &str| name.chars().take(NAME_MAX_CHARS).collect::<String>();
    ReportedDiscount {
        name: coupon["name"].as_str().map(text),
        // All percentages of this test are whole.
        hundredths: percent.map(|percent| format!("{percent:.0}00").parse().unwrap()),
        amount: amount.map(|units| Amount::of_provider(units, coupon["currency"].as_str().unwrap())),
        until: discount["end"].as_i64(),
    }
}

/// Returns amount and time of the upcoming invoice; `None` without one.
pub(super) async fn next_payment(env: &TestEnv, subscription: &Value) -> Option<(Amount, i64)> {
    let of = match subscription["schedule"].as_str() {
        Some(schedule) => format!("schedule={schedule}"),
        None => format!("subscription={}", subscription["id"].as_str().unwrap()),
    };
    let invoice = env.try_call_stripe(Method::POST, &format!("/v1/invoices/create_preview?{of}")).await.ok()?;
    let at = if is_invoiced(subscription) { &invoice["period_end"] } else { &invoice["next_payment_attempt"] };
    let amount = Amount::of_provider(invoice["amount_due"].as_i64().unwrap(), invoice["currency"].as_str().unwrap());
    Some((amount, at.as_i64()?))
}

/// What the next phase of a schedule sells, each with its quantity, and when it begins.
struct NextPhase {
    sold: Vec<(Sold, u64)>,
    at: i64,
}

fn next_phase(offer: &Offer, schedules: &[Value], subscription: &str) -> Option<NextPhase> {
    let mine = |value: &&Value| value["status"] == "active" && value["subscription"] == subscription;
    let schedule = schedules.iter().find(mine)?;
    let current = schedule["current_phase"]["start_date"].as_i64()?;
    let phases = schedule["phases"].as_array()?.iter();
    let later = phases.filter(|phase| phase["start_date"].as_i64() > Some(current));
    let next = later.min_by_key(|phase| phase["start_date"].as_i64())?;
    let sold = next["items"].as_array()?.iter().filter_map(|item| {
        let id = item["price"].as_str()?;
        let sold = offer.sold(id).cloned().or_else(|| sold_by(offer, offer.price(id)?))?;
        Some((sold, item["quantity"].as_u64().unwrap_or(1)))
    });
    Some(NextPhase { sold: sold.collect(), at: next["start_date"].as_i64()? })
}

impl NextPhase {
    fn plan(&self) -> Option<&Sold> {
        let plans = self.sold.iter().map(|(sold, _)| sold).filter(|sold| !sold.is_seat);
        plans.reduce(|best, next| if rank(&next.plan) > rank(&best.plan) { next } else { best })
    }
}

/// Returns the plan of the next phase of the subscription's schedule, and when it begins.
pub(super) fn waiting(offer: &Offer, schedules: &[Value], subscription: &str) -> Option<Waiting> {
    let next = next_phase(offer, schedules, subscription)?;
    let plan = next.plan()?;
    Some((plan.plan.clone(), plan.cycle, next.at))
}

/// Returns the seats of the next phase, and when it begins; `None` if its plan has none.
pub(super) fn waiting_seats(offer: &Offer, schedules: &[Value], subscription: &str) -> Option<(u64, i64)> {
    let next = next_phase(offer, schedules, subscription)?;
    let plan = next.plan()?;
    offer.id_of(&plan.plan, plan.cycle, true)?;
    let of_plan = next.sold.iter().filter(|(sold, _)| sold.is_seat && sold.plan == plan.plan);
    let bought = of_plan.map(|(_, quantity)| quantity).sum::<u64>();
    Some((seats_included(Provider::Stripe) + bought, next.at))
}
