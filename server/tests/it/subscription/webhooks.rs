//! Events from Stripe: verification, deduplication and effect.

use billing::store::webhook::inbox::EventState;
use domain::subscription::ProviderStatus;
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, Owner, TestApp, eventually, now_secs, signature};

const PATHS: [&str; 2] = ["/api/v1/billing/webhook", "/webhooks/billing/stripe"];
/// The largest accepted difference between a signature's time and now, in seconds.
const TOLERANCE_SECS: i64 = 300;
/// Allowance for the time between signing and verification on a busy machine.
const SLACK_SECS: i64 = 20;

/// An event about a subscription, with a claimed status that Dues must not trust.
fn event_body(id: &str, kind: &str, subscription: &str, customer: &str, status: &str) -> String {
    let object = json!({ "id": subscription, "object": "subscription", "customer": customer, "status": status });
    json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } }).to_string()
}

/// Returns the ids at Stripe of the owner's subscription and customer.
async fn ids(app: &TestApp, owner: &Owner) -> (String, String) {
    let subscription = app.subscriptions(&owner.tenant).await[0].external_id.clone();
    let customer = app.stripe.list("/v1/subscriptions?status=all&limit=100").await;
    let entry = customer.iter().find(|other| other["id"] == *subscription).unwrap();
    let customer = entry["customer"].as_str().unwrap().to_owned();
    (subscription, customer)
}

#[rstest]
#[tokio::test]
async fn a_signature_is_verified_over_the_raw_bytes(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    for (number, path) in PATHS.into_iter().enumerate() {
        let odd = format!(
            "{{ \"type\":\t\"invoice.finalized\" ,\r\n\n  \"data\" : {{\"object\":{{ }} }}, \"\\u006fbject\":\"event\",\"id\" :\"evt_odd{number}\" }}\n"
        );
        let header = signature(&app.stripe.webhook_secret, now_secs(), odd.as_bytes());
        assert_eq!(app.webhook_on(path, Some(&header), &odd).await.expect(200), json!({ "received": true }));
        assert_eq!(app.event(&format!("evt_odd{number}")).await, Some(EventState::Ignored), "nothing to act on");

        let plain: String = odd.split_whitespace().collect();
        app.webhook_on(path, Some(&header), &plain).await.refused(400, "invalid_signature");
    }
    assert_eq!(app.stored_events().await, 2);
}

#[rstest]
#[tokio::test]
async fn a_body_not_signed_by_stripe_is_refused_and_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let body = event_body("evt_1", "customer.subscription.updated", "sub_1", "cus_1", "active");
    let secret = &app.stripe.webhook_secret;
    let at = |secs: i64| signature(secret, now_secs() + secs, body.as_bytes());
    let fresh = at(0);
    let (_, mac) = fresh.split_once(",v1=").unwrap();
    let headers = [
        ("stale", Some(at(-TOLERANCE_SECS - 1))),
        ("from the future", Some(at(TOLERANCE_SECS + SLACK_SECS))),
        ("wrong secret", Some(signature("whsec_wrong", now_secs(), body.as_bytes()))),
        ("another body's", Some(signature(secret, now_secs(), b"{}"))),
        ("missing", None),
        ("empty", Some(String::new())),
        ("garbage", Some("garbage".to_owned())),
        ("no time", Some(format!("v1={mac}"))),
        ("no signature", Some(format!("t={}", now_secs()))),
        ("another scheme", Some(fresh.replace("v1=", "v0="))),
        ("another time", Some(format!("t={},v1={mac}", now_secs() - 30))),
        ("a time that is no number", Some(format!("t=now,v1={mac}"))),
        ("a time beyond all numbers", Some(format!("t={},v1={mac}", "9".repeat(40)))),
        ("half of it", Some(fresh[..fresh.len() - 2].to_owned())),
        ("a thousand of them", Some(format!("t={}{}", now_secs(), format!(",v1={}", "00".repeat(32)).repeat(100)))),
    ];
    for path in PATHS {
        for (what, header) in &headers {
            let answer = app.webhook_on(path, header.as_deref(), &body).await;
            assert_eq!(answer.status, 400, "{what} on {path}: {answer:#?}");
            answer.refused(400, "invalid_signature");
        }
        app.webhook_on(path, Some(&fresh), &body.replace("active", "trialing")).await.refused(400, "invalid_signature");
    }
    assert_eq!(app.stored_events().await, 0);

    for secs in [-TOLERANCE_SECS + SLACK_SECS, TOLERANCE_SECS - 1] {
        app.webhook(Some(&at(secs)), &body).await.expect(200);
    }
    assert_eq!(app.stored_events().await, 1);
}

#[rstest]
#[tokio::test]
async fn a_signed_body_that_is_no_event_is_not_stored(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let long = "1".repeat(300);
    let bodies = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        r#"{"type":"invoice.paid"}"#.to_owned(),
        r#"{"id":"evt_1"}"#.to_owned(),
        r#"{"id":"evt_\u0000","type":"invoice.paid"}"#.to_owned(),
        r#"{"id":"evt_1","type":"invoice\u0000paid"}"#.to_owned(),
        format!(r#"{{"id":"evt_{long}","type":"invoice.paid"}}"#),
        "[".repeat(100_000),
    ];
    for body in bodies {
        app.send_stripe_event(&body).await.refused(400, "invalid_event");
    }
    assert_eq!(app.stored_events().await, 0);
}

#[rstest]
#[tokio::test]
async fn both_secrets_are_accepted_during_rotation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let former = app.stripe.webhook_secret.clone();
    app.server.kill();
    app.set("STRIPE_WEBHOOK_SECRET", &format!("whsec_next, {former}"));
    app.restart().await;
    for (number, (secret, status)) in
        [(former.as_str(), 200), ("whsec_next", 200), ("whsec_", 400)].into_iter().enumerate()
    {
        let body = event_body(&format!("evt_{number}"), "invoice.created", "sub_1", "cus_1", "active");
        let header = signature(secret, now_secs(), body.as_bytes());
        assert_eq!(app.webhook(Some(&header), &body).await.status, status);
    }
    let body = r#"{"id":"evt_two","type":"invoice.created"}"#;
    let old = signature(&former, now_secs(), body.as_bytes());
    let both = format!("{old},v1={}", "0".repeat(64));
    app.webhook(Some(&both), body).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn the_same_event_fifty_times_at_once_has_one_effect(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner_on("pro").await;
    let (subscription, customer) = ids(&app, &owner).await;
    let (before, stored) = (app.revision(&owner.tenant).await, app.stored_events().await);

    let body = event_body("evt_fifty", "customer.subscription.updated", &subscription, &customer, "active");
    let answers = join_all((0..50).map(|_| app.send_stripe_event(&body))).await;
    for answer in answers {
        answer.expect(200);
    }
    app.wait_for_event_state("evt_fifty", EventState::Handled).await;
    app.send_stripe_event(&body).await.expect(200);
    // The repeated event has no effect for which the test could wait.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.stored_events().await, stored + 1);
    assert_eq!(app.revision(&owner.tenant).await, before + 1);
    assert_eq!(app.subscriptions(&owner.tenant).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_event_of_an_unknown_kind_or_object_is_stored_and_ignored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let events = [
        (
            "evt_kind",
            r#"{"id":"evt_kind","type":"radar.early_fraud_warning.created","data":{"object":{"id":"x"}}}"#.to_owned(),
        ),
        ("evt_bare", r#"{"id":"evt_bare","type":"customer.subscription.deleted"}"#.to_owned()),
        ("evt_sub", event_body("evt_sub", "customer.subscription.updated", "sub_unknown", "cus_unknown", "active")),
        (
            "evt_session",
            r#"{"id":"evt_session","type":"checkout.session.completed","data":{"object":{"id":"cs_test_nobody"}}}"#
                .to_owned(),
        ),
        ("evt_path", event_body("evt_path", "customer.subscription.updated", "../customers", "cus_1", "active")),
    ];
    for (id, body) in &events {
        app.send_stripe_event(body).await.expect(200);
        app.wait_for_event_state(id, EventState::Ignored).await;
    }
}

/// The subscription exists at Stripe, but its customer is not known to Dues.
#[rstest]
#[tokio::test]
async fn a_subscription_of_an_unknown_customer_changes_no_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let (_, customer) = ids(&app, &owner).await;
    let stranger = app.stripe.post("/v1/customers", &[("name", "Stranger")]).await;
    let price = app.stripe.price("team");
    let theirs = app
        .stripe
        .post(
            "/v1/subscriptions",
            &[
                ("customer", stranger["id"].as_str().unwrap()),
                ("items[0][price]", price.as_str()),
                ("trial_period_days", "14"),
            ],
        )
        .await;
    let theirs = theirs["id"].as_str().unwrap();
    // Both events claim to be about the owner's customer. This one names another customer's subscription.
    app.send_stripe_event(&event_body("evt_stranger", "customer.subscription.created", theirs, &customer, "active"))
        .await;
    app.wait_for_event_state("evt_stranger", EventState::Ignored).await;
    // This one names a subscription that Stripe does not know.
    app.send_stripe_event(&event_body("evt_none", "customer.subscription.updated", "sub_none", &customer, "active"))
        .await
        .expect(200);
    app.wait_for_event_state("evt_none", EventState::Ignored).await;
    assert_eq!(owner.status().await["plan"], "pro");
    assert_eq!(app.subscriptions(&owner.tenant).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_late_active_event_leaves_a_canceled_plan_canceled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner_on("pro").await;
    let (subscription, customer) = ids(&app, &owner).await;
    app.stripe.cancel(&subscription).await;
    assert_eq!(owner.status().await["plan"], "pro", "no webhook has arrived");

    app.send_stripe_event(&event_body(
        "evt_del",
        "customer.subscription.deleted",
        &subscription,
        &customer,
        "canceled",
    ))
    .await;
    app.wait_for_event_state("evt_del", EventState::Handled).await;
    app.send_stripe_event(&event_body("evt_old", "customer.subscription.updated", &subscription, &customer, "active"))
        .await;
    app.wait_for_event_state("evt_old", EventState::Handled).await;

    let status = owner.status().await;
    assert_eq!((&status["plan"], &status["status"]), (&json!("free"), &json!("canceled")));
    assert_eq!(app.subscriptions(&owner.tenant).await[0].status, ProviderStatus::Canceled);
}

#[rstest]
#[tokio::test]
async fn the_claims_of_an_event_change_nothing_unless_stripe_confirms_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner_on("starter").await;
    let (subscription, customer) = ids(&app, &owner).await;
    let price = app.stripe.price("scale");
    for (number, status) in ["active", "canceled", "past_due"].into_iter().enumerate() {
        let id = format!("evt_claim{number}");
        let event = json!({ "id": id, "type": "customer.subscription.updated", "data": { "object": {
            "id": subscription, "customer": customer, "status": status, "cancel_at_period_end": true,
            "items": { "data": [{ "price": { "id": price, "metadata": { "plan": "scale" } } }] },
        } } });
        app.send_stripe_event(&event.to_string()).await.expect(200);
        app.wait_for_event_state(&id, EventState::Handled).await;
        let held = owner.status().await;
        assert_eq!((&held["plan"], &held["status"]), (&json!("starter"), &json!("active")));
        assert_eq!(held["cancel_at_period_end"], false);
    }

    let unpaid = app.owner().await;
    unpaid.checkout("pro").await;
    let session = app.stripe.open_sessions().await[0]["id"].as_str().unwrap().to_owned();
    let claim = json!({ "id": "evt_paid", "type": "checkout.session.completed",
        "data": { "object": { "id": session, "payment_status": "paid", "status": "complete" } } });
    app.send_stripe_event(&claim.to_string()).await.expect(200);
    app.wait_for_event_state("evt_paid", EventState::Handled).await;
    assert_eq!(unpaid.status().await["plan"], "free");
}

#[rstest]
#[tokio::test]
async fn webhooks_are_accepted_while_no_plan_can_be_bought(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let owner = app.owner_on("pro").await;
    let (subscription, _) = ids(&app, &owner).await;
    app.server.kill();
    app.set("PAYMENT_PROVIDER", "none");
    app.restart().await;
    app.stripe.cancel(&subscription).await;
    eventually("the end arrives", async || owner.status().await["status"] == "canceled").await;
}

#[rstest]
#[tokio::test]
async fn an_unreadable_job_delays_no_other(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.insert_unreadable_job().await;
    let subscription = app.subscriptions(&owner.tenant).await.remove(0).external_id;
    let object = json!({ "id": subscription, "object": "subscription" });
    let event = json!({ "id": "evt_behind", "type": "customer.subscription.updated", "data": { "object": object } });
    app.send_stripe_event(&event.to_string()).await.expect(200);
    app.wait_for_event_state("evt_behind", EventState::Handled).await;
    // A job is deleted a moment after its event is marked; the unreadable one waits for a node that knows its kind.
    eventually("only the unreadable job is left", async || app.jobs().await == 1).await;
}
