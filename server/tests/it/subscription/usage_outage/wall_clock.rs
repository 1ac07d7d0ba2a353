//! A wall clock that is set forward and back while the server works.

use billing::store::webhook::inbox::EventState;
use domain::tenant::scope::Scope;
use rstest::rstest;
use serde_json::json;

use super::{Load, verify_ledger};
use crate::harness::{Engine, Faults, TestApp, now_secs, signature};

/// More than the tolerance of signatures, and than any lease.
const STEP_SECS: i64 = 600;

#[rstest]
#[tokio::test]
async fn a_clock_that_is_set_forward_and_back_loses_no_usage_and_stops_no_work(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let faults = Faults::new();
    let app = TestApp::on(engine).under(&faults).start().await;
    app.stripe.drop_webhooks().await;
    let payer = app.owner_on("pro").await;
    let subscription = app.subscriptions(&payer.tenant).await.remove(0).external_id;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let load = Load::on(app.server.address, &key, 0);
    for (number, ahead_secs) in [STEP_SECS, 0, -STEP_SECS, 0].into_iter().enumerate() {
        faults.set_clock_ahead(ahead_secs);
        load.wait_for_acknowledged(50).await;
        let id = format!("evt_clock{number}");
        let object = json!({ "id": subscription, "object": "subscription" });
        let event = json!({ "id": id, "type": "customer.subscription.updated", "data": { "object": object } });
        let body = event.to_string();
        let signed = signature(&app.stripe.webhook_secret, now_secs() + ahead_secs, body.as_bytes());
        app.webhook(Some(&signed), &body).await.expect(200);
        app.wait_for_event_state(&id, EventState::Handled).await;
        assert_eq!(payer.status().await["plan"], "pro");
    }
    let sent = load.end().await;
    assert!(sent.unsure.is_empty(), "calls were refused: {:?}", sent.unsure);
    verify_ledger(&app, &owner, &sent.acknowledged).await;
}
