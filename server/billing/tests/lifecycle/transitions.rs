//! Scheduled transitions: each sends one webhook to the workspace's servers.

use axum::http::Method;
use billing::{
    identity::factors::Confirmed,
    service::{
        operator::overrides::{OverrideChange, PlanGrantChange},
        webhook::endpoint::EndpointSettings,
    },
    store::testing::Engine,
};
use domain::{account::Viewer, catalog::Cycle};
use rstest::rstest;
use serde_json::Value;

use crate::test_env::{DAY_SECS, TestEnv, biller};

/// Registers a webhook endpoint for the owner and returns its id.
async fn register_endpoint(env: &TestEnv, owner: &Viewer) -> String {
    let settings =
        EndpointSettings { url: "http://127.0.0.1:9000/hook".to_owned(), description: String::new(), events: None };
    env.services.endpoints().create_endpoint(owner, &Confirmed::not_asked(), settings).await.unwrap().endpoint.id
}

/// Returns plan and status of each webhook about the subscription, oldest first.
async fn delivered(env: &TestEnv, owner: &Viewer, endpoint: &str) -> Vec<(String, String)> {
    let mut items = env
        .services
        .endpoints()
        .deliveries(&owner.current_membership.tenant_id, endpoint, None, 100)
        .await
        .unwrap()
        .items;
    items.reverse();
    let messages = items.into_iter().map(|item| serde_json::from_str::<Value>(&item.body).unwrap());
    let text = |message: &Value, name: &str| message["data"][name].as_str().unwrap().to_owned();
    messages
        .filter(|message| message["type"] == "subscription.updated")
        .map(|message| (text(&message, "plan"), text(&message, "status")))
        .collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(plan, status)| ((*plan).to_owned(), (*status).to_owned())).collect()
}

#[rstest]
#[tokio::test]
async fn the_end_of_grace_sends_a_webhook(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let endpoint = register_endpoint(&env, &owner).await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    let end = env.subscriptions(&owner).await[0].period_end;
    env.advance_days(end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await, pairs(&[("pro", "past_due")]));
    env.advance_days(2).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await.len(), 1);
    env.advance_days(2).await;
    let fallen = pairs(&[("pro", "past_due"), ("free", "past_due")]);
    assert_eq!(delivered(&env, &owner, &endpoint).await, fallen);
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(delivered(&env, &owner, &endpoint).await, fallen, "once");

    env.set_card_failing(&customer, false).await;
    let open = env.list("/v1/invoices?status=open").await;
    env.call_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    env.sync(&owner).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await[2..], pairs(&[("pro", "active")]));
}

#[rstest]
#[tokio::test]
async fn the_end_of_a_canceled_subscription_sends_a_webhook_without_an_event(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let endpoint = register_endpoint(&env, &owner).await;
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    env.advance_days(32).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await, pairs(&[("pro", "active"), ("free", "canceled")]));
}

/// The provider is down at the moment of the transition, and Dues retries its call.
#[rstest]
#[tokio::test]
async fn the_end_of_a_trial_sends_a_webhook_once_the_provider_answers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::with_trials(engine, 14).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let endpoint = register_endpoint(&env, &owner).await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    env.set_provider_down(true);
    env.advance_days(15).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await, pairs(&[("pro", "active")]), "that it will change");
    env.set_provider_down(false);
    env.wall.advance(5);
    env.run_due_jobs().await;
    assert_eq!(delivered(&env, &owner, &endpoint).await[1..], pairs(&[("starter", "active")]));
}

#[rstest]
#[tokio::test]
async fn the_end_of_an_override_sends_a_webhook(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let endpoint = register_endpoint(&env, &owner).await;
    let until = Some(env.services.billing_now().plus_secs(3 * DAY_SECS));
    let change = OverrideChange { plan: PlanGrantChange::Grant("team".to_owned()), limits: Vec::new(), until };
    env.services.operators().override_tenant(&owner.current_membership.tenant_id, &change).await.unwrap();
    env.advance_days(2).await;
    assert_eq!(delivered(&env, &owner, &endpoint).await, pairs(&[("team", "active")]));
    for _ in 0..2 {
        env.advance_days(2).await;
        assert_eq!(delivered(&env, &owner, &endpoint).await, pairs(&[("team", "active"), ("free", "active")]));
    }
}
