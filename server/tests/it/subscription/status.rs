//! `GET /api/v1/billing/status` through payment, cancellation and failed renewal.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp, eventually};

#[rstest]
#[tokio::test]
async fn the_status_follows_payment_and_cancellation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let free = json!({ "plan": "free", "status": "active", "current_period_end": null, "cancel_at_period_end": false });
    assert_eq!(owner.status().await, free);

    let page = owner.checkout("pro").await;
    assert_eq!(owner.status().await, free, "a checkout without payment changes no plan");
    app.stripe.pay(&page).await;
    eventually("the webhook makes the plan active", async || owner.status().await["plan"] == "pro").await;
    let paid = owner.status().await;
    assert_eq!(paid["status"], "active");
    assert_eq!(paid["cancel_at_period_end"], false);
    let end = paid["current_period_end"].as_str().unwrap();
    let pattern: String = end.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    assert_eq!(pattern, "0000-00-00T00:00:00.000Z");

    let subscription = &app.subscriptions(&owner.tenant).await[0];
    app.stripe
        .post(&format!("/v1/subscriptions/{}", subscription.external_id), &[("cancel_at_period_end", "true")])
        .await;
    eventually("the end is announced", async || owner.status().await["cancel_at_period_end"] == true).await;
    assert_eq!(owner.status().await["plan"], "pro", "the plan lasts until the end of the paid period");

    app.stripe.cancel(&subscription.external_id).await;
    eventually("it has ended", async || owner.status().await["status"] == "canceled").await;
    assert_eq!(owner.status().await["plan"], "free");
}

#[rstest]
#[case::within_its_grace("7", "pro")]
#[case::without_one("0", "free")]
#[tokio::test]
async fn a_failed_renewal_is_past_due_until_it_is_paid(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] grace_days: &str,
    #[case] meanwhile: &str,
) {
    let app = TestApp::on(engine).with("GRACE_DAYS", grace_days).start().await;
    let owner = app.owner_on("pro").await;
    app.stripe.set_payments_fail(true).await;
    app.stripe.press("/clock", &json!({ "advance_days": 32 })).await;
    eventually("it is due", async || owner.status().await["status"] == "past_due").await;
    assert_eq!(owner.status().await["plan"], meanwhile);

    app.stripe.set_payments_fail(false).await;
    let invoice = app.stripe.list("/v1/invoices?status=open").await[0]["id"].as_str().unwrap().to_owned();
    app.stripe.post(&format!("/v1/invoices/{invoice}/pay"), &[]).await;
    eventually("it is paid", async || owner.status().await["status"] == "active").await;
    assert_eq!(owner.status().await["plan"], "pro");
}
