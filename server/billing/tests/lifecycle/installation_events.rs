//! Events of checkouts, trials and payments, which endpoints of the installation receive.

use axum::http::Method;
use billing::{
    identity::factors::Confirmed,
    service::{
        base::permission::InstallationPrincipal,
        webhook::endpoint::{EndpointAuthority, EndpointSettings},
    },
    store::testing::Engine,
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    ids::TenantId,
    subscription::checkout_options::{CheckoutDiscount, CheckoutOptions},
    tenant::installation_scope::InstallationScope,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::test_env::{DAY_SECS, TestEnv};

/// Registers an endpoint of the installation and returns its id.
async fn register_endpoint(env: &TestEnv) -> String {
    let key = InstallationPrincipal { key: "product".into(), scopes: [InstallationScope::Webhooks].into() };
    let settings =
        EndpointSettings { url: "http://127.0.0.1:9000/hook".to_owned(), description: String::new(), events: None };
    let authority = EndpointAuthority::key(&key).unwrap();
    let made = env.services.endpoints().create_endpoint(authority, &Confirmed::not_asked(), settings).await.unwrap();
    made.endpoint.id
}

/// Returns the messages of these types, in the order of their revisions.
async fn messages(env: &TestEnv, endpoint: &str, types: &[&str]) -> Vec<Value> {
    let log = env.services.endpoints().deliveries(&TenantId::installation(), endpoint, None, 100).await.unwrap();
    let messages = log.items.iter().map(|item| serde_json::from_str::<Value>(&item.body).unwrap());
    let mut messages: Vec<_> = messages.filter(|message| types.contains(&message["type"].as_str().unwrap())).collect();
    messages.sort_by_key(|message| message["data"]["revision"].as_i64());
    messages
}

async fn types(env: &TestEnv, endpoint: &str) -> Vec<String> {
    let all = ["checkout.completed", "trial.ending", "invoice.paid", "invoice.payment_failed"];
    let messages = messages(env, endpoint, &all).await;
    messages.iter().map(|message| message["type"].as_str().unwrap().to_owned()).collect()
}

/// Reconciles and runs jobs again, which must announce nothing more.
async fn repeat(env: &TestEnv, owner: &Viewer) {
    env.services.checkouts().settle_return(owner, None).await.unwrap();
    env.sync(owner).await;
    env.run_due_jobs().await;
}

#[rstest]
#[tokio::test]
async fn a_checkout_and_each_payment_are_announced_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let endpoint = register_endpoint(&env).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    repeat(&env, &owner).await;
    let first = types(&env, &endpoint).await;
    assert_eq!(first, ["invoice.paid", "checkout.completed"], "the plan holds before the checkout is complete");
    let [paid] = messages(&env, &endpoint, &["invoice.paid"]).await.try_into().unwrap();
    let data = &paid["data"];
    assert_eq!((&data["plan"], &data["billingCycle"]), (&json!("pro"), &json!("monthly")));
    assert_eq!((&data["amount"], &data["currency"]), (&json!(2900), &json!("USD")));
    assert!(data["invoiceId"].as_str().is_some_and(|id| id.starts_with("in_")), "{data}");
    let [completed] = messages(&env, &endpoint, &["checkout.completed"]).await.try_into().unwrap();
    assert_eq!(completed["data"]["tenantId"], owner.current_membership.tenant_id.as_str());
    assert!(completed["data"]["sessionId"].is_string(), "{completed}");
    assert_eq!(completed["data"]["currency"], "USD");
    assert_eq!((completed["data"].get("coupon"), completed["data"].get("discounts")), (None, None), "{completed}");

    let end = env.subscriptions(&owner).await[0].period_end;
    env.advance_days(end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    repeat(&env, &owner).await;
    assert_eq!(messages(&env, &endpoint, &["invoice.paid"]).await.len(), 2, "the renewal");
}

#[rstest]
#[tokio::test]
async fn a_checkout_is_announced_with_its_currency_and_its_discounts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::with_euros(engine).await;
    let endpoint = register_endpoint(&env).await;
    let coupon = "/v1/coupons?id=SPRING&name=Spring+sale&percent_off=12.5&duration=forever";
    env.call_stripe(Method::POST, coupon).await;
    let owner = env.owner("ada@acme.test").await;
    let options = CheckoutOptions {
        currency: Some("EUR".parse().unwrap()),
        discount: Some(CheckoutDiscount::Coupon("SPRING".to_owned())),
        ..CheckoutOptions::default()
    };
    let started = env.order_with(&owner, "pro", Cycle::Monthly, options).await.unwrap();
    env.pay(&started.url).await;
    repeat(&env, &owner).await;
    let discounts = json!([{ "name": "Spring sale", "percentOff": 12.5, "until": null }]);
    let [completed] = messages(&env, &endpoint, &["checkout.completed"]).await.try_into().unwrap();
    let data = &completed["data"];
    assert_eq!((&data["currency"], &data["coupon"], &data["discounts"]), (&json!("EUR"), &json!("SPRING"), &discounts));
    let updated = messages(&env, &endpoint, &["subscription.updated"]).await;
    assert_eq!(updated.last().unwrap()["data"]["discounts"], discounts, "{updated:?}");

    let subscription = env.subscriptions(&owner).await.remove(0).external_id;
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{subscription}/discount")).await;
    env.sync(&owner).await;
    let after = messages(&env, &endpoint, &["subscription.updated"]).await;
    assert_eq!(after.len(), updated.len() + 1, "the end of a discount is a change");
    assert_eq!(after.last().unwrap()["data"].get("discounts"), None);
}

#[rstest]
#[tokio::test]
async fn a_failed_payment_is_announced_once_and_so_is_its_arrival(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let endpoint = register_endpoint(&env).await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    let end = env.subscriptions(&owner).await[0].period_end;
    env.advance_days(end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    for _ in 0..2 {
        env.advance_days(1).await;
        env.sync(&owner).await;
    }
    assert_eq!(types(&env, &endpoint).await, ["invoice.payment_failed"]);
    let [failed] = messages(&env, &endpoint, &["invoice.payment_failed"]).await.try_into().unwrap();
    let data = &failed["data"];
    assert_eq!((&data["plan"], &data["amount"]), (&json!("pro"), &json!(2900)));
    assert!(data["dueSince"].is_string() && data["graceUntil"].is_string(), "{data}");

    env.set_card_failing(&customer, false).await;
    let open = env.list("/v1/invoices?status=open").await;
    env.call_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    env.sync(&owner).await;
    env.sync(&owner).await;
    assert_eq!(types(&env, &endpoint).await, ["invoice.payment_failed", "invoice.paid"]);
}

#[rstest]
#[tokio::test]
async fn the_end_of_a_trial_is_announced_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::with_trials(engine, 14).await;
    let endpoint = register_endpoint(&env).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    assert_eq!(types(&env, &endpoint).await, ["checkout.completed"], "nothing is paid yet");
    for _ in 0..3 {
        env.advance_days(4).await;
        env.sync(&owner).await;
    }
    assert_eq!(types(&env, &endpoint).await, ["checkout.completed", "trial.ending"]);
    let [ending] = messages(&env, &endpoint, &["trial.ending"]).await.try_into().unwrap();
    assert_eq!((&ending["data"]["plan"], &ending["data"]["amount"]), (&json!("pro"), &json!(2900)));
    env.advance_days(4).await;
    env.sync(&owner).await;
    assert_eq!(types(&env, &endpoint).await, ["checkout.completed", "trial.ending", "invoice.paid"]);
}

#[rstest]
#[tokio::test]
async fn at_polar_a_paid_period_is_announced_with_its_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::at_polar(engine).await;
    let endpoint = register_endpoint(&env).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    repeat(&env, &owner).await;
    let [paid] = messages(&env, &endpoint, &["invoice.paid"]).await.try_into().unwrap();
    let data = &paid["data"];
    assert_eq!((&data["plan"], &data["amount"], &data["currency"]), (&json!("pro"), &json!(2900), &json!("USD")));
    assert!(data["invoiceId"].is_string(), "{data}");
    assert_eq!(messages(&env, &endpoint, &["checkout.completed"]).await.len(), 1);

    let end = env.subscriptions(&owner).await[0].period_end;
    env.advance_days(end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    repeat(&env, &owner).await;
    let [_, renewed] = messages(&env, &endpoint, &["invoice.paid"]).await.try_into().unwrap();
    assert_eq!(renewed["data"]["amount"], 2900);
    assert_ne!(renewed["data"]["invoiceId"], data["invoiceId"], "the order of the new period");
}
