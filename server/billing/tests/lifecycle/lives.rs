//! Random lives of subscriptions. Somebody changes plan, cancels, stays after all, has a card that fails and another one; the
//! provider's events of it are lost, told twice, or told late and in any order. Never does a plan hold that was not paid, and one
//! reconciliation later what is stored is what the provider says.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
};

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    ids::PlanId,
    subscription::{Provider, ProviderStatus},
};
use futures::{StreamExt as _, stream};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stand::{DAY_SECS, GRACE_SECS, Stand};

/// Lives in one world, which share its clock.
const TOGETHER: u64 = 250;
const STEPS: u64 = 6;
/// What goes on at the same time in it.
const LANES: usize = 16;
const LONGEST_STEP_DAYS: i64 = 20;
const PLANS: [&str; 3] = ["starter", "pro", "business"];

struct Life {
    seed: u64,
    fate: StdRng,
    owner: Viewer,
    customer: String,
    card_fails: bool,
    /// As the provider told it last.
    subscriptions: Vec<Value>,
    /// What was paid at some time.
    paid: BTreeSet<String>,
    /// Events that may still be told.
    untold: Vec<Value>,
    checkouts: u32,
}

impl Life {
    async fn begin(stand: &Stand, seed: u64) -> Self {
        let mut owner = stand.owner("ada@acme.test").await;
        owner.here.tenant_name = format!("Life {seed}");
        let customer = stand.at_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await;
        let customer = customer["id"].as_str().unwrap().to_owned();
        let mut tx = stand.database.store.begin().await.unwrap();
        let now = stand.services.billing_now();
        tx.link().insert_customer(&owner.here.tenant_id, Provider::Stripe, &customer, now).await.unwrap();
        tx.commit().await.unwrap();
        let fate = StdRng::seed_from_u64(seed);
        let (subscriptions, paid, untold) = (Vec::new(), BTreeSet::new(), Vec::new());
        Self { seed, fate, owner, customer, card_fails: false, subscriptions, paid, untold, checkouts: 0 }
    }

    fn live(&self) -> Option<&Value> {
        self.subscriptions.iter().find(|it| it["ended_at"].is_null())
    }

    async fn act(&mut self, stand: &Stand) {
        let Some(live) = self.live() else {
            if self.fate.random_bool(0.7) {
                self.buy(stand).await;
            }
            return;
        };
        let at = format!("/v1/subscriptions/{}", live["id"].as_str().unwrap());
        let item = live["items"]["data"][0]["id"].as_str().unwrap().to_owned();
        match self.fate.random_range(0..10) {
            0..3 => {
                let (plan, cycle) = self.wish();
                let price = stand.prices.price(&plan, cycle).unwrap();
                let wish = format!("items[0][id]={item}&items[0][price]={price}");
                let how = "proration_behavior=always_invoice&payment_behavior=error_if_incomplete";
                // A card may be declined, and then nothing has changed.
                stand.try_at_stripe(Method::POST, &format!("{at}?{wish}&{how}")).await.ok();
            }
            3 => drop(stand.at_stripe(Method::POST, &format!("{at}?cancel_at_period_end=true")).await),
            4 => drop(stand.at_stripe(Method::POST, &format!("{at}?cancel_at_period_end=false")).await),
            5 => drop(stand.at_stripe(Method::DELETE, &at).await),
            6 | 7 => {
                self.card_fails = !self.card_fails;
                let path = format!("/customers/{}/fail_payments", self.customer);
                stand.post(&path, &json!({ "on": self.card_fails })).await;
            }
            8 => {
                for open in stand.list(&format!("/v1/invoices?status=open&customer={}", self.customer)).await {
                    let path = format!("/v1/invoices/{}/pay", open["id"].as_str().unwrap());
                    stand.try_at_stripe(Method::POST, &path).await.ok();
                }
            }
            _ => {}
        }
    }

    fn wish(&mut self) -> (PlanId, Cycle) {
        let plan = PLANS[self.fate.random_range(0..PLANS.len())].parse().unwrap();
        (plan, if self.fate.random_bool(0.8) { Cycle::Monthly } else { Cycle::Yearly })
    }

    async fn buy(&mut self, stand: &Stand) {
        self.checkouts += 1;
        let attempt = format!("life-{}-{}", self.seed, self.checkouts);
        let (plan, _) = self.wish();
        let page = stand.another_page(&self.owner, &attempt, plan.as_str()).await;
        assert!(stand.try_to_pay(&page).await || self.card_fails, "{self}: the card is declined");
    }

    /// Of what happened, some is never told, some twice, some later, and nothing in its order.
    async fn hear(&mut self, stand: &Stand) {
        self.untold.shuffle(&mut self.fate);
        let (mut told, mut later) = (Vec::new(), Vec::new());
        for event in self.untold.drain(..) {
            match self.fate.random_range(0..10) {
                0..2 => {}
                2..4 => told.extend([event.clone(), event]),
                4..6 => later.push(event),
                _ => told.push(event),
            }
        }
        self.untold = later;
        for event in &told {
            stand.tell(event).await;
        }
    }

    async fn check(&self, stand: &Stand) {
        let plan = stand.plan(&self.owner).await;
        assert!(plan == "free" || self.paid.contains(&plan), "{self}: {plan} holds, and was at no time paid");
    }

    /// One reconciliation, and then all is as the provider says.
    async fn settle(&self, stand: &Stand) {
        stand.sync(&self.owner).await;
        let told: BTreeMap<_, _> = self.subscriptions.iter().map(|it| told_of(stand, it)).collect();
        let stored = stand.subscriptions(&self.owner).await;
        let stored_of = stored.iter().map(|own| {
            let period_end = own.period_end.as_secs();
            let what = (own.plan.to_string(), own.cycle, own.status, period_end, own.cancel_at_period_end);
            (own.external_id.clone(), what)
        });
        assert_eq!(stored_of.collect::<BTreeMap<_, _>>(), told, "{self}: what is stored, and what the provider says");
        let now = stand.services.billing_now();
        let holds = stored.iter().find(|own| match own.status {
            ProviderStatus::Active => true,
            ProviderStatus::PastDue => own.past_due_since.unwrap().plus_secs(GRACE_SECS) > now,
            _ => false,
        });
        let holds = holds.map_or("free", |own| own.plan.as_str());
        assert_eq!(stand.plan(&self.owner).await, holds, "{self}");
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "life {seed} (LIVES_FROM={seed} LIVES=1 tries the like again)", seed = self.seed)
    }
}

type Told = (String, (String, Cycle, ProviderStatus, i64, bool));

fn told_of(stand: &Stand, subscription: &Value) -> Told {
    let item = &subscription["items"]["data"][0];
    let (plan, cycle) = stand.prices.sold_by(item["price"]["id"].as_str().unwrap()).unwrap().clone();
    let status = subscription["status"].as_str().unwrap().parse().unwrap();
    let period_end = item["current_period_end"].as_i64().unwrap();
    let ends = subscription["cancel_at_period_end"].as_bool().unwrap();
    (subscription["id"].as_str().unwrap().to_owned(), (plan.to_string(), cycle, status, period_end, ends))
}

/// All of a list, newest first, down to the object that is known.
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

/// Has each life see what the provider says now.
async fn look(stand: &Stand, lives: &mut [Life]) {
    let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for it in list_down_to(stand, "/v1/subscriptions?status=all&", None).await {
        of.entry(it["customer"].as_str().unwrap().to_owned()).or_default().push(it);
    }
    for life in lives {
        life.subscriptions = of.remove(&life.customer).unwrap_or_default();
        for it in life.subscriptions.iter().filter(|it| it["status"] == "active") {
            life.paid.insert(told_of(stand, it).1.0);
        }
    }
}

async fn each<'a, F: Future<Output = ()> + 'a>(lives: impl Iterator<Item = F>) {
    stream::iter(lives).for_each_concurrent(LANES, |life| life).await;
}

async fn live_together(engine: Engine, seeds: std::ops::Range<u64>) {
    let stand = Stand::start(engine).await;
    let mut days = StdRng::seed_from_u64(seeds.start);
    let mut lives = Vec::new();
    for seed in seeds {
        lives.push(Life::begin(&stand, seed).await);
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
        each(lives.iter_mut().map(|life| life.hear(&stand))).await;
        stand.wall.advance(60);
        stand.work().await;
        each(lives.iter().map(|life| life.check(&stand))).await;
    }
    each(lives.iter().map(|life| life.settle(&stand))).await;
}

/// `LIVES` says how many (`make lives`: 10,000), `LIVES_FROM` the first one's seed.
#[rstest]
#[tokio::test]
async fn whatever_is_told_of_a_life_only_what_was_paid_holds_and_in_the_end_the_truth(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("LIVES_FROM").unwrap_or_else(rand::random);
    let mut left = number("LIVES").unwrap_or(TOGETHER);
    let mut from = first;
    println!("{left} lives from {from}");
    while left > 0 {
        let some = left.min(TOGETHER);
        live_together(engine, from..from + some).await;
        (from, left) = (from + some, left - some);
    }
}
