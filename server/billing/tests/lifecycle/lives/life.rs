//! One random life: its events, the delivery of webhooks, and the invariants that hold at any time.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use billing::service::ServiceError;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{Provider, Subscription},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Value, json};

use super::{
    LIVES_PER_WORLD, TRIAL_DAYS, customer, dashboard,
    money::SoldIn,
    offer::{ORDERED, Offer, PLANS, rank},
    reported::Reported,
};
use crate::test_env::{Sale, TestEnv, biller};

/// In how many of ten steps a person at the provider's dashboard acts, and not the customer.
const DASHBOARD_OF_TEN: u32 = 4;

pub(super) struct Life {
    pub(super) rng: StdRng,
    pub(super) owner: Viewer,
    pub(super) customer: String,
    pub(super) currency: SoldIn,
    pub(super) card_fails: bool,
    /// The subscriptions as the provider last reported them, newest first.
    pub(super) subscriptions: Vec<Value>,
    /// The subscription schedules as the provider last reported them.
    pub(super) schedules: Vec<Value>,
    /// The plans that were paid or on trial at some time.
    paid: BTreeSet<String>,
    /// The plans that each subscription had at some time.
    pub(super) had: BTreeMap<String, BTreeSet<(String, Cycle)>>,
    /// The subscriptions that no plan sold at some time.
    pub(super) ever_unsold: BTreeSet<String>,
    /// What a person began at the provider: subscriptions of Stripe, checkouts of Polar.
    pub(super) by_hand: BTreeSet<String>,
    /// Events that are not delivered yet.
    pub(super) undelivered: Vec<Value>,
    pub(super) events_made: u32,
    checkouts: u32,
    /// The page of the order that created the customer.
    open_page: Option<String>,
    /// The stored subscriptions at the time when the server started with a wrong key.
    stored: Vec<Subscription>,
    /// How often each event was done and refused.
    pub(super) tally: BTreeMap<&'static str, (u32, u32)>,
    /// The log of this life, for the message of a failure.
    story: Vec<String>,
}

impl Life {
    pub(super) async fn begin(env: &TestEnv, seed: u64, world: u64) -> Self {
        let at = env.provider_name();
        let mut rng = StdRng::seed_from_u64(seed);
        let currencies = SoldIn::at(at);
        let currency = currencies[rng.random_range(0..currencies.len())];
        let mut owner = env.owner("ada@acme.test").await;
        owner.current_membership.tenant_name = format!("Life {seed}");
        // Polar keeps one customer for an e-mail address, and all lives have the same.
        let is_linked = at == Provider::Polar || rng.random_bool(0.5);
        let open_page = if is_linked {
            link_customer(env, &owner, seed).await;
            None
        } else {
            let code = currency.code.parse().unwrap();
            Some(env.order_in(&owner, PLANS[0], Cycle::Monthly, Some(code)).await.unwrap().url)
        };
        let customer = env.customer(&owner.current_membership.tenant_id).await;
        let again = format!("LIVES_AT={} LIVES_FROM={world} LIVES={LIVES_PER_WORLD} tries it again", at.as_str());
        Self {
            rng,
            owner,
            customer,
            currency,
            card_fails: false,
            subscriptions: Vec::new(),
            schedules: Vec::new(),
            paid: BTreeSet::new(),
            had: BTreeMap::new(),
            ever_unsold: BTreeSet::new(),
            by_hand: BTreeSet::new(),
            undelivered: Vec::new(),
            events_made: 0,
            checkouts: 0,
            open_page,
            stored: Vec::new(),
            tally: BTreeMap::new(),
            story: vec![format!("life {seed} in {} ({again})", currency.code)],
        }
    }

    /// The subscriptions that have not ended, newest first.
    pub(super) fn live(&self) -> impl Iterator<Item = &Value> {
        self.subscriptions.iter().filter(|subscription| subscription["ended_at"].is_null())
    }

    pub(super) fn subscription(&self, id: &str) -> Option<&Value> {
        self.subscriptions.iter().find(|subscription| subscription["id"] == id)
    }

    /// Whether a person began the subscription at the provider.
    pub(super) fn is_by_hand(&self, subscription: &Value) -> bool {
        let names = ["id", "checkout_id"].map(|field| subscription[field].as_str());
        names.into_iter().flatten().any(|name| self.by_hand.contains(name))
    }

    pub(super) async fn act(&mut self, env: &TestEnv, offer: &Offer) {
        if self.rng.random_range(0..10) < DASHBOARD_OF_TEN {
            dashboard::act(self, env, offer).await;
        } else {
            customer::act(self, env, offer).await;
        }
        // The page expires before the next step.
        self.open_page = None;
    }

    pub(super) async fn toggle_card(&mut self, env: &TestEnv) {
        self.card_fails = !self.card_fails;
        env.set_card_failing(&self.customer, self.card_fails).await;
        self.log(format!("has a card that fails: {}", self.card_fails));
    }

    pub(super) async fn buy(&mut self, env: &TestEnv) {
        self.checkouts += 1;
        let (plan, _) = self.random_plan();
        let trial_days = if self.checkouts == 1 && self.rng.random_bool(0.3) { TRIAL_DAYS } else { 0 };
        let (page, what) = if let Some(page) = self.open_page.take() {
            (page, "what was ordered at Dues".to_owned())
        } else {
            let attempt = format!("{}-{}", self.customer.replace('_', "-"), self.checkouts);
            let currency = self.currency.code.parse().unwrap();
            let sale = Sale { plan, cycle: Cycle::Monthly, trial_days, currency };
            let page = env.create_unknown_checkout_of(&self.owner, &attempt, &sale).await;
            (page, format!("{plan} with {trial_days} days to try it"))
        };
        let pays = env.try_to_pay(&page).await;
        self.log(format!("buys {what}: {pays}"));
        // Polar lets no customer buy a second subscription.
        let is_second = env.provider_name() == Provider::Polar && self.live().next().is_some();
        assert!(pays || self.card_fails || is_second, "{self}: the card is declined");
        if pays && self.rng.random_bool(0.7) {
            self.log("comes back from the provider's page");
            env.sync(&self.owner).await;
        }
    }

    pub(super) fn random_plan(&mut self) -> (&'static str, Cycle) {
        let plan = PLANS[self.rng.random_range(0..ORDERED)];
        (plan, if self.rng.random_bool(0.8) { Cycle::Monthly } else { Cycle::Yearly })
    }

    /// Records the outcome of a call to Dues. A refusal is allowed; an internal error is not.
    pub(super) fn record_outcome(&mut self, what: &str, done: &Result<(), ServiceError>) {
        let said = match done {
            Ok(()) => "done".to_owned(),
            Err(refusal) if refusal.code().status() < 500 && refusal.code().as_str() != "provider_account_changed" => {
                refusal.to_string()
            }
            Err(fails) => panic!("{self}\n  {what}: {fails:?}"),
        };
        self.log(format!("{what}: {said}"));
    }

    /// Records an event at the provider. It may refuse it.
    pub(super) fn record_event(&mut self, what: &'static str, details: &str, done: Result<Value, String>) {
        let (made, refused) = self.tally.entry(what).or_default();
        match done {
            Ok(_) => *made += 1,
            Err(_) => *refused += 1,
        }
        let said = done.map_or_else(|refusal| format!("refused, {refusal}"), |_| "done".to_owned());
        self.log(format!("{what} ({details}): {said}"));
    }

    /// Remembers what the provider reports.
    pub(super) fn remember(&mut self, reported: &Reported) {
        let Some((plan, cycle)) = &reported.plan else {
            self.ever_unsold.insert(reported.id.clone());
            return;
        };
        self.had.entry(reported.id.clone()).or_default().insert((plan.clone(), *cycle));
        if reported.is_active() {
            self.paid.insert(plan.clone());
        }
    }

    pub(super) fn log(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    /// Delivers events in random order: some never, some twice, some later.
    pub(super) async fn deliver_events(&mut self, env: &TestEnv) {
        self.undelivered.shuffle(&mut self.rng);
        let (mut delivered, mut later) = (Vec::new(), Vec::new());
        for event in self.undelivered.drain(..) {
            match self.rng.random_range(0..10) {
                0..2 => {}
                2..4 => delivered.extend([event.clone(), event]),
                4..6 => later.push(event),
                _ => delivered.push(event),
            }
        }
        self.undelivered = later;
        for event in &delivered {
            env.send_webhook(event).await;
        }
    }

    /// Calls each action and delivers events while the key is wrong.
    pub(super) async fn run_with_wrong_key(&mut self, env: &TestEnv) {
        self.log("the server runs with a wrong key");
        self.stored = env.subscriptions(&self.owner).await;
        let ((plan, cycle), admin) = (self.random_plan(), biller(&self.owner));
        let answers = [
            env.order(&self.owner, plan, cycle).await.map(drop),
            env.services.subscriptions().sync_subscription(&admin).await,
            env.services.subscriptions().cancel_at_period_end(&admin).await,
            env.services.subscriptions().resume(&admin).await,
        ];
        for answer in answers {
            assert_eq!(
                answer.as_ref().map_err(|error| error.code().as_str()),
                Err("provider_account_changed"),
                "{self}"
            );
        }
        self.deliver_events(env).await;
    }

    pub(super) async fn assert_unchanged(&self, env: &TestEnv) {
        assert_eq!(env.subscriptions(&self.owner).await, self.stored, "{self}: nothing was written");
    }

    /// Asserts that the plan was paid or on trial at some time.
    pub(super) async fn check(&self, env: &TestEnv) {
        let plan = env.plan(&self.owner).await;
        // A paid plan includes the lower ones.
        let most = self.paid.iter().map(|paid| rank(paid)).max().flatten();
        assert!(rank(&plan) <= most, "{self}: {plan} holds, and was at no time paid");
    }
}

/// Creates a customer at the provider and links it to the tenant, as an import does.
async fn link_customer(env: &TestEnv, owner: &Viewer, seed: u64) {
    let at = env.provider_name();
    let email = format!("life{seed}@acme.test");
    let made = match at {
        Provider::Stripe => env.call_stripe(Method::POST, &format!("/v1/customers?email={email}")).await,
        Provider::Polar => env.post_to_polar("customers/", &json!({ "email": email })).await,
    };
    let mut tx = env.database.store.begin().await.unwrap();
    let (tenant, now) = (&owner.current_membership.tenant_id, env.services.billing_now());
    tx.connection().insert_customer(tenant, at, made["id"].as_str().unwrap(), now).await.unwrap();
    tx.commit().await.unwrap();
}

impl std::fmt::Display for Life {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.story.join("\n  "))
    }
}
