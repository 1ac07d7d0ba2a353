//! Random lives of subscriptions: a model-based test.
//!
//! Owners start trials, change plans, cancel, resume, buy twice, and have failing cards, in Dues and at the provider.
//! Events are lost, repeated, delayed and reordered. At times the server runs with a key of another account or mode.
//! Invariants: no plan applies that was neither paid nor on trial, and after one reconciliation the stored state equals
//! the provider's.

mod life;

use std::{collections::BTreeMap, env};

use axum::http::Method;
use billing::store::testing::Engine;
use futures::{StreamExt as _, stream};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rstest::rstest;
use serde_json::{Value, json};

use self::life::{Life, TRIAL_DAYS, told_of};
use crate::stand::{DAY_SECS, KEY, LIVE_KEY, Stand};

/// Number of lives in one world, which share its clock.
const TOGETHER: u64 = 250;
/// Number of lives on each database without `LIVES`.
const IN_THE_SUITE: u64 = 100;
const STEPS: u64 = 6;
/// Number of concurrent lives in a world.
const LANES: usize = 16;
const LONGEST_STEP_DAYS: i64 = 20;
const WRONG_KEYS: [&str; 2] = ["sk_test_51AnotherAccount00Key", LIVE_KEY];
/// In how many of ten steps the server runs with a wrong key.
const WRONG_KEY_OF_TEN: u32 = 4;

/// Fetches a list, newest first, up to the known object.
async fn list_down_to(stand: &Stand, path: &str, known: Option<&str>) -> Vec<Value> {
    let (mut all, mut after) = (Vec::<Value>::new(), String::new());
    loop {
        let page = stand.at_stripe(Method::GET, &format!("{path}limit=100{after}")).await;
        for it in page["data"].as_array().unwrap() {
            if it["id"].as_str() == known {
                return all;
            }
            all.push(it.clone());
        }
        if page["has_more"] != true {
            return all;
        }
        after = format!("&starting_after={}", all.last().unwrap()["id"].as_str().unwrap());
    }
}

/// Updates each life with the provider's current state.
async fn look(stand: &Stand, lives: &mut [Life]) {
    let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for it in list_down_to(stand, "/v1/subscriptions?status=all&", None).await {
        of.entry(it["customer"].as_str().unwrap().to_owned()).or_default().push(it);
    }
    let mut waits: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for it in list_down_to(stand, "/v1/subscription_schedules?", None).await {
        waits.entry(it["customer"].as_str().unwrap().to_owned()).or_default().push(it);
    }
    for life in lives {
        life.schedules = waits.remove(&life.customer).unwrap_or_default();
        life.subscriptions = of.remove(&life.customer).unwrap_or_default();
        let told: Vec<_> = life.subscriptions.iter().map(|it| format!("{:?}", told_of(stand, it))).collect();
        life.tells(format!("{}: {}", stand.services.billing_now().rfc3339_secs(), told.join(", ")));
        for it in life.subscriptions.iter().filter(|it| it["status"] == "active" || it["status"] == "trialing") {
            life.paid.insert(told_of(stand, it).1.0);
        }
    }
}

async fn each<'a, F: Future<Output = ()> + 'a>(lives: impl Iterator<Item = F>) {
    stream::iter(lives).for_each_concurrent(LANES, |life| life).await;
}

/// Runs the server with a wrong key for a while. Asserts that events, jobs and actions write nothing.
async fn a_wrong_key(stand: &mut Stand, lives: &mut [Life], key: &str) {
    let stand = {
        stand.restart_with_key(key);
        &*stand
    };
    each(lives.iter_mut().map(|life| life.runs_with_a_wrong_key(stand))).await;
    stand.wall.advance(60);
    stand.services.turn_what_is_due().await.unwrap();
    stand.work().await;
    each(lives.iter().map(|life| life.is_as_before(stand))).await;
}

async fn live_together(engine: Engine, seeds: std::ops::Range<u64>) {
    let mut stand = Stand::with_trials(engine, TRIAL_DAYS).await;
    // Confirm the provider account before the first payment.
    stand.services.check_accounts().await;
    let world = seeds.start;
    let mut days = StdRng::seed_from_u64(world);
    let mut lives = Vec::new();
    for seed in seeds {
        lives.push(Life::begin(&stand, seed, world).await);
    }
    let mut last_event: Option<String> = None;
    for _ in 0..STEPS {
        each(lives.iter_mut().map(|life| life.act(&stand))).await;
        look(&stand, &mut lives).await;
        stand.post("/clock", &json!({ "advance_secs": days.random_range(1..=LONGEST_STEP_DAYS) * DAY_SECS })).await;
        look(&stand, &mut lives).await;

        let events = list_down_to(&stand, "/v1/events?", last_event.as_deref()).await;
        last_event = events.first().map(|it| it["id"].as_str().unwrap().to_owned()).or(last_event);
        for event in events {
            let about = &event["data"]["object"];
            let customer = about["customer"].as_str().or_else(|| about["id"].as_str());
            if let Some(life) = lives.iter_mut().find(|life| Some(life.customer.as_str()) == customer) {
                life.untold.push(event);
            }
        }
        if days.random_range(0..10) < WRONG_KEY_OF_TEN {
            let key = WRONG_KEYS[days.random_range(0..WRONG_KEYS.len())];
            a_wrong_key(&mut stand, &mut lives, key).await;
            stand.restart_with_key(KEY);
            stand.services.check_accounts().await;
        }
        each(lives.iter_mut().map(|life| life.hear(&stand))).await;
        stand.wall.advance(60);
        stand.work().await;
        each(lives.iter().map(|life| life.check(&stand))).await;
    }
    each(lives.iter().map(|life| stand.sync(&life.owner))).await;
    // One of two paid subscriptions is canceled.
    stand.work().await;
    look(&stand, &mut lives).await;
    each(lives.iter().map(|life| life.is_settled(&stand))).await;
}

/// `LIVES` is the number of lives (`make lives`: 10,000), `LIVES_FROM` the first seed.
#[rstest]
#[tokio::test]
async fn whatever_is_told_of_a_life_only_what_was_paid_holds_and_in_the_end_the_truth(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("LIVES_FROM").unwrap_or_else(rand::random);
    let mut left = number("LIVES").unwrap_or(IN_THE_SUITE);
    let mut from = first;
    println!("{left} lives from {from}");
    while left > 0 {
        let some = left.min(TOGETHER);
        live_together(engine, from..from + some).await;
        (from, left) = (from + some, left - some);
    }
}
