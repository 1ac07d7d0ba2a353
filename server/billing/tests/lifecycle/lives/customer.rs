//! What a customer does, in Dues and on the provider's pages.

mod polar;
mod stripe;

use domain::subscription::Provider;
use rand::Rng as _;
use serde_json::Value;

use super::{life::Life, offer::Offer};
use crate::test_env::{TestEnv, biller};

/// The beginning of the pages of Dues.
const DUES: &str = "http://dues.test";

pub(super) async fn act(life: &mut Life, env: &TestEnv, offer: &Offer) {
    let Some(current) = life.live().next().cloned() else {
        if life.rng.random_bool(0.7) {
            life.buy(env).await;
        }
        return;
    };
    match life.rng.random_range(0..18) {
        0..3 => change_at_provider(life, env, offer, &current).await,
        3..6 => change_through_dues(life, env, offer).await,
        6 | 7 => leave_at_provider(life, env, &current).await,
        8..10 => leave_through_dues(life, env).await,
        10 => {
            // Dues may have ended it as a duplicate since the provider reported it.
            let id = current["id"].as_str().unwrap();
            let done = match env.provider_name() {
                Provider::Stripe => stripe::end(env, id).await,
                Provider::Polar => polar::end(env, id).await,
            };
            life.log(format!("ends at once: {}", if done.is_ok() { "done" } else { "refused" }));
        }
        11..14 => life.toggle_card(env).await,
        14 | 15 => {
            if life.card_fails && life.rng.random_bool(0.8) {
                life.toggle_card(env).await;
            }
            if env.provider_name() == Provider::Stripe {
                stripe::pay_open_invoices(life, env).await;
            }
        }
        16 => life.buy(env).await,
        _ => {}
    }
}

async fn change_at_provider(life: &mut Life, env: &TestEnv, offer: &Offer, current: &Value) {
    let (plan, cycle) = life.random_plan();
    let price = offer.id_of(plan, cycle, false).unwrap();
    let done = match env.provider_name() {
        Provider::Stripe => stripe::change_price(life, env, offer, (current, price)).await,
        Provider::Polar => polar::change_product(env, current["id"].as_str().unwrap(), price).await,
    };
    life.log(format!("wants {plan}, {cycle:?}: {}", if done.is_ok() { "done" } else { "declined" }));
}

async fn leave_at_provider(life: &mut Life, env: &TestEnv, current: &Value) {
    let (leaves, id) = (life.rng.random_bool(0.5), current["id"].as_str().unwrap());
    let done = match env.provider_name() {
        Provider::Stripe => stripe::set_end(env, id, leaves).await,
        Provider::Polar => polar::set_end(env, id, leaves).await,
    };
    life.log(format!("leaves: {leaves}, {}", if done.is_ok() { "done" } else { "refused" }));
}

async fn leave_through_dues(life: &mut Life, env: &TestEnv) {
    let (leaves, admin) = (life.rng.random_bool(0.5), biller(&life.owner));
    let subscriptions = env.services.subscriptions();
    let done =
        if leaves { subscriptions.cancel_at_period_end(&admin).await } else { subscriptions.resume(&admin).await };
    life.record_outcome(&format!("leaves by way of Dues: {leaves}"), &done);
}

/// Orders a plan at Dues and confirms on the provider's page.
async fn change_through_dues(life: &mut Life, env: &TestEnv, offer: &Offer) {
    let (plan, cycle) = life.random_plan();
    let started = match env.provider_name() {
        Provider::Stripe => {
            let currency = life.currency.code.parse().unwrap();
            env.order_in(&life.owner, plan, cycle, Some(currency)).await
        }
        // A change of product may have changed the currency.
        Provider::Polar => env.order(&life.owner, plan, cycle).await,
    };
    let what = format!("asks Dues for {plan}, {cycle:?}");
    let started = match started {
        // A change that Dues makes itself is confirmed on its own page.
        Ok(started) if !started.url.starts_with(DUES) => started,
        other => return life.record_outcome(&what, &other.map(drop)),
    };
    let done = match env.provider_name() {
        _ if !started.is_portal => env.try_to_pay(&started.url).await,
        Provider::Stripe => env.confirm(&started.url).await,
        Provider::Polar => {
            let product = offer.id_of(plan, cycle, false).unwrap();
            polar::change_product(env, &started.id, product).await.is_ok()
        }
    };
    life.log(format!("{what}: {}", if done { "confirmed" } else { "declined" }));
    if life.rng.random_bool(0.5) {
        life.log("comes back");
        env.sync(&life.owner).await;
    }
}
