//! Outgoing webhooks: delivery to endpoints of a workspace, verified with the official library.

use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Browser, Engine, Owner, Receiver, SECRETS_KEY, Taken, TestApp, TestAppBuilder, eventually,
};

const ENDPOINTS: &str = "/api/v1/tenant/webhook-endpoints";

fn settings(engine: Engine) -> TestAppBuilder {
    TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).with("WEBHOOKS_ALLOW_PRIVATE", "1")
}

async fn start(engine: Engine) -> TestApp {
    settings(engine).start().await
}

async fn make(admin: &Browser, url: &str) -> Value {
    admin.post(ENDPOINTS, &json!({ "url": url })).await.expect(201)
}

fn path(endpoint: &Value) -> String {
    format!("{ENDPOINTS}/{}", endpoint["id"].as_str().unwrap())
}

fn secret(endpoint: &Value) -> &str {
    endpoint["secret"].as_str().unwrap()
}

async fn change(admin: &Browser, endpoint: &Value, body: &Value) -> Answer {
    admin.send(admin.request(Method::PATCH, &path(endpoint)).json(body)).await
}

async fn log(admin: &Browser, endpoint: &Value) -> Vec<Value> {
    let page = admin.get(&format!("{}/deliveries", path(endpoint))).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn ping(admin: &Browser, endpoint: &Value) -> Value {
    admin.post(&format!("{}/test", path(endpoint)), &json!({})).await.expect(202)
}

/// Waits for at least `count` messages of a type, and returns all messages of this type.
async fn wait_for_messages(receiver: &Receiver, kind: &str, count: usize) -> Vec<Taken> {
    let of_kind = || receiver.taken().into_iter().filter(|sent| sent.json()["type"] == kind).collect::<Vec<_>>();
    eventually(&format!("{count} of {kind} have come"), async || of_kind().len() >= count).await;
    of_kind()
}

/// Records usage of connections up to the warning level.
async fn reach_the_warning_level(app: &TestApp, owner: &Owner) {
    app.record_usage(owner, &[("websocket_connections", 8)]).await;
}

#[rstest]
#[tokio::test]
async fn purchase_and_end_are_delivered_once_each_and_verified(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = settings(engine).logging_everything().start().await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    let endpoint = make(&owner, &receiver.url()).await;
    let back = app.stripe.pay(&owner.checkout("pro").await).await;
    assert_eq!(owner.get(&back).await.status, 200);
    let [bought] = wait_for_messages(&receiver, "subscription.updated", 1).await.try_into().unwrap();
    assert!(bought.is_believed(secret(&endpoint)));
    assert!(!bought.is_believed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    let data = &bought.json()["data"];
    assert_eq!(data["tenantId"], owner.tenant.as_str());
    assert_eq!(
        (&data["plan"], &data["status"], &data["billingCycle"]),
        (&json!("pro"), &json!("active"), &json!("monthly"))
    );
    assert_eq!(data["cancelAtPeriodEnd"], false);
    assert!(data["currentPeriodEnd"].as_str().unwrap().ends_with('Z'), "{data}");

    // Storing an unchanged state sends no message.
    for _ in 0..3 {
        owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    }
    let subscription = app.subscriptions(&owner.tenant).await.remove(0);
    app.stripe.cancel(&subscription.external_id).await;
    let all = wait_for_messages(&receiver, "subscription.updated", 2).await;
    assert_eq!(all.len(), 2, "{all:?}");
    let ended = &all[1].json()["data"];
    assert_eq!((&ended["plan"], &ended["status"]), (&json!("free"), &json!("canceled")));
    assert_ne!(all[0].id(), all[1].id());
    app.server.assert_not_logged("an endpoint's secret", secret(&endpoint));
}

#[rstest]
#[tokio::test]
async fn a_pause_of_payments_and_a_last_day_are_delivered(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = settings(engine).start().await;
    let (owner, receiver) = (app.owner_on("pro").await, Receiver::start().await);
    make(&owner, &receiver.url()).await;
    let subscription = app.subscriptions(&owner.tenant).await.remove(0);
    let path = format!("/v1/subscriptions/{}", subscription.external_id);
    app.stripe.post(&path, &[("pause_collection[behavior]", "void")]).await;
    let paused = wait_for_messages(&receiver, "subscription.updated", 1).await[0].json()["data"].clone();
    assert_eq!((&paused["plan"], &paused["collectionPause"]), (&json!("pro"), &json!({ "until": null })));
    assert_eq!(paused.get("cancelAt"), None, "{paused}");

    let last_day = subscription.period_end.plus_secs(86_400);
    let secs = last_day.as_secs().to_string();
    app.stripe.post(&path, &[("pause_collection", ""), ("cancel_at", &*secs)]).await;
    let ending = wait_for_messages(&receiver, "subscription.updated", 2).await[1].json()["data"].clone();
    assert_eq!((ending.get("collectionPause"), &ending["cancelAt"]), (None, &json!(last_day.rfc3339_millis())));
}

#[rstest]
#[tokio::test]
async fn events_before_a_crash_are_delivered_after_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let plan = TestApp::on(engine).in_a_process().with("WEBHOOKS_ALLOW_PRIVATE", "1");
    let mut app = plan.start().await;
    let owner = app.owner().await;
    let away = Receiver::start().await;
    let (address, endpoint) = (away.address, make(&owner, &away.url()).await);
    drop(away);
    reach_the_warning_level(&app, &owner).await;
    app.server.kill();
    let receiver = Receiver::at(address).await;
    app.expire_message_leases().await;
    app.restart().await;
    let sent = wait_for_messages(&receiver, "limit.warning", 1).await.remove(0);
    assert!(sent.is_believed(secret(&endpoint)));
    let owner = app.signed_in(&owner.email).await;
    eventually("the delivery is recorded", async || log(&owner, &endpoint).await[0]["state"] == "delivered").await;
    assert_eq!(receiver.taken().len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_unreliable_receiver_gets_each_message_in_the_end_under_one_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    let endpoint = make(&owner, &receiver.url()).await;
    receiver.answers_next(&[500]);
    reach_the_warning_level(&app, &owner).await;
    let sent = wait_for_messages(&receiver, "limit.warning", 2).await;
    assert_eq!(sent[0].id(), sent[1].id());
    assert_eq!(sent[0].body, sent[1].body);
    assert!(sent.iter().all(|sent| sent.is_believed(secret(&endpoint))));
    eventually("the delivery is recorded", async || log(&owner, &endpoint).await[0]["state"] == "delivered").await;
    let [entry] = log(&owner, &endpoint).await.try_into().unwrap();
    assert_eq!((&entry["id"], &entry["attempts"]), (&json!(sent[0].id()), &json!(2)));
    assert_eq!((&entry["event"], &entry["lastStatus"]), (&json!("limit.warning"), &json!(200)));
    assert_eq!((&entry["lastResponse"], &entry["payload"]), (&json!("answered 200"), &sent[0].json()));

    let again = format!("{}/deliveries/{}/resend", path(&endpoint), sent[0].id());
    assert_eq!(owner.post(&again, &json!({})).await.expect(202)["state"], "waiting");
    let all = wait_for_messages(&receiver, "limit.warning", 3).await;
    assert_eq!(all[2].id(), sent[0].id());
    owner.post(&format!("{}/deliveries/msg_0/resend", path(&endpoint)), &json!({})).await.refused(404, "not_found");
}

#[rstest]
#[tokio::test]
async fn an_endpoint_is_created_shown_changed_and_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    let request_body = json!({ "url": receiver.url(), "events": ["limit.reached"], "description": " Chat " });
    let made = owner.post(ENDPOINTS, &request_body).await.expect(201);
    assert!(secret(&made).starts_with("whsec_"), "{made}");
    assert_eq!((&made["events"], &made["description"]), (&json!(["limit.reached"]), &json!("Chat")));
    let listed = owner.get(ENDPOINTS).await;
    assert!(!listed.text.contains("whsec_") && !listed.text.contains("ecret\":"), "{}", listed.text);
    assert_eq!(listed.json()["items"][0]["id"], made["id"]);

    // A ping is sent regardless of the endpoint's event types; other events are not.
    ping(&owner, &made).await;
    let pinged = wait_for_messages(&receiver, "ping", 1).await.remove(0);
    assert!(pinged.is_believed(secret(&made)));
    reach_the_warning_level(&app, &owner).await;
    let rotated = owner.post(&format!("{}/rotate-secret", path(&made)), &json!({})).await.expect(200);
    ping(&owner, &made).await;
    let both = wait_for_messages(&receiver, "ping", 2).await.remove(1);
    assert!(both.is_believed(secret(&made)) && both.is_believed(secret(&rotated)), "either verifies for a day");
    assert_eq!(receiver.taken().len(), 2, "a warning was sent to an endpoint without that event type");

    assert_eq!(change(&owner, &made, &json!({ "events": null })).await.expect(200)["events"], Value::Null);
    let off = change(&owner, &made, &json!({ "enabled": false })).await.expect(200);
    assert_eq!((&off["enabled"], &off["disabledWhy"]), (&json!(false), &json!("by_admin")));
    owner.post(&format!("{}/test", path(&made)), &json!({})).await.refused(409, "conflict");
    let on = change(&owner, &made, &json!({ "enabled": true, "description": "" })).await.expect(200);
    assert_eq!((&on["enabled"], &on["disabledAt"], &on["description"]), (&json!(true), &Value::Null, &json!("")));
    let gone = owner.send(owner.request(Method::DELETE, &path(&made))).await;
    assert_eq!(gone.status, 204);
    owner.get(&path(&made)).await.refused(404, "not_found");
}

#[rstest]
#[tokio::test]
async fn internal_and_invalid_urls_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).start().await;
    let owner = app.owner().await;
    let urls = [
        "http://127.0.0.1:8080/",
        "http://localhost:8080/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:192.168.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://user@example.com/",
        "https://example.com:25/",
        "gopher://example.com/",
        "/hook",
        "",
    ];
    for url in urls {
        owner.post(ENDPOINTS, &json!({ "url": url })).await.refused_field("url");
    }
    owner.post(ENDPOINTS, &json!({ "url": 7 })).await.refused_field("url");
    let request_body = |name: &str, value: Value| json!({ "url": "https://example.com/", name: value });
    for (field, value) in [
        ("events", json!(["limit.broken"])),
        ("events", json!([])),
        ("events", json!("limit.reached")),
        ("events", json!(["limit.reached", "limit.reached"])),
        ("description", json!("two\nlines")),
        ("description", json!(["x"])),
    ] {
        owner.post(ENDPOINTS, &request_body(field, value)).await.refused_field(field);
    }
    assert_eq!(owner.get(ENDPOINTS).await.expect(200)["items"], json!([]));
    let made = make(&owner, "https://example.com/").await;
    change(&owner, &made, &json!({ "enabled": "no" })).await.refused_field("enabled");
    change(&owner, &made, &json!({ "url": "https://192.168.0.1/" })).await.refused_field("url");
    for query in ["limit=0", "limit=101", "limit=x", "cursor=%00"] {
        let field = query.split('=').next().unwrap();
        owner.get(&format!("{}/deliveries?{query}", path(&made))).await.refused_field(field);
    }
    for number in 1..10 {
        make(&owner, &format!("https://example.com/{number}")).await;
    }
    owner.post(ENDPOINTS, &json!({ "url": "https://example.com/" })).await.refused(409, "too_many_webhook_endpoints");
}

#[rstest]
#[tokio::test]
async fn without_a_secrets_key_no_endpoint_is_created(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("SECRETS_KEY", "").start().await;
    let owner = app.owner().await;
    owner.post(ENDPOINTS, &json!({ "url": "https://example.com/" })).await.refused(501, "secrets_not_configured");
    assert_eq!(owner.get(ENDPOINTS).await.expect(200)["items"], json!([]));
}

#[rstest]
#[tokio::test]
async fn a_slow_receiver_delays_no_other(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let (owner, slow, quick) = (app.owner().await, Receiver::start().await, Receiver::start().await);
    slow.delays(Duration::from_mins(1));
    let (slow_one, quick_one) = (make(&owner, &slow.url()).await, make(&owner, &quick.url()).await);
    for _ in 0..3 {
        ping(&owner, &slow_one).await;
    }
    eventually("the slow receiver is called", async || slow.taken().len() == 1).await;
    let began = Instant::now();
    for count in 1..=3 {
        ping(&owner, &quick_one).await;
        wait_for_messages(&quick, "ping", count).await;
    }
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(slow.taken().len(), 1, "an endpoint receives one message at a time");
    eventually("the delivery times out", async || {
        log(&owner, &slow_one).await.iter().any(|entry| entry["state"] == "failed")
    })
    .await;
    let entries = log(&owner, &slow_one).await;
    let failed = entries.iter().find(|entry| entry["state"] == "failed").unwrap();
    assert_eq!(failed["lastError"], "There was no answer within 15 seconds.");
}

#[rstest]
#[tokio::test]
async fn a_workspace_of_slow_receivers_delays_no_other_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (many, other) = (app.owner().await, app.owner().await);
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.delays(Duration::from_mins(1));
    for _ in 0..6 {
        let endpoint = make(&many, &slow.url()).await;
        ping(&many, &endpoint).await;
    }
    eventually("four receivers are called", async || slow.taken().len() == 4).await;
    let began = Instant::now();
    let endpoint = make(&other, &quick.url()).await;
    ping(&other, &endpoint).await;
    wait_for_messages(&quick, "ping", 1).await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(slow.taken().len(), 4, "a workspace has at most four deliveries in progress");
}

#[rstest]
#[tokio::test]
async fn a_redelivery_requested_during_delivery_is_sent_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    let endpoint = make(&owner, &receiver.url()).await;
    receiver.answers(500);
    receiver.delays(Duration::from_secs(3));
    let sent = ping(&owner, &endpoint).await;
    eventually("the message is being delivered", async || receiver.taken().len() == 1).await;
    let again = format!("{}/deliveries/{}/resend", path(&endpoint), sent["id"].as_str().unwrap());
    owner.post(&again, &json!({})).await.expect(202);
    // A failed ping is otherwise not retried.
    eventually("the message is delivered again", async || receiver.taken().len() == 2).await;
}
