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

use self::life::{Life, TRIAL_DAYS, summary_of};
use crate::test_env::{DAY_SECS, KEY, LIVE_KEY, TestEnv};

/// Number of lives in one world, which share its clock.
const LIVES_PER_WORLD: u64 = 250;
/// Number of lives on each database without `LIVES`.
const LIVES_IN_SUITE: u64 = 100;
const STEPS: u64 = 6;
/// Number of concurrent lives in a world.
const CONCURRENCY: usize = 16;
const MAX_STEP_DAYS: i64 = 20;
const WRONG_KEYS: [&str; 2] = ["sk_test_51AnotherAccount00Key", LIVE_KEY];
/// In how many of ten steps the server runs with a wrong key.
const WRONG_KEY_OF_TEN: u32 = 4;

/// Fetches the objects of a list that are newer than `known`, newest first; all of them for `None`.
async fn list_down_to(env: &TestEnv, path: &str, known: Option<&str>) -> Vec<Value> {
    let (mut all, mut after) = (Vec::<Value>::new(), String::new());
    loop {
        let page = env.call_stripe(Method::GET, &format!("{path}limit=100{after}")).await;
        for object in page["data"].as_array().unwrap() {
            if object["id"].as_str() == known {
                return all;
            }
            all.push(object.clone());
        }
        if page["has_more"] != true {
            return all;
        }
        after = format!("&starting_after={}", all.last().unwrap()["id"].as_str().unwrap());
    }
}

/// Updates each life with the provider's current state.
async fn update_lives(env: &TestEnv, lives: &mut [Life]) {
    let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in list_down_to(env, "/v1/subscriptions?status=all&", None).await {
        of.entry(object["customer"].as_str().unwrap().to_owned()).or_default().push(object);
    }
    let mut waits: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in list_down_to(env, "/v1/subscription_schedules?", None).await {
        waits.entry(object["customer"].as_str().unwrap().to_owned()).or_default().push(object);
    }
    for life in lives {
        life.schedules = waits.remove(&life.customer).unwrap_or_default();
        life.subscriptions = of.remove(&life.customer).unwrap_or_default();
        let reported: Vec<_> =
            life.subscriptions.iter().map(|subscription| format!("{:?}", summary_of(env, subscription))).collect();
        life.log(format!("{}: {}", env.services.billing_now().rfc3339_secs(), reported.join(", ")));
        for subscription in life
            .subscriptions
            .iter()
            .filter(|subscription| subscription["status"] == "active" || subscription["status"] == "trialing")
        {
            life.paid.insert(summary_of(env, subscription).1.0);
        }
    }
}

async fn run_concurrently<'a, F: Future<Output = ()> + 'a>(lives: impl Iterator<Item = F>) {
    stream::iter(lives).for_each_concurrent(CONCURRENCY, |life| life).await;
}

/// Runs the server with a wrong key for a while. Asserts that events, jobs and actions write nothing.
async fn run_with_wrong_key_for_a_while(env: &mut TestEnv, lives: &mut [Life], key: &str) {
    let env = {
        env.restart_with_key(key);
        &*env
    };
    run_concurrently(lives.iter_mut().map(|life| life.run_with_wrong_key(env))).await;
    env.wall.advance(60);
    env.services.subscriptions().enqueue_due_transitions().await.unwrap();
    env.run_due_jobs().await;
    run_concurrently(lives.iter().map(|life| life.assert_unchanged(env))).await;
}

async fn run_world(engine: Engine, seeds: std::ops::Range<u64>) {
    let mut env = TestEnv::with_trials(engine, TRIAL_DAYS).await;
    // Confirm the provider account before the first payment.
    env.services.providers().check_accounts().await;
    let world = seeds.start;
    let mut days = StdRng::seed_from_u64(world);
    let mut lives = Vec::new();
    for seed in seeds {
        lives.push(Life::begin(&env, seed, world).await);
    }
    let mut last_event: Option<String> = None;
    for _ in 0..STEPS {
        run_concurrently(lives.iter_mut().map(|life| life.act(&env))).await;
        update_lives(&env, &mut lives).await;
        env.post("/clock", &json!({ "advance_secs": days.random_range(1..=MAX_STEP_DAYS) * DAY_SECS })).await;
        update_lives(&env, &mut lives).await;

        let events = list_down_to(&env, "/v1/events?", last_event.as_deref()).await;
        last_event = events.first().map(|event| event["id"].as_str().unwrap().to_owned()).or(last_event);
        for event in events {
            let about = &event["data"]["object"];
            let customer = about["customer"].as_str().or_else(|| about["id"].as_str());
            if let Some(life) = lives.iter_mut().find(|life| Some(life.customer.as_str()) == customer) {
                life.undelivered.push(event);
            }
        }
        if days.random_range(0..10) < WRONG_KEY_OF_TEN {
            let key = WRONG_KEYS[days.random_range(0..WRONG_KEYS.len())];
            run_with_wrong_key_for_a_while(&mut env, &mut lives, key).await;
            env.restart_with_key(KEY);
            env.services.providers().check_accounts().await;
        }
        run_concurrently(lives.iter_mut().map(|life| life.deliver_events(&env))).await;
        env.wall.advance(60);
        env.run_due_jobs().await;
        run_concurrently(lives.iter().map(|life| life.check(&env))).await;
    }
    run_concurrently(lives.iter().map(|life| env.sync(&life.owner))).await;
    // These jobs cancel one of two paid subscriptions.
    env.run_due_jobs().await;
    update_lives(&env, &mut lives).await;
    run_concurrently(lives.iter().map(|life| life.assert_reconciled(&env))).await;
}

/// `LIVES` is the number of lives (`make lives`: 10,000), `LIVES_FROM` the first seed.
#[rstest]
#[tokio::test]
async fn only_paid_plans_apply_and_the_stored_state_converges(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("LIVES_FROM").unwrap_or_else(rand::random);
    let mut left = number("LIVES").unwrap_or(LIVES_IN_SUITE);
    let mut from = first;
    println!("{left} lives from {from}");
    while left > 0 {
        let some = left.min(LIVES_PER_WORLD);
        run_world(engine, from..from + some).await;
        (from, left) = (from + some, left - some);
    }
}
