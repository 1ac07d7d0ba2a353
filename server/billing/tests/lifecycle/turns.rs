//! Scheduled transitions: each sends one webhook to the workspace's servers.

use axum::http::Method;
use billing::{
    identity::factors::Confirmed,
    service::{
        overrides::{OverrideWish, PlanWish},
        webhook_endpoint::EndpointWish,
    },
    store::testing::Engine,
};
use domain::{account::Viewer, catalog::Cycle};
use rstest::rstest;
use serde_json::Value;

use crate::stand::{DAY_SECS, Stand, biller};

/// Registers a webhook endpoint for the owner and returns its id.
async fn listens(stand: &Stand, owner: &Viewer) -> String {
    let wish = EndpointWish { url: "http://127.0.0.1:9000/hook".to_owned(), description: String::new(), events: None };
    stand.services.create_endpoint(owner, &Confirmed::not_asked(), wish).await.unwrap().endpoint.id
}

/// Returns plan and status of each webhook about the subscription, oldest first.
async fn told(stand: &Stand, owner: &Viewer, endpoint: &str) -> Vec<(String, String)> {
    let mut items =
        stand.services.deliveries(&owner.current_membership.tenant_id, endpoint, None, 100).await.unwrap().items;
    items.reverse();
    let said = items.into_iter().map(|item| serde_json::from_str::<Value>(&item.body).unwrap());
    let text = |said: &Value, name: &str| said["data"][name].as_str().unwrap().to_owned();
    said.filter(|said| said["type"] == "subscription.updated")
        .map(|said| (text(&said, "plan"), text(&said, "status")))
        .collect()
}

fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(plan, status)| ((*plan).to_owned(), (*status).to_owned())).collect()
}

#[rstest]
#[tokio::test]
async fn a_grace_that_ends_is_told_when_it_does(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let endpoint = listens(&stand, &owner).await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    let end = stand.subscriptions(&owner).await[0].period_end;
    stand.days_pass(end.secs_since(stand.services.billing_now()) / DAY_SECS + 1).await;
    assert_eq!(told(&stand, &owner, &endpoint).await, said(&[("pro", "past_due")]));
    stand.days_pass(2).await;
    assert_eq!(told(&stand, &owner, &endpoint).await.len(), 1);
    stand.days_pass(2).await;
    let fallen = said(&[("pro", "past_due"), ("free", "past_due")]);
    assert_eq!(told(&stand, &owner, &endpoint).await, fallen);
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(told(&stand, &owner, &endpoint).await, fallen, "once");

    stand.card_fails(&customer, false).await;
    let open = stand.list("/v1/invoices?status=open").await;
    stand.at_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    stand.sync(&owner).await;
    assert_eq!(told(&stand, &owner, &endpoint).await[2..], said(&[("pro", "active")]));
}

#[rstest]
#[tokio::test]
async fn the_end_of_what_was_canceled_is_told_though_nobody_tells_dues(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let endpoint = listens(&stand, &owner).await;
    stand.services.cancel_at_period_end(&biller(&owner)).await.unwrap();
    stand.days_pass(32).await;
    assert_eq!(told(&stand, &owner, &endpoint).await, said(&[("pro", "active"), ("free", "canceled")]));
}

/// The provider is down at the moment of the transition and is retried.
#[rstest]
#[tokio::test]
async fn a_trials_end_is_told_as_soon_as_the_provider_answers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::with_trials(engine, 14).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let endpoint = listens(&stand, &owner).await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    stand.is_away(true);
    stand.days_pass(15).await;
    assert_eq!(told(&stand, &owner, &endpoint).await, said(&[("pro", "active")]), "that it will change");
    stand.is_away(false);
    stand.wall.advance(5);
    stand.work().await;
    assert_eq!(told(&stand, &owner, &endpoint).await[1..], said(&[("starter", "active")]));
}

#[rstest]
#[tokio::test]
async fn what_an_operator_settled_is_told_when_it_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    let endpoint = listens(&stand, &owner).await;
    let until = Some(stand.services.billing_now().plus_secs(3 * DAY_SECS));
    let wish = OverrideWish { plan: PlanWish::Grant("team".to_owned()), limits: Vec::new(), until };
    stand.services.override_tenant(&owner.current_membership.tenant_id, &wish).await.unwrap();
    stand.days_pass(2).await;
    assert_eq!(told(&stand, &owner, &endpoint).await, said(&[("team", "active")]));
    for _ in 0..2 {
        stand.days_pass(2).await;
        assert_eq!(told(&stand, &owner, &endpoint).await, said(&[("team", "active"), ("free", "active")]));
    }
}
