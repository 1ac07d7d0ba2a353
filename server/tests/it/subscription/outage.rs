//! Outages of Stripe and crashes of Dues: a failed request changes no plan, and no event is lost.

use std::time::{Duration, Instant};

use billing::store::webhook::inbox::EventState;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp, eventually};

const CHECKOUT: &str = "/api/v1/billing/checkout";
/// Calls to Stripe time out after ten seconds; a busy machine may take a little longer to answer.
const PATIENCE: Duration = Duration::from_secs(20);

#[rstest]
#[tokio::test]
async fn while_stripe_is_down_no_click_changes_a_plan(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    // Paid, but not yet known to Dues.
    app.stripe.pay(&owner.checkout("pro").await).await;
    app.stripe.gate.close();

    let answer = owner.post(CHECKOUT, &json!({ "plan": "team" })).await;
    answer.refused(503, "provider_unavailable");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    owner.post("/api/v1/billing/portal", &json!({})).await.refused(503, "provider_unavailable");
    let form = owner.submit("/rpc/checkout", &[("plan", "team"), ("cycle", "monthly")]).await;
    assert!(form.leads_to().contains("code=provider_unavailable"), "{form:#?}");
    assert_eq!(owner.submit("/rpc/sync", &[]).await.leads_to(), "/membership?code=provider_unavailable");
    assert_eq!(
        owner.submit("/rpc/portal", &[("door", "home")]).await.leads_to(),
        "/membership?code=provider_unavailable"
    );
    for page in
        ["/membership/membership-paid?checkout=success", "/membership/membership-paid?checkout=success&plan=pro"]
    {
        let page = owner.get(page).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("We can’t reach Stripe."), "{}", page.text);
        assert!(page.header("refresh").is_some(), "the page has no refresh");
    }
    for page in ["/membership", "/usage", "/checkout?plan=pro"] {
        assert_eq!(owner.get(page).await.status, 200, "{page}");
    }
    assert_eq!(owner.status().await["plan"], "free");

    app.stripe.gate.open();
    let page = owner.get("/membership/membership-paid?checkout=success").await;
    assert!(page.text.contains("is on Pro"), "{}", page.text);
    assert_eq!(owner.status().await["plan"], "pro");
}

#[rstest]
#[tokio::test]
async fn calls_to_a_hanging_stripe_time_out(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, customer) = (app.owner().await, app.owner_on("pro").await);
    app.stripe.gate.stop_answering();
    let began = Instant::now();
    let team = json!({ "plan": "team" });
    let (checkout, change, page) = tokio::join!(
        owner.post(CHECKOUT, &team),
        customer.post(CHECKOUT, &team),
        customer.get("/membership/membership-paid"),
    );
    checkout.refused(503, "provider_unavailable");
    change.refused(503, "provider_unavailable");
    assert!(page.text.contains("We can’t reach Stripe."), "{}", page.text);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    // Other callers do not wait for Stripe.
    let began = Instant::now();
    assert_eq!(owner.get("/readyz").await.status, 200);
    assert_eq!(customer.status().await["plan"], "pro");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[rstest]
#[tokio::test]
async fn a_payment_whose_webhook_was_lost_is_active_after_the_return_page_and_a_restart(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    let back = app.stripe.pay(&owner.checkout("pro").await).await;
    assert_eq!(owner.status().await["plan"], "free");
    let page = owner.get(&back).await;
    assert!(page.text.contains("is on Pro"), "{}", page.text);
    assert_eq!(owner.status().await["plan"], "pro");
    assert_eq!(app.stored_events().await, 0);

    app.server.kill();
    app.restart().await;
    let status = owner.status().await;
    assert_eq!((&status["plan"], &status["status"]), (&json!("pro"), &json!("active")));
}

#[rstest]
#[tokio::test]
async fn an_event_survives_a_crash_between_its_200_and_its_handling(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    app.stripe.pay(&owner.checkout("pro").await).await;
    let subscription = app.stripe.list("/v1/subscriptions").await[0]["id"].as_str().unwrap().to_owned();
    app.stripe.gate.close();

    let event = json!({ "id": "evt_kill", "type": "customer.subscription.created", "data": { "object": { "id": subscription } } });
    app.send_stripe_event(&event.to_string()).await.expect(200);
    eventually("the job has failed once", async || app.server.log().contains("failed to run a job, will retry")).await;
    app.server.kill();
    assert_eq!(app.event("evt_kill").await, Some(EventState::Received));

    app.restart().await;
    assert_eq!(owner.status().await["plan"], "free");
    app.stripe.gate.open();
    app.wait_for_event_state("evt_kill", EventState::Handled).await;
    assert_eq!(owner.status().await["plan"], "pro");
}

/// The server is killed right after the 200, whether or not the worker has claimed the job.
#[rstest]
#[tokio::test]
async fn an_event_survives_a_crash_right_after_its_200(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    app.stripe.pay(&owner.checkout("pro").await).await;
    let subscription = app.stripe.list("/v1/subscriptions").await[0]["id"].as_str().unwrap().to_owned();
    eventually("the jobs of the start are done", async || app.jobs().await == 0).await;
    app.stripe.gate.stop_answering();
    let event = json!({ "id": "evt_now", "type": "customer.subscription.created", "data": { "object": { "id": subscription } } });
    app.send_stripe_event(&event.to_string()).await.expect(200);
    app.server.kill();
    assert_eq!(app.event("evt_now").await, Some(EventState::Received));
    assert_eq!(app.jobs().await, 1);

    app.expire_job_leases().await;
    app.stripe.gate.open();
    app.restart().await;
    app.wait_for_event_state("evt_now", EventState::Handled).await;
    assert_eq!(owner.status().await["plan"], "pro");
}

#[rstest]
#[tokio::test]
async fn webhooks_sent_during_downtime_are_accepted_afterwards(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let owner = app.owner().await;
    let page = owner.checkout("pro").await;
    app.server.kill();
    app.stripe.pay(&page).await;
    app.restart().await;
    eventually("the plan is active", async || owner.status().await["plan"] == "pro").await;
}
