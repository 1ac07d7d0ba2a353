//! Upgrade and sync as in the platform document, for users and keys.

use domain::tenant::actor::Actor;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, TestApp, eventually};

const UPGRADE: &str = "/billing/upgrade";
const SYNC: &str = "/billing/subscription/sync";

/// Posts without a body, as the document does.
async fn sync(browser: &Browser) -> Answer {
    browser.send(browser.request(reqwest::Method::POST, SYNC)).await
}

#[rstest]
#[tokio::test]
async fn an_upgrade_gets_the_documented_answer_and_then_the_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let request_body = json!({ "targetPlan": "pro", "billingCycle": "monthly" });
    let answer = owner.post(UPGRADE, &request_body).await.expect(200);
    let session = &app.stripe.open_sessions().await[0];
    let printed = json!({
        "success": true,
        "checkoutUrl": session["url"],
        "session": {
            "id": session["id"],
            "provider": "stripe",
            "plan": "pro",
            "billing_cycle": "monthly",
            "amount": 2900,
            "currency": "USD"
        }
    });
    assert_eq!(answer, printed);
    assert_eq!(session["amount_total"], 2900);
    let attempt = app.latest_attempt(&owner.tenant).await.unwrap();
    assert!(matches!(attempt.created_by, Actor::User(_)));

    for (cycle, billing_cycle, amount) in
        [(json!("annual"), "yearly", 29_000), (json!("yearly"), "yearly", 29_000), (Value::Null, "monthly", 2900)]
    {
        let answer = owner.post(UPGRADE, &json!({ "targetPlan": "pro", "billingCycle": cycle })).await.expect(200);
        let session = &answer["session"];
        assert_eq!((&session["billing_cycle"], &session["amount"]), (&json!(billing_cycle), &json!(amount)), "{cycle}");
    }
    let answer = owner.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.expect(200);
    let back = app.stripe.pay(answer["checkoutUrl"].as_str().unwrap()).await;
    assert_eq!(owner.get(&back).await.status, 200);
    assert_eq!(owner.status().await["plan"], "pro");
}

#[rstest]
#[tokio::test]
async fn a_live_subscription_is_upgraded_on_the_portal(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("starter").await;
    let answer = owner.post(UPGRADE, &json!({ "targetPlan": "team", "billingCycle": "annual" })).await.expect(200);
    let session = json!({
        "id": app.subscriptions(&owner.tenant).await[0].external_id,
        "provider": "stripe",
        "plan": "team",
        "billing_cycle": "yearly",
        "amount": 99_000,
        "currency": "USD"
    });
    assert_eq!((&answer["session"], &answer["flow"]), (&session, &json!("portal")));
    assert!(answer["checkoutUrl"].as_str().unwrap().contains("/portal/"), "{answer}");
    assert!(app.stripe.open_sessions().await.is_empty());
    assert_eq!(owner.status().await["plan"], "starter", "the plan stays until the portal confirms the change");
}

#[rstest]
#[tokio::test]
async fn the_current_or_a_lower_plan_is_no_upgrade(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    for (plan, cycle) in [("pro", "monthly"), ("pro", "annual"), ("standard", "monthly"), ("starter", "yearly")] {
        let answer = owner.post(UPGRADE, &json!({ "targetPlan": plan, "billingCycle": cycle })).await;
        let body = answer.refused(400, "not_an_upgrade");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("is on Pro") && message.contains("Choose a larger plan"), "{message}");
    }
    let granted = app.owner_granted("team").await;
    granted.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(400, "not_an_upgrade");
    assert!(app.stripe.open_sessions().await.is_empty());
    assert_eq!(app.stripe.list("/v1/customers").await.len(), 1, "a refused upgrade created a customer");
}

#[rstest]
#[tokio::test]
async fn an_unreported_paid_upgrade_is_found_before_another(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    app.stripe.pay(&owner.checkout("team").await).await;
    assert_eq!(owner.status().await["plan"], "free", "no webhook has arrived");
    owner.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(400, "not_an_upgrade");
    assert_eq!(owner.status().await["plan"], "team");
}

#[rstest]
#[tokio::test]
async fn a_plan_that_can_not_be_bought_is_refused_with_what_to_do(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for (plan, words) in [
        (json!("nope"), "Choose one of starter"),
        (json!("free"), "portal"),
        (json!("enterprise"), "enterprise request"),
        (json!("PRO"), "Choose one of"),
        (json!(7), "must be a string"),
        (json!(null), "is required"),
        (json!("x".repeat(10_000)), "at most"),
    ] {
        let body = owner.post(UPGRADE, &json!({ "targetPlan": plan })).await.refused_field("targetPlan");
        assert!(body["message"].as_str().unwrap().contains(words), "{body}");
    }
    let answer = owner.post(UPGRADE, &json!({ "plan": "pro", "billingCycle": "weekly" })).await;
    let body = answer.refused_field("targetPlan");
    assert_eq!(body["fields"].as_object().unwrap().len(), 2, "every mistake at once: {body}");
    owner.post(UPGRADE, &json!([])).await.refused(400, "validation_error");
    assert!(app.stripe.list("/v1/customers").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn only_admins_and_billing_keys_may_upgrade_and_sync(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let (member, visitor) = (app.member_of(&owner).await, app.visitor());
    let others = app.service_of(&owner.tenant, "read,usage,secrets").await;
    // Authentication is checked before the body.
    for body in [json!({ "targetPlan": "pro" }), json!({}), json!([])] {
        member.post(UPGRADE, &body).await.refused(403, "admin_required");
        visitor.post(UPGRADE, &body).await.refused(401, "unauthenticated");
        let body = others.post(UPGRADE, &body).await.refused(403, "scope_required");
        assert!(body["message"].as_str().unwrap().contains("billing"), "{body} names the scope");
    }
    sync(&member).await.refused(403, "admin_required");
    sync(&visitor).await.refused(401, "unauthenticated");
    sync(&others).await.refused(403, "scope_required");
    assert!(app.stripe.list("/v1/customers").await.is_empty());

    app.stripe.drop_webhooks().await;
    let key = app.api_key(&owner.tenant, "billing").await;
    let service = Browser::with_key(app.server.address, &key);
    let answer = service.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.expect(200);
    let id = key.split('_').nth(1).unwrap().to_owned();
    assert_eq!(app.latest_attempt(&owner.tenant).await.unwrap().created_by, Actor::Key(id));
    // Calls that require a session still refuse keys.
    service.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await.refused(403, "session_required");
    service.post("/api/v1/billing/portal", &json!({})).await.refused(403, "session_required");

    let free = json!({ "success": true, "subscription": { "plan": "free", "status": "active" } });
    assert_eq!(sync(&service).await.expect(200), free);
    app.stripe.pay(answer["checkoutUrl"].as_str().unwrap()).await;
    let pro = json!({ "success": true, "subscription": { "plan": "pro", "status": "active" } });
    assert_eq!(sync(&service).await.expect(200), pro);
    assert_eq!(sync(&owner).await.expect(200), pro, "a repeated sync has the same answer");
    assert_eq!(owner.status().await["plan"], "pro");
}

#[rstest]
#[tokio::test]
async fn a_sync_without_a_checkout_answers_with_the_current_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let free = json!({ "success": true, "subscription": { "plan": "free", "status": "active" } });
    let never = app.owner().await;
    assert_eq!(sync(&never).await.expect(200), free);
    let owner = app.owner_on("starter").await;
    app.stripe.drop_webhooks().await;
    app.stripe.cancel(&app.subscriptions(&owner.tenant).await[0].external_id).await;
    let canceled = json!({ "success": true, "subscription": { "plan": "free", "status": "canceled" } });
    assert_eq!(sync(&owner).await.expect(200), canceled);
}

#[rstest]
#[tokio::test]
async fn syncs_that_wait_for_one_another_share_a_reconcile(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const SYNCS: usize = 10;
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    eventually("the jobs of the purchase are done", async || app.jobs().await == 0).await;
    let before = app.stripe.gate.calls();
    app.stripe.gate.stop_answering();
    let release = async {
        app.stripe.gate.wait_for_call().await;
        // Lets the other syncs arrive, which then wait for the first one.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        app.stripe.gate.open();
    };
    let (answers, ()) = tokio::join!(join_all((0..SYNCS).map(|_| sync(&owner))), release);
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(done >= SYNCS - 1, "{answers:#?}");
    let calls = app.stripe.gate.calls() - before;
    assert!(calls < SYNCS, "{calls} calls");
}

#[rstest]
#[tokio::test]
async fn without_a_provider_orders_are_refused_and_reads_work(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("PAYMENT_PROVIDER", "none").start().await;
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "read,billing").await;
    for browser in [&*owner, &service] {
        browser.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(501, "billing_not_configured");
        sync(browser).await.refused(501, "billing_not_configured");
        // Invalid input is reported first.
        browser.post(UPGRADE, &json!({ "targetPlan": "nope" })).await.refused_field("targetPlan");
        for path in ["/billing/plans", "/billing/subscription", "/billing/usage"] {
            browser.get(path).await.expect(200);
        }
        browser.get("/api/v1/billing/features/projects/check").await.expect(200);
    }
    owner.get("/api/v1/billing/subscription").await.expect(200);
    app.member_of(&owner).await.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(403, "admin_required");
    let granted = app.owner_granted("team").await;
    granted.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(400, "not_an_upgrade");
    granted.post(UPGRADE, &json!({ "targetPlan": "scale" })).await.refused(501, "billing_not_configured");
}

#[rstest]
#[tokio::test]
async fn an_unavailable_provider_and_a_refusal_are_distinct_errors(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("STRIPE_PRICE_MAP", r#"{"pro_monthly":"price_gone"}"#).start().await;
    let owner = app.owner().await;
    let refused = owner.post(UPGRADE, &json!({ "targetPlan": "pro" })).await.refused(502, "provider_rejected");
    assert!(refused["message"].as_str().unwrap().contains("price_gone"), "{refused}");
    app.stripe.gate.close();
    for answer in [owner.post(UPGRADE, &json!({ "targetPlan": "pro" })).await, sync(&owner).await] {
        answer.refused(503, "provider_unavailable");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    }
    for path in ["/billing/plans", "/billing/subscription", "/billing/usage"] {
        owner.get(path).await.expect(200);
    }
}
