//! Callers that leave before they have an answer.

use std::collections::BTreeSet;

use domain::tenant::scope::Scope;
use rstest::rstest;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{TOKENS, consume, verify_ledger};
use crate::harness::{Browser, Engine, TestApp, eventually};

const CHECKOUT: &str = "/api/v1/billing/checkout";

#[rstest]
#[tokio::test]
async fn a_caller_that_leaves_at_any_point_and_repeats_its_call_is_counted_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let request = |id: &str| {
        let body = json!({ "amount": 1, "idempotencyKey": id }).to_string();
        let head = format!(
            "POST {TOKENS}/consume HTTP/1.1\r\nhost: dues.test\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        (head.len(), head + &body)
    };
    let (head, whole) = request("left-0");
    let points = [0, 1, head / 2, head - 1, head, head + 1, whole.len() - 1, whole.len()];
    let mut ids = BTreeSet::new();
    for (number, point) in points.into_iter().enumerate() {
        let id = format!("left-{number}");
        let mut connection = TcpStream::connect(app.server.address).await.unwrap();
        connection.write_all(&request(&id).1.as_bytes()[..point]).await.unwrap();
        drop(connection);
        ids.insert(id);
    }
    let service = Browser::with_key(app.server.address, &key);
    for id in &ids {
        assert_eq!(consume(&service, id).await.unwrap(), 200, "{id}");
    }
    assert_eq!(verify_ledger(&app, &owner, &ids).await, ids);
}

#[rstest]
#[tokio::test]
async fn an_order_whose_caller_leaves_is_placed_once_by_its_repeat(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    app.stripe.gate.stop_answering();
    let browser = owner.with_address(app.server.address);
    let click = tokio::spawn(async move { browser.post_keyed(CHECKOUT, "k", &json!({ "plan": "pro" })).await });
    app.stripe.gate.wait_for_call().await;
    click.abort();
    assert!(click.await.is_err_and(|error| error.is_cancelled()), "the order was answered");
    app.stripe.gate.open();
    eventually("the repeat is answered", async || {
        let answer = owner.post_keyed(CHECKOUT, "k", &json!({ "plan": "pro" })).await;
        assert!([200, 409, 503].contains(&answer.status), "{answer:#?}");
        answer.status == 200
    })
    .await;
    assert_eq!(app.stripe.open_sessions().await.len(), 1);
}
