//! Repeated requests with an `Idempotency-Key`: concurrent, to other nodes, and after a crash.

use reqwest::{Method, header::HeaderValue};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Engine, TestApp, eventually};

const CHECKOUT: &str = "/api/v1/billing/checkout";
const SECRETS_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn pro() -> Value {
    json!({ "plan": "pro" })
}

async fn keyed_app(engine: Engine) -> TestApp {
    TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).start().await
}

async fn keyed_process(engine: Engine) -> TestApp {
    TestApp::on(engine).in_a_process().with("SECRETS_KEY", SECRETS_KEY).start().await
}

#[track_caller]
fn assert_replayed(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{again:#?}");
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again:#?}");
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
}

#[rstest]
#[tokio::test]
async fn the_same_key_gets_the_same_answer_on_every_node_and_after_a_restart(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = keyed_process(engine).await;
    let owner = app.owner().await;
    let first = owner.post_keyed(CHECKOUT, "order-1", &pro()).await;
    let url = first.expect(200)["url"].as_str().unwrap().to_owned();
    assert_eq!(first.header("idempotent-replayed"), None);

    assert_replayed(&owner.post_keyed(CHECKOUT, "order-1", &pro()).await, &first);
    let other_node = app.start_node().await;
    assert_replayed(&owner.with_address(other_node.address).post_keyed(CHECKOUT, "order-1", &pro()).await, &first);
    app.server.kill();
    app.restart().await;
    assert_replayed(&owner.post_keyed(CHECKOUT, "order-1", &pro()).await, &first);
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 1, "one checkout session was created");

    let kept = app.stored_answers().await;
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].as_ref().unwrap().contains(&url), "answers are sealed");
    let other = owner.post_keyed(CHECKOUT, "order-2", &pro()).await;
    assert_ne!(other.expect(200)["url"], url, "another key starts another request");
}

#[rstest]
#[tokio::test]
async fn the_same_key_with_another_body_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    let first = owner.post_keyed(CHECKOUT, "k", &pro()).await;
    first.expect(200);
    owner.post_keyed(CHECKOUT, "k", &json!({ "plan": "team" })).await.refused(422, "idempotency_key_reused");
    owner.post_keyed(&format!("{CHECKOUT}?x=y"), "k", &pro()).await.refused(422, "idempotency_key_reused");
    owner.post_keyed(CHECKOUT, "k", &json!({})).await.refused(422, "idempotency_key_reused");
    assert_replayed(&owner.post_keyed(CHECKOUT, "k", &pro()).await, &first);
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_key_is_scoped_to_its_caller(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    let second = app.second_workspace_of(&owner).await;
    let first = owner.post_keyed(CHECKOUT, "k", &pro()).await.expect(200);

    let stranger = app.owner().await.post_keyed(CHECKOUT, "k", &pro()).await;
    assert_ne!(stranger.expect(200), first);
    assert_eq!(stranger.header("idempotent-replayed"), None);
    let there = owner.request(Method::POST, CHECKOUT).header("x-tenant-id", second.as_str());
    let there = owner.send(there.header("idempotency-key", "k").json(&pro())).await;
    assert_ne!(there.expect(200), first, "the same key in another workspace starts another request");
    app.member_of(&owner).await.post_keyed(CHECKOUT, "k", &pro()).await.refused(403, "admin_required");
    let key = app.api_key(&owner.tenant, "billing").await;
    let visitor = app.visitor();
    let by_key = visitor.request(Method::POST, CHECKOUT).bearer_auth(key).header("idempotency-key", "k");
    visitor.send(by_key.json(&pro())).await.refused(403, "session_required");
    assert_eq!(app.stored_answers().await.len(), 3, "refused requests store nothing");
}

#[rstest]
#[tokio::test]
async fn a_refused_caller_stores_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    let visitor = app.visitor();
    visitor.post_keyed(CHECKOUT, "k", &pro()).await.refused(401, "unauthenticated");
    visitor.post_keyed(CHECKOUT, "no key", &pro()).await.refused(401, "unauthenticated");
    let unknown =
        visitor.request(Method::POST, CHECKOUT).bearer_auth(format!("dues_{}_{}", "0".repeat(16), "0".repeat(64)));
    visitor.send(unknown.header("idempotency-key", "k").json(&pro())).await.refused(401, "unauthenticated");
    let elsewhere =
        owner.request(Method::POST, CHECKOUT).header("x-tenant-id", "unknown").header("idempotency-key", "k");
    owner.send(elsewhere.json(&pro())).await.refused(404, "tenant_not_found");
    let from_outside = owner.request(Method::POST, CHECKOUT).header("sec-fetch-site", "cross-site");
    owner.send(from_outside.header("idempotency-key", "k").json(&pro())).await.refused(403, "cross_site_request");
    assert_eq!(app.stored_answers().await, []);
    // Reads and webhooks ignore the key.
    let status = owner.request(Method::GET, "/api/v1/billing/status").header("idempotency-key", "k");
    owner.send(status).await.expect(200);
    let webhook = visitor.post_keyed("/webhooks/billing/stripe", "k", &json!({})).await;
    webhook.refused(400, "invalid_signature");
    assert_eq!(app.stored_answers().await, []);
}

#[rstest]
#[tokio::test]
async fn a_refused_request_may_be_retried_under_its_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    owner.post_keyed(CHECKOUT, "k", &json!({ "plan": "gold" })).await.refused_field("plan");
    let broken = owner.request(Method::POST, CHECKOUT).header("content-type", "application/json").body("{");
    owner.send(broken.header("idempotency-key", "k")).await.refused(400, "invalid_json");
    let odd = owner.request(Method::POST, CHECKOUT).header("content-type", "text/plain").body("pro");
    owner.send(odd.header("idempotency-key", "k")).await.refused(415, "unsupported_media_type");
    app.stripe.gate.close();
    owner.post_keyed(CHECKOUT, "k", &pro()).await.refused(503, "provider_unavailable");
    assert_eq!(app.stored_answers().await, []);
    app.stripe.gate.open();
    let first = owner.post_keyed(CHECKOUT, "k", &pro()).await;
    first.expect(200);
    assert_replayed(&owner.post_keyed(CHECKOUT, "k", &pro()).await, &first);
}

#[rstest]
#[tokio::test]
async fn a_key_is_one_header_of_visible_characters(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    for wrong in ["", " ", "a b", "é", "a\tb", &"x".repeat(256)] {
        let value = HeaderValue::from_bytes(wrong.as_bytes()).unwrap();
        let request = owner.request(Method::POST, CHECKOUT).header("idempotency-key", value).json(&pro());
        owner.send(request).await.refused_field("Idempotency-Key");
    }
    let twice = owner.request(Method::POST, CHECKOUT).header("idempotency-key", "a").header("idempotency-key", "a");
    owner.send(twice.json(&pro())).await.refused_field("Idempotency-Key");
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 0);
    for right in ["x", &"x".repeat(255), "!~\"%,;{}"] {
        owner.post_keyed(CHECKOUT, right, &pro()).await.expect(200);
    }
}

#[rstest]
#[tokio::test]
async fn of_concurrent_repeats_on_two_nodes_one_runs_and_all_get_its_answer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = keyed_app(engine).await;
    let other_node = app.start_node().await;
    let owner = app.owner().await;
    let clicks = (0..10).map(|number| {
        let address = if number % 2 == 0 { app.server.address } else { other_node.address };
        let browser = owner.with_address(address);
        tokio::spawn(async move { browser.post_keyed(CHECKOUT, "k", &pro()).await })
    });
    let mut answers = Vec::new();
    for click in clicks.collect::<Vec<_>>() {
        answers.push(click.await.unwrap());
    }
    let urls: Vec<_> = answers.iter().map(|answer| answer.expect(200)["url"].clone()).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    let replays = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some()).count();
    assert_eq!(replays, 9);
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_repeat_while_the_first_runs_is_a_conflict(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    app.stripe.gate.stop_answering();
    let browser = owner.with_address(app.server.address);
    let first = tokio::spawn(async move { browser.post_keyed(CHECKOUT, "k", &pro()).await });
    app.stripe.gate.wait_for_call().await;
    let answer = owner.post_keyed(CHECKOUT, "k", &pro()).await;
    answer.refused(409, "idempotency_in_progress");
    let wait: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    first.await.unwrap().refused(503, "provider_unavailable");
    app.stripe.gate.open();
    owner.post_keyed(CHECKOUT, "k", &pro()).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_key_can_be_retried_after_a_crash(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = keyed_process(engine).await;
    let owner = app.owner().await;
    app.stripe.gate.stop_answering();
    let browser = owner.with_address(app.server.address);
    let click = tokio::spawn(async move {
        browser.request(Method::POST, CHECKOUT).header("idempotency-key", "k").json(&pro()).send().await
    });
    app.stripe.gate.wait_for_call().await;
    app.server.kill();
    assert!(click.await.unwrap().is_err(), "the killed server answered");
    assert_eq!(app.stored_answers().await, [None]);
    app.stripe.gate.open();
    app.restart().await;

    owner.post_keyed(CHECKOUT, "k", &json!({ "plan": "team" })).await.refused(422, "idempotency_key_reused");
    eventually("the claim of the killed server has expired", async || {
        let answer = owner.post_keyed(CHECKOUT, "k", &pro()).await;
        if answer.status != 200 {
            answer.refused(409, "idempotency_in_progress");
        }
        answer.status == 200
    })
    .await;
    let again = owner.post_keyed(CHECKOUT, "k", &pro()).await;
    assert!(again.expect(200)["url"].is_string());
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(app.stripe.open_sessions().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn without_a_secrets_key_answers_end_with_the_process_and_a_warning_is_logged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).in_a_process().with("SECRETS_KEY", "").start().await;
    assert!(app.server.log().contains("SECRETS_KEY is not set"), "{}", app.server.log());
    let owner = app.owner().await;
    let first = owner.post_keyed(CHECKOUT, "k", &pro()).await;
    first.expect(200);
    assert_replayed(&owner.post_keyed(CHECKOUT, "k", &pro()).await, &first);
    let other_node = app.start_node().await;
    let there = owner.with_address(other_node.address).post_keyed(CHECKOUT, "k", &pro()).await;
    assert!(there.refused(409, "idempotency_answer_lost")["message"].as_str().unwrap().contains("SECRETS_KEY"));
    app.server.kill();
    app.restart().await;
    owner.post_keyed(CHECKOUT, "k", &pro()).await.refused(409, "idempotency_answer_lost");
    owner.post_keyed(CHECKOUT, "l", &pro()).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_key_expires_after_a_day(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = keyed_process(engine).await;
    let owner = app.owner().await;
    owner.post_keyed(CHECKOUT, "old", &pro()).await.expect(200);
    app.age_idempotency_keys().await;
    owner.post_keyed(CHECKOUT, "new", &pro()).await.expect(200);
    app.server.kill();
    app.restart().await;
    eventually("the expired key is deleted", async || app.stored_answers().await.len() == 1).await;
    assert_eq!(owner.post_keyed(CHECKOUT, "new", &pro()).await.header("idempotent-replayed"), Some("true"));
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_a_one_time_secret_again_and_it_is_stored_sealed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const KEYS: &str = "/api/v1/tenant/api-keys";
    let app = keyed_app(engine).await;
    let owner = app.owner().await;
    let request_body = json!({ "name": "gateway", "scopes": ["read"] });
    let first = owner.post_keyed(KEYS, "k", &request_body).await;
    let key = first.expect(201)["key"].as_str().unwrap().to_owned();
    assert_replayed(&owner.post_keyed(KEYS, "k", &request_body).await, &first);
    let listed: Value = owner.get(KEYS).await.expect(200);
    assert_eq!(listed.to_string().matches("gateway").count(), 1, "one key was created: {listed}");
    let kept = app.stored_answers().await;
    assert!(matches!(&kept[..], [Some(sealed)] if !sealed.contains(&key) && !sealed.contains("dues_")), "{kept:?}");
}

#[rstest]
#[tokio::test]
async fn an_anonymous_caller_is_identified_by_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const SIGNUP: &str = "/api/v1/enterprise/enterprise-signup";
    let app = TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let visitor = app.visitor();
    let send = async |address: &str| {
        let request = visitor.request(Method::POST, SIGNUP).header("x-forwarded-for", address);
        let request_body = json!({ "company": "Acme", "email": "ada@acme.test" });
        visitor.send(request.header("idempotency-key", "k").json(&request_body)).await
    };
    let first = send("192.0.2.1").await;
    first.expect(201);
    assert_replayed(&send("192.0.2.1").await, &first);
    let elsewhere = send("192.0.2.2").await;
    assert_ne!(elsewhere.expect(201), first.expect(201));
    let owner = app.owner().await;
    let signed_in = owner.post_keyed(SIGNUP, "k", &json!({ "company": "Acme", "email": "ada@acme.test" })).await;
    assert_eq!(signed_in.expect(201)["status"], "received");
    assert_eq!(signed_in.header("idempotent-replayed"), None);
}

#[rstest]
#[tokio::test]
async fn a_repeated_sign_up_gets_the_first_answer_and_a_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const SIGN_UP: &str = "/api/v1/auth/signup";
    let app = keyed_app(engine).await;
    let request_body = |password: &str| json!({ "email": "ada@example.com", "password": password });
    let (first, again, other) = (app.visitor(), app.visitor(), app.visitor());
    let made = first.post_keyed(SIGN_UP, "ada", &request_body("a sentence is fine")).await;
    assert_eq!(made.expect(201)["created"], true);
    assert_replayed(&again.post_keyed(SIGN_UP, "ada", &request_body("a sentence is fine")).await, &made);
    for browser in [&first, &again] {
        assert_eq!(browser.get("/api/v1/auth/me").await.expect(200)["email"], "ada@example.com");
    }
    other.post_keyed(SIGN_UP, "ada", &request_body("another sentence")).await.refused(422, "idempotency_key_reused");
    assert!(other.cookie("dues_session").is_none());
}
