//! Random lives of subscriptions: a model-based test.
//!
//! Owners start trials, change plans, cancel, resume, buy twice, and have failing cards, in Dues and at the provider. A
//! person at the provider's dashboard gives them quantities, further items, discounts, pauses, end dates, sent invoices,
//! tiers, other intervals, seats, and subscriptions begun by hand. Events are lost, repeated, delayed and reordered. At
//! times the server runs with a key of another account or mode.
//!
//! Invariants: no plan applies that was neither paid nor on trial. After one reconciliation Dues holds and tells what an
//! independent reading of the provider's objects says, the invoices of each currency included. What a person began was
//! neither ended nor refunded. A tenant has one customer.

mod compare;
mod customer;
mod dashboard;
mod life;
mod money;
mod offer;
mod reported;
mod snapshot;

use std::{collections::BTreeMap, env, ops::Range};

use billing::store::testing::Engine;
use domain::subscription::Provider;
use futures::{StreamExt as _, stream};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rstest::rstest;
use serde_json::json;

use self::{
    compare::{DoneByDues, assert_reconciled},
    life::Life,
    offer::{Offer, lives_catalog},
    snapshot::{add_events_of_stripe, list_customers, list_refunded, update_lives},
};
use crate::test_env::{DAY_SECS, LIVE_KEY, TestEnv};

/// Number of lives in one world, which share its clock.
const LIVES_PER_WORLD: u64 = 250;
/// Number of lives on each database and at each provider without `LIVES`.
const LIVES_IN_SUITE: u64 = 50;
const STEPS: u64 = 6;
/// Number of concurrent lives in a world.
const CONCURRENCY: usize = 16;
const MAX_STEP_DAYS: i64 = 20;
const TRIAL_DAYS: u16 = 14;
/// In how many of ten steps the server runs with a wrong key.
const WRONG_KEY_OF_TEN: u32 = 4;

/// How often each event of a person at the dashboard was done and refused.
type Tally = BTreeMap<&'static str, (u32, u32)>;

const fn wrong_keys(at: Provider) -> &'static [&'static str] {
    match at {
        Provider::Stripe => &["sk_test_51AnotherAccount00Key", LIVE_KEY],
        Provider::Polar => &["polar_oat_of_another_organization"],
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

/// Remembers the subscriptions that Dues has ended at the provider.
fn remember_ended(env: &TestEnv, done: &mut DoneByDues) {
    let ended = env.take_calls().into_iter().filter_map(|call| {
        let path = call.strip_prefix("DELETE ")?;
        let (collection, id) = path.trim_end_matches('/').rsplit_once('/')?;
        collection.ends_with("/subscriptions").then(|| id.to_owned())
    });
    done.ended.extend(ended);
}

async fn run_world(engine: Engine, at: Provider, seeds: Range<u64>) -> Tally {
    let mut env = TestEnv::selling_at(at, engine, lives_catalog(at)).await;
    let right_key = env.key();
    // Confirm the provider account before the first payment.
    env.services.providers().check_accounts().await;
    let offer = Offer::make(&env).await;
    let world = seeds.start;
    let mut days = StdRng::seed_from_u64(world);
    let mut lives = Vec::new();
    for seed in seeds {
        lives.push(Life::begin(&env, seed, world).await);
    }
    let (mut last_event, mut done): (Option<String>, _) = (None, DoneByDues::default());
    for _ in 0..STEPS {
        run_concurrently(lives.iter_mut().map(|life| life.act(&env, &offer))).await;
        update_lives(&env, &offer, &mut lives).await;
        env.post("/clock", &json!({ "advance_secs": days.random_range(1..=MAX_STEP_DAYS) * DAY_SECS })).await;
        update_lives(&env, &offer, &mut lives).await;
        if at == Provider::Stripe {
            last_event = add_events_of_stripe(&env, &mut lives, last_event).await;
        }
        if days.random_range(0..10) < WRONG_KEY_OF_TEN {
            let keys = wrong_keys(at);
            run_with_wrong_key_for_a_while(&mut env, &mut lives, keys[days.random_range(0..keys.len())]).await;
            env.restart_with_key(right_key);
            env.services.providers().check_accounts().await;
        }
        run_concurrently(lives.iter_mut().map(|life| life.deliver_events(&env))).await;
        env.wall.advance(60);
        env.run_due_jobs().await;
        run_concurrently(lives.iter().map(|life| life.check(&env))).await;
        remember_ended(&env, &mut done);
    }
    run_concurrently(lives.iter().map(|life| env.sync(&life.owner))).await;
    // These jobs cancel one of two paid subscriptions.
    env.run_due_jobs().await;
    update_lives(&env, &offer, &mut lives).await;
    remember_ended(&env, &mut done);
    done.refunded = list_refunded(&env).await.into_iter().collect();
    run_concurrently(lives.iter().map(|life| assert_reconciled(life, &env, &offer, &done))).await;
    assert_eq!(list_customers(&env).await.len(), lives.len(), "a tenant has one customer");
    for (price, refusal) in &offer.refused {
        println!("no life has the price {price:?}: {refusal}");
    }
    let mut tally = Tally::new();
    for life in lives {
        add(&mut tally, life.tally);
    }
    tally
}

fn add(sum: &mut Tally, tally: Tally) {
    for (event, (done, refused)) in tally {
        let (all_done, all_refused) = sum.entry(event).or_default();
        *all_done += done;
        *all_refused += refused;
    }
}

/// The options: `LIVES` is the number of lives (`make lives`: 10,000), `LIVES_FROM` the first seed, `LIVES_AT` the only
/// provider (`stripe` or `polar`), `LIVES_ON` the only database (`sqlite` or `postgres`).
#[rstest]
#[tokio::test]
async fn only_paid_plans_apply_and_the_stored_state_converges(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let is_left_out = |name: &str, own: &str| env::var(name).is_ok_and(|only| only != own);
    let database = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    if is_left_out("LIVES_AT", at.as_str()) || is_left_out("LIVES_ON", database) {
        return;
    }
    let first = number("LIVES_FROM").unwrap_or_else(rand::random);
    let mut left = number("LIVES").unwrap_or(LIVES_IN_SUITE);
    let (mut from, mut tally) = (first, Tally::new());
    println!("{left} lives from {from} at {} on {database}", at.title());
    while left > 0 {
        let some = left.min(LIVES_PER_WORLD);
        add(&mut tally, run_world(engine, at, from..from + some).await);
        (from, left) = (from + some, left - some);
    }
    for event in dashboard::events(at) {
        let (done, refused) = tally.get(event).copied().unwrap_or_default();
        println!("{event}: {done} times, refused {refused} times");
    }
}
