//! Polar as the payment provider: the same use-cases as with Stripe, and what differs.

use domain::subscription::{Provider, ProviderStatus, Subscription};
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, Host, Owner, TestApp, TestPolar, eventually, now_secs, standard_headers};

const WEBHOOK: &str = "/billing/webhook/polar";

/// Creates an owner who has paid for a plan, and returns their subscription.
async fn owner_on(app: &TestApp, plan: &str) -> (Owner, Subscription) {
    let owner = app.owner_on(plan).await;
    let subscription = app.subscriptions(&owner.tenant).await.remove(0);
    (owner, subscription)
}

/// Waits until a stored subscription of the owner is as expected.
async fn becomes(app: &TestApp, owner: &Owner, what: &str, expected: impl Fn(&Subscription) -> bool) {
    eventually(what, async || app.subscriptions(&owner.tenant).await.iter().any(&expected)).await;
}

#[rstest]
#[tokio::test]
async fn an_upgrade_is_paid_at_polar_and_reported_as_documented(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    let order = json!({ "targetPlan": "pro", "billingCycle": "monthly" });
    let answer = owner.post("/billing/upgrade", &order).await.expect(200);
    let session = &answer["session"];
    assert_eq!(
        (&session["provider"], &session["plan"], &session["billing_cycle"], &session["amount"], &session["currency"]),
        (&"polar".into(), &"pro".into(), &"monthly".into(), &2900.into(), &"USD".into())
    );
    let page = answer["checkoutUrl"].as_str().unwrap();
    let back = app.stripe.pay(page).await;
    assert!(
        owner.get(&back).await.text.contains("is on Pro"),
        "no webhook has arrived, so the return page fetches from Polar"
    );

    let body = &owner.get("/billing/subscription").await.expect(200)["subscription"];
    assert_eq!(
        (&body["plan"], &body["status"], &body["paymentMethod"]),
        (&"pro".into(), &"active".into(), &"card".into())
    );
    let subscription = app.subscriptions(&owner.tenant).await.remove(0);
    assert_eq!((subscription.provider, subscription.plan.as_str()), (Provider::Polar, "pro"));
    let sync = owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(sync, json!({ "success": true, "subscription": { "plan": "pro", "status": "active" } }));
    let customer = &polar.list("customers/").await[0];
    assert_eq!(customer["external_id"], owner.tenant.as_str());

    let invoices = owner.get("/api/v1/billing/invoices").await.expect(200);
    let [invoice] = invoices["data"].as_array().unwrap().as_slice() else { panic!("{invoices}") };
    assert_eq!(
        (&invoice["amount"], &invoice["currency"], &invoice["status"]),
        (&2900.into(), &"USD".into(), &"paid".into())
    );
    assert_eq!(invoice["number"], polar.list("orders/").await[0]["invoice_number"]);
    assert!(owner.get("/membership/invoices").await.text.contains("$29.00"));
    for (path, ends) in [("cancel", true), ("resume", false)] {
        owner.post(&format!("/api/v1/billing/{path}"), &json!({})).await.expect(200);
        assert_eq!(owner.status().await["cancel_at_period_end"], ends);
    }
}

#[rstest]
#[tokio::test]
async fn a_live_subscription_is_changed_in_polars_portal(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    let review = owner.get("/checkout?plan=team&cycle=monthly").await;
    assert_eq!(review.status, 200);
    assert!(review.text.contains("Confirm at Polar"), "{}", review.text);

    let portal = owner.checkout("team").await;
    assert!(portal.contains("/portal/polar/"), "{portal}");
    let change = [("subscription", subscription.external_id.as_str()), ("product", polar.product("team"))];
    assert_eq!(polar.submit(&format!("{portal}/change"), &change).await, 303);
    becomes(&app, &owner, "the webhook sets Team", |subscription| subscription.plan.as_str() == "team").await;
    assert_eq!(owner.status().await["plan"], "team");
    owner.post("/billing/upgrade", &json!({ "targetPlan": "pro" })).await.refused(400, "not_an_upgrade");
}

#[rstest]
#[tokio::test]
async fn a_subscription_renews_after_a_month(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    polar.advance(32).await;
    becomes(&app, &owner, "the next period is stored", |now| now.period_start == subscription.period_end).await;
    assert_eq!(owner.status().await["plan"], "pro");
}

#[rstest]
#[tokio::test]
async fn a_declined_renewal_is_past_due_until_it_is_paid(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, _) = owner_on(&app, "pro").await;
    polar.set_payments_fail(true).await;
    polar.advance(32).await;
    becomes(&app, &owner, "a payment is due", |subscription| subscription.status == ProviderStatus::PastDue).await;
    assert_eq!(owner.status().await["status"], "past_due");
    polar.set_payments_fail(false).await;
    polar.advance(8).await;
    becomes(&app, &owner, "it is paid", |subscription| subscription.status == ProviderStatus::Active).await;
}

#[rstest]
#[tokio::test]
async fn a_cancellation_takes_effect_at_the_end_of_the_period(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    let portal = owner.post("/api/v1/billing/portal", &json!({})).await.expect(200);
    let cancel = format!("{}/cancel", portal["url"].as_str().unwrap());
    assert_eq!(polar.submit(&cancel, &[("subscription", &subscription.external_id)]).await, 303);
    becomes(&app, &owner, "the cancellation is stored", |subscription| subscription.cancel_at_period_end).await;
    assert_eq!(owner.status().await["plan"], "pro");
    polar.advance(32).await;
    becomes(&app, &owner, "it has ended", |subscription| subscription.status == ProviderStatus::Canceled).await;
    let status = owner.status().await;
    assert_eq!((&status["plan"], &status["status"]), (&"free".into(), &"canceled".into()));
}

#[rstest]
#[tokio::test]
async fn a_subscription_revoked_at_polar_ends_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    polar.revoke(&subscription.external_id).await;
    becomes(&app, &owner, "it has ended", |subscription| subscription.status == ProviderStatus::Canceled).await;
    assert_eq!(owner.status().await["plan"], "free");
    let page = owner.checkout("starter").await;
    assert!(page.contains("/pay/polar/"), "the page does not offer a checkout: {page}");
}

#[rstest]
#[tokio::test]
async fn a_declined_card_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner().await;
    let page = owner.checkout("pro").await;
    let card = [
        ("email", "ada@acme.test"),
        ("card_number", "4000 0000 0000 0002"),
        ("expiry", "12 / 44"),
        ("cvc", "123"),
        ("name", "Ada"),
    ];
    assert_eq!(polar.submit(&page, &card).await, 402);
    let back = owner.get("/membership/membership-paid?checkout=success").await;
    assert_eq!(back.status, 200);
    assert_eq!(owner.status().await["plan"], "free");
    assert!(app.subscriptions(&owner.tenant).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn an_earlier_checkout_stays_open_but_never_creates_a_second_subscription(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner().await;
    let (former, latter) = (owner.checkout("pro").await, owner.checkout("team").await);
    assert_ne!(former, latter);
    app.stripe.pay(&former).await;
    becomes(&app, &owner, "the payment on the earlier page is stored", |subscription| {
        subscription.plan.as_str() == "pro"
    })
    .await;
    let card = [
        ("email", "ada@acme.test"),
        ("card_number", "4242 4242 4242 4242"),
        ("expiry", "12 / 44"),
        ("cvc", "123"),
        ("name", "Ada"),
    ];
    assert_eq!(polar.submit(&latter, &card).await, 402);
    assert_eq!(polar.list("subscriptions/").await.len(), 1);
    eventually("the jobs are done", async || app.jobs().await == 0).await;
}

#[rstest]
#[tokio::test]
async fn an_unreachable_polar_is_reported_and_nothing_is_created(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner().await;
    app.stripe.gate.close();
    let refused = owner.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await;
    refused.refused(503, "provider_unavailable");
    app.stripe.gate.open();
    assert!(polar.list("checkouts/").await.is_empty());
    app.stripe.pay(&owner.checkout("pro").await).await;
    becomes(&app, &owner, "Pro is active", |subscription| subscription.plan.as_str() == "pro").await;
    assert_eq!(polar.list("customers/").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_webhook_is_verified_by_either_encoding_of_its_secret_and_acts_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let standard = "whsec_YSBzdGFuZGFyZCBzZWNyZXQ=";
    let secrets = format!("polar_whs_rotated_out,{standard}");
    let (app, _) = TestPolar::start_with(engine, vec![("POLAR_WEBHOOK_SECRET", secrets)]).await;
    let body = json!({ "type": "benefit.created", "timestamp": "2026-01-01T00:00:00Z", "data": {} }).to_string();
    let send = async |key: &[u8], id: &str, late: i64, body: &str, sent: &str| {
        let visitor = app.visitor();
        let mut request = visitor.request(reqwest::Method::POST, WEBHOOK).body(sent.to_owned());
        for (name, value) in standard_headers(key, id, now_secs() + late, body) {
            request = request.header(name, value);
        }
        visitor.send(request).await
    };
    let keys: [&[u8]; 3] = [b"polar_whs_rotated_out", standard.as_bytes(), b"a standard secret"];
    for (number, key) in keys.into_iter().enumerate() {
        let id = format!("msg_{number}");
        for _ in 0..2 {
            assert_eq!(send(key, &id, 0, &body, &body).await.expect(200), json!({ "received": true }));
        }
    }
    assert_eq!(app.stored_events_of(Provider::Polar).await, 3, "a repeated event was stored twice");

    send(b"polar_whs_wrong", "msg_a", 0, &body, &body).await.refused(400, "invalid_signature");
    send(keys[0], "msg_b", -330, &body, &body).await.refused(400, "invalid_signature");
    send(keys[0], "msg_c", 330, &body, &body).await.refused(400, "invalid_signature");
    send(keys[0], "msg_d", 0, &body, &format!("{body} ")).await.refused(400, "invalid_signature");
    let unsigned = app.visitor().post(WEBHOOK, &json!({})).await;
    unsigned.refused(400, "invalid_signature");
    assert_eq!(app.stored_events_of(Provider::Polar).await, 3);
}

#[rstest]
#[tokio::test]
async fn the_claims_of_an_event_are_never_trusted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, polar) = TestPolar::start(engine).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    let claim = json!({ "id": subscription.external_id, "status": "canceled", "product_id": polar.product("scale") });
    let unknown = json!({ "id": "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "status": "active" });
    for (number, data) in [claim, unknown].into_iter().enumerate() {
        let body = json!({ "type": "subscription.updated", "data": data }).to_string();
        let id = format!("msg_{number}");
        let visitor = app.visitor();
        let mut request = visitor.request(reqwest::Method::POST, WEBHOOK).body(body.clone());
        for (name, value) in standard_headers(polar.webhook_secret.as_bytes(), &id, now_secs(), &body) {
            request = request.header(name, value);
        }
        visitor.send(request).await.expect(200);
    }
    eventually("both events are processed", async || app.jobs().await == 0).await;
    let now = app.subscriptions(&owner.tenant).await.remove(0);
    assert_eq!((now.status, now.plan.as_str()), (ProviderStatus::Active, "pro"));
}

#[rstest]
#[tokio::test]
async fn a_stripe_subscription_is_changed_at_stripe_while_polar_takes_new_checkouts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (mut app, polar) = TestPolar::start(engine).await;
    app.set("PAYMENT_PROVIDER", "stripe");
    assert!(app.server.terminate().await.success());
    app.restart().await;
    let owner = app.owner_on("pro").await;
    app.set("PAYMENT_PROVIDER", "polar");
    assert!(app.server.terminate().await.success());
    app.restart().await;
    let owner = app.signed_in(&owner.email).await;

    let order = json!({ "targetPlan": "team", "billingCycle": "monthly" });
    let answer = owner.post("/billing/upgrade", &order).await.expect(200);
    assert_eq!((&answer["session"]["provider"], &answer["flow"]), (&json!("stripe"), &json!("portal")));
    let portal = owner.post("/api/v1/billing/portal", &json!({})).await.expect(200);
    assert!(!portal["url"].as_str().unwrap().contains("polar"), "{portal}");
    for list in ["checkouts/", "customers/"] {
        assert_eq!(polar.list(list).await, Vec::<serde_json::Value>::new(), "something was created at Polar");
    }
}

#[rstest]
#[tokio::test]
async fn a_stripe_subscription_is_fetched_from_stripe_while_polar_takes_new_checkouts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("polar", "none")] taker: &str,
) {
    // With `PROVIDER_READ_SECS` 0, pages do not cache the provider's answers.
    let more = vec![("PAYMENT_PROVIDER", "stripe".to_owned()), ("PROVIDER_READ_SECS", "0".to_owned())];
    let (mut app, _polar) = TestPolar::start_with(engine, more).await;
    let payer = app.owner_on("pro").await;
    app.set("PAYMENT_PROVIDER", taker);
    assert!(app.server.terminate().await.success());
    app.restart().await;
    let owner = app.signed_in(&payer.email).await;
    app.stripe.drop_webhooks().await;
    let subscription = app.subscriptions(&payer.tenant).await.remove(0).external_id;
    let ends = async |ends: &str| {
        app.stripe.post(&format!("/v1/subscriptions/{subscription}"), &[("cancel_at_period_end", ends)]).await;
    };

    ends("true").await;
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(owner.status().await["cancel_at_period_end"], true);
    ends("false").await;
    assert_eq!(owner.submit("/rpc/sync", &[]).await.leads_to(), "/membership?code=synced");
    assert_eq!(owner.status().await["cancel_at_period_end"], false);
    ends("true").await;
    assert_eq!(owner.get("/membership?from=portal").await.leads_to(), "/membership");
    assert_eq!(owner.status().await["cancel_at_period_end"], true);
    ends("false").await;
    let back = owner.get("/membership/membership-paid?checkout=success").await;
    assert!(back.text.contains("is on Pro"), "{}", back.text);
    assert_eq!(owner.status().await["cancel_at_period_end"], false);

    let portal = owner.post("/api/v1/billing/portal", &json!({})).await.expect(200);
    assert!(!portal["url"].as_str().unwrap().contains("polar"), "{portal}");
    let change = owner.post("/api/v1/billing/checkout", &json!({ "plan": "team" })).await.expect(200);
    let page = change["url"].as_str().unwrap();
    assert!(page.contains("/portal/") && !page.contains("polar"), "{change}");
}

#[rstest]
#[tokio::test]
async fn changes_during_downtime_are_found_at_start(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let rounds = vec![("RECONCILE_SECS", "86400".to_owned())];
    let (mut app, polar) = TestPolar::start_in(Host::OwnProcess, engine, rounds).await;
    let (owner, subscription) = owner_on(&app, "pro").await;
    let restarts = async |app: &mut TestApp| {
        app.server.kill();
        app.expire_job_leases().await;
        app.restart().await;
    };
    // Polar has no list of events, and the next periodic reconciliation is due in a day: only a start can find changes.
    restarts(&mut app).await;
    becomes(&app, &owner, "it is reconciled", |now| now.fetched_at > subscription.fetched_at).await;
    app.stripe.drop_webhooks().await;
    polar.revoke(&subscription.external_id).await;
    restarts(&mut app).await;
    becomes(&app, &owner, "its end is found", |subscription| subscription.status == ProviderStatus::Canceled).await;
}
