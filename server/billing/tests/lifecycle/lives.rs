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
    fate: StdRng,
    owner: Viewer,
    customer: String,
    card_fails: bool,
    /// As the provider told it last.
    subscriptions: Vec<Value>,
    /// Whether Dues saw the first of them paid: of one that it never did, it believes that the plan it is on was.
    is_known: bool,
    /// What was paid at some time.
    paid: BTreeSet<String>,
    /// Events that may still be told.
    untold: Vec<Value>,
    checkouts: u32,
    /// What came to pass, for whoever has to find out.
    story: Vec<String>,
}

impl Life {
    async fn begin(stand: &Stand, seed: u64, world: u64) -> Self {
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
        let story = vec![format!("life {seed} (LIVES_FROM={world} LIVES={TOGETHER} tries it again)")];
        Self {
            fate,
            owner,
            customer,
            card_fails: false,
            subscriptions,
            is_known: false,
            paid,
            untold,
            checkouts: 0,
            story,
        }
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
        let ends = |ends: bool| format!("{at}?cancel_at_period_end={ends}");
        match self.fate.random_range(0..10) {
            0..3 => {
                let (plan, cycle) = self.wish();
                let price = stand.prices.price(&plan, cycle).unwrap();
                let wish = format!("items[0][id]={item}&items[0][price]={price}");
                // Where a card is declined, nothing changes at the portal. Whoever does it at the dashboard has it both ways.
                let unpaid = self.is_known && self.fate.random_bool(0.5);
                let behavior = if unpaid { "allow_incomplete" } else { "error_if_incomplete" };
                let how = format!("proration_behavior=always_invoice&payment_behavior={behavior}");
                let done = stand.try_at_stripe(Method::POST, &format!("{at}?{wish}&{how}")).await;
                self.tells(format!("wants {plan}, {cycle:?}: {}", if done.is_ok() { "done" } else { "declined" }));
            }
            3 | 4 => {
                let leaves = self.fate.random_bool(0.5);
                stand.at_stripe(Method::POST, &ends(leaves)).await;
                self.tells(format!("leaves: {leaves}"));
            }
            5 => {
                stand.at_stripe(Method::DELETE, &at).await;
                self.tells("has ended at once");
            }
            6 | 7 => {
                self.card_fails = !self.card_fails;
                let path = format!("/customers/{}/fail_payments", self.customer);
                stand.post(&path, &json!({ "on": self.card_fails })).await;
                self.tells(format!("has a card that fails: {}", self.card_fails));
            }
            8 => {
                for open in stand.list(&format!("/v1/invoices?status=open&customer={}", self.customer)).await {
                    let path = format!("/v1/invoices/{}/pay", open["id"].as_str().unwrap());
                    let paid = stand.try_at_stripe(Method::POST, &path).await.is_ok();
                    self.tells(format!("pays what is due: {paid}"));
                }
            }
            _ => {}
        }
    }

    fn tells(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn wish(&mut self) -> (PlanId, Cycle) {
        let plan = PLANS[self.fate.random_range(0..PLANS.len())].parse().unwrap();
        (plan, if self.fate.random_bool(0.8) { Cycle::Monthly } else { Cycle::Yearly })
    }

    async fn buy(&mut self, stand: &Stand) {
        self.checkouts += 1;
        let attempt = format!("{}-{}", self.customer.replace('_', "-"), self.checkouts);
        let (plan, _) = self.wish();
        self.tells(format!("buys {plan}"));
        let page = stand.another_page(&self.owner, &attempt, plan.as_str()).await;
        let pays = stand.try_to_pay(&page).await;
        assert!(pays || self.card_fails, "{self}: the card is declined");
        self.is_known = pays && self.fate.random_bool(0.7);
        if self.is_known {
            self.tells("comes back from the provider's page");
            stand.sync(&self.owner).await;
        }
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
        // A smaller one than was paid is paid, too.
        let rank = |plan: &str| PLANS.iter().position(|known| *known == plan);
        let most = self.paid.iter().map(|paid| rank(paid)).max().flatten();
        assert!(rank(&plan) <= most, "{self}: {plan} holds, and was at no time paid");
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
            ProviderStatus::Active | ProviderStatus::Trialing => true,
            ProviderStatus::PastDue => own.past_due_since.unwrap().plus_secs(GRACE_SECS) > now,
            _ => false,
        });
        let rank = |plan: &&PlanId| PLANS.iter().position(|known| *known == plan.as_str());
        let holds = holds
            .and_then(|own| [Some(&own.plan), own.plan_before_due.as_ref()].into_iter().flatten().min_by_key(rank));
        let holds = holds.map_or("free", PlanId::as_str);
        assert_eq!(stand.plan(&self.owner).await, holds, "{self}");
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.story.join("\n  "))
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
        let told: Vec<_> = life.subscriptions.iter().map(|it| format!("{:?}", told_of(stand, it))).collect();
        life.tells(format!("{}: {}", stand.services.billing_now().rfc3339_secs(), told.join(", ")));
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
