//! Subscriptions over their life: reconciliation, cancellation and resumption in Dues, and invoices.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp, eventually};

const CANCEL: &str = "/api/v1/billing/cancel";
const RESUME: &str = "/api/v1/billing/resume";
const INVOICES: &str = "/api/v1/billing/invoices";

#[rstest]
#[tokio::test]
async fn a_canceled_plan_lasts_until_its_period_ends_and_can_be_resumed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let member = app.member_of(&owner).await;
    for path in [CANCEL, RESUME] {
        member.post(path, &json!({})).await.refused(403, "admin_required");
        app.visitor().post(path, &json!({})).await.refused(401, "unauthenticated");
    }
    for _ in 0..2 {
        let canceled = owner.post(CANCEL, &json!({})).await.expect(200);
        assert_eq!(
            (&canceled["data"]["plan"], &canceled["data"]["cancel_at_period_end"]),
            (&json!("pro"), &json!(true))
        );
        assert_eq!(canceled["data"], owner.status().await);
    }
    assert_eq!(app.stripe.list("/v1/subscriptions").await[0]["cancel_at_period_end"], true);
    let service = app.service_of(&owner.tenant, "billing").await;
    let resumed = service.post(RESUME, &json!({})).await.expect(200);
    assert_eq!(resumed["data"]["cancel_at_period_end"], false);
    assert_eq!(app.stripe.list("/v1/subscriptions").await[0]["cancel_at_period_end"], false);
}

#[rstest]
#[tokio::test]
async fn a_failure_of_the_provider_is_reported_and_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let free = app.owner().await;
    for path in [CANCEL, RESUME] {
        free.post(path, &json!({})).await.refused(400, "no_subscription");
    }
    assert_eq!(free.get(INVOICES).await.expect(200), json!({ "data": [] }));
    let owner = app.owner_on("pro").await;
    app.stripe.gate.close();
    owner.post(CANCEL, &json!({})).await.refused(503, "provider_unavailable");
    owner.get(INVOICES).await.refused(503, "provider_unavailable");
    assert_eq!(owner.status().await["cancel_at_period_end"], false);
    app.stripe.gate.open();
    owner.post(CANCEL, &json!({})).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn without_a_provider_there_is_nothing_to_cancel(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("PAYMENT_PROVIDER", "none").start().await;
    let owner = app.owner().await;
    owner.post(CANCEL, &json!({})).await.refused(501, "billing_not_configured");
    owner.get(INVOICES).await.refused(501, "billing_not_configured");
}

#[rstest]
#[tokio::test]
async fn invoices_link_to_the_providers_pages(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let listed = owner.get(INVOICES).await.expect(200);
    let invoice = &listed["data"][0];
    assert_eq!((&invoice["amount"], &invoice["currency"]), (&json!(2900), &json!("USD")));
    assert_eq!((&invoice["status"], listed["data"].as_array().unwrap().len()), (&json!("paid"), 1));
    for page in ["url", "pdf_url"] {
        assert_eq!(app.stripe.page(invoice[page].as_str().unwrap()).await, 200);
    }
    app.member_of(&owner).await.get(INVOICES).await.refused(403, "admin_required");
}

/// All webhooks are dropped and no page is opened, so that only reconciliation can find the changes.
#[rstest]
#[tokio::test]
async fn unreported_changes_are_found_by_reconciliation_and_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("RECONCILE_SECS", "1").start().await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    app.stripe.pay(&owner.checkout("pro").await).await;
    eventually("the payment is found", async || owner.status().await["plan"] == "pro").await;
    app.stripe.cancel(&app.subscriptions(&owner.tenant).await[0].external_id).await;
    eventually("the end is found", async || owner.status().await["status"] == "canceled").await;
    let counts = app.metrics().await;
    let mended: f64 = counts
        .lines()
        .filter(|line| line.starts_with("dues_drift_mended_total{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!(mended >= 2.0, "{counts}");
}

#[rstest]
#[tokio::test]
async fn an_event_both_delivered_and_listed_is_stored_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("RECONCILE_SECS", "1").start().await;
    let owner = app.owner_on("pro").await;
    let listed = app.stripe.list("/v1/events?limit=100").await;
    let of_ours =
        |kind: &str| ["customer.subscription.", "checkout.session.", "invoice."].iter().any(|of| kind.starts_with(of));
    let of_ours = listed.iter().filter(|event| of_ours(event["type"].as_str().unwrap())).count();
    let of_ours = u64::try_from(of_ours).unwrap();
    eventually("each event is stored from its first source", async || app.stored_events().await >= of_ours).await;
    // Further rounds of the periodic jobs store no event a second time.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    // Webhooks also include events on which Dues does not act.
    let listed_count = u64::try_from(listed.len()).unwrap();
    assert!(app.stored_events().await <= listed_count, "{} of {listed_count}", app.stored_events().await);
    assert_eq!(app.subscriptions(&owner.tenant).await.len(), 1);
}
