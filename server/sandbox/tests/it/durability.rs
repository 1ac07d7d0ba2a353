//! State that survives `kill -9`.

use crate::harness::{DAY, Receiver, TestSandbox, answered, endpoint, text};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn acknowledged_changes_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let subscription = sandbox.subscribed(&price).await;
    let open = sandbox.session(&price, &[]).await;
    let keyed = sandbox.request(Method::POST, "/v1/customers").header("idempotency-key", "k").form(&[("name", "Acme")]);
    let keyed = answered(keyed.send().await.unwrap()).await;
    sandbox.advance(40 * DAY).await;
    sandbox.press("/deliveries/drop", json!({"count": 7})).await;
    let before = sandbox.get(&format!("/v1/subscriptions/{}", text(&subscription, "id"))).await;
    let events = sandbox.events().await;
    sandbox.kill().await;

    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    assert_eq!(sandbox.billing.offset_secs(), 40 * DAY);
    assert_eq!(sandbox.get(&format!("/v1/subscriptions/{}", text(&subscription, "id"))).await, before);
    assert_eq!(sandbox.events().await, events);
    assert_eq!(text(&sandbox.get(&format!("/v1/checkout/sessions/{}", text(&open, "id"))).await, "status"), "expired");
    let again = sandbox.request(Method::POST, "/v1/customers").header("idempotency-key", "k").form(&[("name", "Acme")]);
    assert_eq!(answered(again.send().await.unwrap()).await["id"], keyed["id"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_interrupted_delivery_is_sent_after_the_restart() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    let receiver = Receiver::answering(vec![500]).await;
    endpoint(&sandbox, &receiver.url, &["customer.created"]).await;
    sandbox.post("/v1/customers", &[("name", "Acme")]).await;
    receiver.wait_for(1).await;
    sandbox.kill().await;
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    receiver.wait_for(2).await;
    sandbox.stop().await;
}

#[tokio::test]
async fn opening_a_folder_in_use_fails_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = TestSandbox::start_in(Some(dir.path().to_owned())).await;
    let second = sandbox::Sandbox::open(sandbox::SandboxConfig {
        data_dir: Some(dir.path().to_owned()),
        public_url: "http://127.0.0.1:1".to_owned(),
        merchant: sandbox::DEFAULT_MERCHANT.to_owned(),
        firebase_project: sandbox::DEFAULT_FIREBASE_PROJECT.to_owned(),
        wall: std::sync::Arc::new(domain::time::SystemClock),
        billing: std::sync::Arc::default(),
    });
    assert!(second.is_err_and(|error| error.to_string().contains("in use")));
    sandbox.stop().await;
}
