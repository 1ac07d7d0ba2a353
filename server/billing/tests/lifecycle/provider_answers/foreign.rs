//! Responses about another customer than requested: they are rejected, and the other customer's data stays.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, Subscription},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::test_env::{TestEnv, biller};

const UNKNOWN: &str = "unknown_at_provider";

/// Fetches a workspace's subscription from Stripe.
async fn fetch_from_stripe(env: &TestEnv, subscription: &Subscription) -> Value {
    env.call_stripe(Method::GET, &format!("/v1/subscriptions/{}", subscription.external_id)).await
}

async fn only(env: &TestEnv, owner: &Viewer) -> Subscription {
    let [subscription] = env.subscriptions(owner).await.try_into().unwrap();
    subscription
}

/// Stores a foreign subscription, as an earlier version did.
async fn store(env: &TestEnv, owner: &Viewer, foreign: &Subscription) {
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().upsert_subscription(&owner.current_membership.tenant_id, foreign).await.unwrap();
    tx.commit().await.unwrap();
}

#[rstest]
#[case::only_foreign(true)]
#[case::with_foreign(false)]
#[tokio::test]
async fn a_foreign_subscription_in_a_list_grants_and_ends_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] instead: bool,
) {
    let env = TestEnv::start(engine).await;
    let (ada, bob) = (env.owner_on("ada@acme.test", "starter").await, env.owner_on("bob@acme.test", "team").await);
    let (subscription, theirs) = (only(&env, &ada).await, only(&env, &bob).await);
    let (id, foreign) = (subscription.external_id.clone(), fetch_from_stripe(&env, &theirs).await);
    env.alter_responses(move |answer| {
        if instead && answer["object"] == "subscription" && answer["id"] == id.as_str() {
            *answer = foreign.clone();
        } else if !instead && answer["object"] == "list" && answer["data"][0]["id"] == id.as_str() {
            let listed = answer["data"].as_array_mut().unwrap();
            if listed.iter().all(|one| one["id"] != foreign["id"]) {
                listed.push(foreign.clone());
            }
        }
    });
    for _ in 0..2 {
        env.sync(&ada).await;
        env.run_due_jobs().await;
    }
    assert_eq!(
        (env.plan(&ada).await.as_str(), only(&env, &ada).await.external_id),
        ("starter", subscription.external_id.clone())
    );
    let canceled = env.services.subscriptions().cancel_at_period_end(&biller(&ada)).await;
    assert_eq!(canceled.is_err(), instead, "{canceled:?}");
    env.run_due_jobs().await;

    env.alter_responses(|_| {});
    env.sync(&ada).await;
    env.sync(&bob).await;
    env.run_due_jobs().await;
    assert_eq!((env.plan(&ada).await, env.plan(&bob).await), ("starter".to_owned(), "team".to_owned()));
    for (one, ends) in [(&subscription, !instead), (&theirs, false)] {
        let there = fetch_from_stripe(&env, one).await;
        assert_eq!((&there["status"], &there["cancel_at_period_end"]), (&json!("active"), &json!(ends)));
    }
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    assert_eq!(env.services.subscriptions().membership(&ada).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn a_stored_foreign_subscription_returns_to_its_tenant(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let (ada, bob) = (env.owner_on("ada@acme.test", "starter").await, env.owner_on("bob@acme.test", "team").await);
    let theirs = only(&env, &bob).await;
    // The foreign subscription begins later than Ada's own, so it is the current one of Ada's tenant.
    let later = Subscription { started_at: theirs.started_at.plus_secs(1), ..theirs.clone() };
    store(&env, &ada, &later).await;
    assert_eq!(env.plan(&ada).await, "team");
    env.sync(&ada).await;
    env.run_due_jobs().await;
    assert_eq!((env.plan(&ada).await, env.plan(&bob).await), ("starter".to_owned(), "team".to_owned()));
    let row = env
        .subscriptions(&ada)
        .await
        .into_iter()
        .find(|subscription| subscription.external_id == theirs.external_id)
        .unwrap();
    assert_eq!(row.status, ProviderStatus::Canceled);
    assert_eq!(fetch_from_stripe(&env, &theirs).await["status"], "active");
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    assert_eq!(env.services.subscriptions().membership(&ada).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn a_subscription_of_an_unknown_customer_is_neither_settled_nor_canceled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let ada = env.owner_on("ada@acme.test", "starter").await;
    let subscription = only(&env, &ada).await;
    let stranger = env.call_stripe(Method::POST, "/v1/customers?email=eve@else.test").await;
    let price = env.prices.price(&"team".parse().unwrap(), Cycle::Monthly).unwrap();
    let fields = format!("customer={}&items[0][price]={price}&trial_period_days=30", stranger["id"].as_str().unwrap());
    let made = env.call_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await;
    let foreign = Subscription {
        external_id: made["id"].as_str().unwrap().to_owned(),
        plan: "team".parse().unwrap(),
        ..subscription.clone()
    };
    store(&env, &ada, &foreign).await;
    let before = env.subscriptions(&ada).await;

    let refused = env.services.subscriptions().sync_subscription(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), UNKNOWN);
    let refused = env.services.subscriptions().cancel_at_period_end(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), UNKNOWN);
    assert_eq!(env.order(&ada, "pro", Cycle::Monthly).await.unwrap_err().code(), UNKNOWN);
    env.start_periodic_jobs().await;
    env.run_due_jobs().await;
    let row = |all: &[Subscription]| all.iter().find(|one| one.external_id == foreign.external_id).cloned();
    assert_eq!(row(&env.subscriptions(&ada).await), row(&before), "nothing was written on one strange answer");
    let there = fetch_from_stripe(&env, &foreign).await;
    assert_eq!((&there["status"], &there["cancel_at_period_end"]), (&json!("trialing"), &json!(false)));
    assert_eq!(fetch_from_stripe(&env, &subscription).await["status"], "active");
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn another_customers_invoices_are_not_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let ada = env.owner_on("ada@acme.test", "pro").await;
    assert_eq!(env.services.subscriptions().invoices(&biller(&ada)).await.unwrap().len(), 1);
    env.alter_responses(|answer| {
        if answer["object"] == "invoice" {
            answer["customer"] = "cus_of_another".into();
        }
    });
    let refused = env.services.subscriptions().invoices(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), "provider_unavailable");
    env.alter_responses(|answer| {
        if answer["object"] == "list" && answer["data"][0]["object"] == "invoice" {
            let mut other = answer["data"][0].clone();
            other["customer"] = json!({ "id": "cus_of_another", "object": "customer" });
            answer["data"].as_array_mut().unwrap().push(other);
        }
    });
    assert_eq!(env.services.subscriptions().invoices(&biller(&ada)).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_preview_of_another_subscription_is_not_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let ada = env.owner_on("ada@acme.test", "pro").await;
    env.alter_responses(|answer| {
        if answer["object"] == "invoice" {
            answer["parent"]["subscription_details"]["subscription"] = "sub_of_another".into();
        }
    });
    let preflight = env
        .services
        .checkouts()
        .preflight(&ada.current_membership.tenant_id, "team", Cycle::Monthly, None)
        .await
        .unwrap();
    assert_eq!(preflight.due_now, None);
    env.sync(&ada).await;
    assert_eq!(only(&env, &ada).await.details.next_payment, None);
}
