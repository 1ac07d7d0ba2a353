//! One random life: the owner's actions, the delivered events, and the invariants.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use billing::service::ServiceError;
use domain::{
    account::Viewer,
    catalog::Cycle,
    ids::PlanId,
    subscription::{PendingChange, Provider, ProviderStatus, Subscription},
    time::Timestamp,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::Value;

use super::LIVES_PER_WORLD;
use crate::test_env::{GRACE_SECS, TestEnv, biller};

pub(super) const TRIAL_DAYS: u16 = 14;
const PLANS: [&str; 3] = ["starter", "pro", "business"];

pub(super) struct Life {
    rng: StdRng,
    pub(super) owner: Viewer,
    pub(super) customer: String,
    card_fails: bool,
    /// The subscriptions as the provider last reported them.
    pub(super) subscriptions: Vec<Value>,
    /// The subscription schedules as the provider last reported them.
    pub(super) schedules: Vec<Value>,
    /// The plans that were paid or on trial at some time.
    pub(super) paid: BTreeSet<String>,
    /// Events that are not delivered yet.
    pub(super) undelivered: Vec<Value>,
    checkouts: u32,
    /// The stored subscriptions at the time when the server started with a wrong key.
    stored: Vec<Subscription>,
    /// The log of this life, for the message of a failure.
    story: Vec<String>,
}

impl Life {
    pub(super) async fn begin(env: &TestEnv, seed: u64, world: u64) -> Self {
        let mut owner = env.owner("ada@acme.test").await;
        owner.current_membership.tenant_name = format!("Life {seed}");
        let customer = env.call_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await;
        let customer = customer["id"].as_str().unwrap().to_owned();
        let mut tx = env.database.store.begin().await.unwrap();
        let now = env.services.billing_now();
        tx.connection()
            .insert_customer(&owner.current_membership.tenant_id, Provider::Stripe, &customer, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let rng = StdRng::seed_from_u64(seed);
        let (subscriptions, paid, undelivered) = (Vec::new(), BTreeSet::new(), Vec::new());
        let story = vec![format!("life {seed} (LIVES_FROM={world} LIVES={LIVES_PER_WORLD} tries it again)")];
        Self {
            rng,
            owner,
            customer,
            card_fails: false,
            subscriptions,
            schedules: Vec::new(),
            paid,
            undelivered,
            checkouts: 0,
            stored: Vec::new(),
            story,
        }
    }

    fn live(&self) -> Option<&Value> {
        self.subscriptions.iter().find(|subscription| subscription["ended_at"].is_null())
    }

    pub(super) async fn act(&mut self, env: &TestEnv) {
        let Some(live) = self.live() else {
            if self.rng.random_bool(0.7) {
                self.buy(env).await;
            }
            return;
        };
        let at = format!("/v1/subscriptions/{}", live["id"].as_str().unwrap());
        let item = live["items"]["data"][0]["id"].as_str().unwrap().to_owned();
        let ends = |ends: bool| format!("{at}?cancel_at_period_end={ends}");
        match self.rng.random_range(0..18) {
            0..3 => {
                let (plan, cycle) = self.random_plan();
                let price = env.prices.price(&plan, cycle).unwrap();
                let params = format!("items[0][id]={item}&items[0][price]={price}");
                // With a declined card the portal changes nothing; the dashboard can change the plan anyway.
                let unpaid = self.rng.random_bool(0.5);
                let behavior = if unpaid { "allow_incomplete" } else { "error_if_incomplete" };
                let how = format!("proration_behavior=always_invoice&payment_behavior={behavior}");
                let done = env.try_call_stripe(Method::POST, &format!("{at}?{params}&{how}")).await;
                self.log(format!("wants {plan}, {cycle:?}: {}", if done.is_ok() { "done" } else { "declined" }));
            }
            3..6 => self.change_through_dues(env).await,
            6 | 7 => {
                let leaves = self.rng.random_bool(0.5);
                let done = env.try_call_stripe(Method::POST, &ends(leaves)).await;
                self.log(format!("leaves: {leaves}, {}", if done.is_ok() { "done" } else { "refused" }));
            }
            8..10 => {
                let leaves = self.rng.random_bool(0.5);
                let dues = &env.services;
                let admin = biller(&self.owner);
                let done = if leaves {
                    dues.subscriptions().cancel_at_period_end(&admin).await
                } else {
                    dues.subscriptions().resume(&admin).await
                };
                self.record_outcome(&format!("leaves by way of Dues: {leaves}"), &done);
            }
            10 => {
                env.call_stripe(Method::DELETE, &at).await;
                self.log("has ended at once");
            }
            11..14 => self.toggle_card(env).await,
            14 | 15 => {
                if self.card_fails && self.rng.random_bool(0.8) {
                    self.toggle_card(env).await;
                }
                for open in env.list(&format!("/v1/invoices?status=open&customer={}", self.customer)).await {
                    let path = format!("/v1/invoices/{}/pay", open["id"].as_str().unwrap());
                    let paid = env.try_call_stripe(Method::POST, &path).await.is_ok();
                    self.log(format!("pays what is due: {paid}"));
                }
            }
            16 => self.buy(env).await,
            _ => {}
        }
    }

    async fn toggle_card(&mut self, env: &TestEnv) {
        self.card_fails = !self.card_fails;
        env.set_card_failing(&self.customer, self.card_fails).await;
        self.log(format!("has a card that fails: {}", self.card_fails));
    }

    /// Changes the plan through Dues and confirms on the provider's page.
    async fn change_through_dues(&mut self, env: &TestEnv) {
        let (plan, cycle) = self.random_plan();
        let started = env.order(&self.owner, plan.as_str(), cycle).await;
        let what = format!("asks Dues for {plan}, {cycle:?}");
        if let Ok(started) = &started
            && started.is_portal
        {
            let done = env.confirm(&started.url).await;
            self.log(format!("{what}: {}", if done { "confirmed" } else { "declined" }));
            if self.rng.random_bool(0.5) {
                self.log("comes back");
                env.sync(&self.owner).await;
            }
        } else {
            self.record_outcome(&what, &started.map(drop));
        }
    }

    /// Records the outcome of a call. A refusal is allowed; an internal error is not.
    fn record_outcome(&mut self, what: &str, done: &Result<(), ServiceError>) {
        let refusals = ["conflict", "no_subscription", "provider_rejected", "validation_error"];
        let said = match done {
            Ok(()) => "done".to_owned(),
            Err(no) if refusals.contains(&no.code().as_str()) => no.to_string(),
            Err(fails) => panic!("{self}\n  {what}: {fails:?}"),
        };
        self.log(format!("{what}: {said}"));
    }

    /// Returns the change of plan of the schedule's next phase.
    fn pending(&self, env: &TestEnv, subscription: &str) -> Option<PendingChange> {
        let mine = |value: &&Value| value["status"] == "active" && value["subscription"] == subscription;
        let schedule = self.schedules.iter().find(mine)?;
        let runs = schedule["current_phase"]["start_date"].as_i64()?;
        let next =
            schedule["phases"].as_array()?.iter().find(|schedule| schedule["start_date"].as_i64() > Some(runs))?;
        let (plan, cycle) = env.prices.sold_by(next["items"][0]["price"].as_str()?)?.plan_and_cycle();
        let at = Timestamp::from_secs(next["start_date"].as_i64()?);
        let stored = self.subscriptions.iter().find(|candidate| candidate["id"] == subscription)?;
        let (_, (held, held_cycle, ..)) = summary_of(env, stored);
        ((plan.as_str(), cycle) != (held.as_str(), held_cycle)).then_some(PendingChange { plan, cycle, at })
    }

    pub(super) fn log(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn random_plan(&mut self) -> (PlanId, Cycle) {
        let plan = PLANS[self.rng.random_range(0..PLANS.len())].parse().unwrap();
        (plan, if self.rng.random_bool(0.8) { Cycle::Monthly } else { Cycle::Yearly })
    }

    async fn buy(&mut self, env: &TestEnv) {
        self.checkouts += 1;
        let attempt = format!("{}-{}", self.customer.replace('_', "-"), self.checkouts);
        let (plan, _) = self.random_plan();
        let trial_days = if self.checkouts == 1 && self.rng.random_bool(0.3) { TRIAL_DAYS } else { 0 };
        let page = env.create_unknown_checkout_with(&self.owner, &attempt, plan.as_str(), trial_days).await;
        let pays = env.try_to_pay(&page).await;
        self.log(format!("buys {plan} with {trial_days} days to try it: {pays}"));
        assert!(pays || self.card_fails, "{self}: the card is declined");
        if pays && self.rng.random_bool(0.7) {
            self.log("comes back from the provider's page");
            env.sync(&self.owner).await;
        }
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
            env.order(&self.owner, plan.as_str(), cycle).await.map(drop),
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

    pub(super) async fn check(&self, env: &TestEnv) {
        let plan = env.plan(&self.owner).await;
        // A paid plan includes the lower ones.
        let rank = |plan: &str| PLANS.iter().position(|known| *known == plan);
        let most = self.paid.iter().map(|paid| rank(paid)).max().flatten();
        assert!(rank(&plan) <= most, "{self}: {plan} holds, and was at no time paid");
    }

    /// Asserts that after one reconciliation the stored state equals the provider's.
    pub(super) async fn assert_reconciled(&self, env: &TestEnv) {
        let reported: BTreeMap<_, _> =
            self.subscriptions.iter().map(|subscription| summary_of(env, subscription)).collect();
        let stored = env.subscriptions(&self.owner).await;
        let stored_of = stored.iter().map(|subscription| {
            let period_end = subscription.period_end.as_secs();
            let what = (
                subscription.plan.to_string(),
                subscription.cycle,
                subscription.status,
                period_end,
                subscription.cancel_at_period_end,
            );
            (subscription.external_id.clone(), what)
        });
        assert_eq!(
            stored_of.collect::<BTreeMap<_, _>>(),
            reported,
            "{self}: what is stored, and what the provider says"
        );
        let live: Vec<_> = stored.iter().filter(|subscription| subscription.status.is_live()).collect();
        assert!(live.len() <= 1, "{self}: {live:#?}");
        for subscription in live {
            assert_eq!(subscription.pending, self.pending(env, &subscription.external_id), "{self}: what waits");
        }
        let now = env.services.billing_now();
        let holds = stored.iter().find(|subscription| match subscription.status {
            ProviderStatus::Active | ProviderStatus::Trialing => true,
            ProviderStatus::PastDue => subscription.past_due_since.unwrap().plus_secs(GRACE_SECS) > now,
            _ => false,
        });
        let rank = |plan: &&PlanId| PLANS.iter().position(|known| *known == plan.as_str());
        let holds = holds.and_then(|subscription| {
            [Some(&subscription.plan), subscription.plan_before_due.as_ref()].into_iter().flatten().min_by_key(rank)
        });
        let holds = holds.map_or("free", PlanId::as_str);
        assert_eq!(env.plan(&self.owner).await, holds, "{self}");
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.story.join("\n  "))
    }
}

type Summary = (String, (String, Cycle, ProviderStatus, i64, bool));

pub(super) fn summary_of(env: &TestEnv, subscription: &Value) -> Summary {
    let item = &subscription["items"]["data"][0];
    let (plan, cycle) = env.prices.sold_by(item["price"]["id"].as_str().unwrap()).unwrap().plan_and_cycle();
    let status = subscription["status"].as_str().unwrap().parse().unwrap();
    let period_end = item["current_period_end"].as_i64().unwrap();
    let ends = subscription["cancel_at_period_end"].as_bool().unwrap();
    (subscription["id"].as_str().unwrap().to_owned(), (plan.to_string(), cycle, status, period_end, ends))
}
