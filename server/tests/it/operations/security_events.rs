//! Security events: one log line each, under a target that other log settings do not silence.

mod every;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, LOG_EVERYTHING, TestApp, eventually};

fn lines(app: &TestApp) -> Vec<Value> {
    events_in(&app.server.log())
}

/// Returns the lines of security events in a log.
fn events_in(log: &str) -> Vec<Value> {
    let read = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    read.filter(|line| line["target"] == "security").collect()
}

async fn wait_for_event(app: &TestApp, event: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let found = || lines(app).into_iter().find(|line| line["fields"]["event"] == event && is_it(line));
    eventually(&format!("{event} is in the log"), async || found().is_some()).await;
    found().unwrap()
}

async fn log_in(browser: &Browser, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    browser.send(browser.request(Method::POST, "/api/v1/auth/login").json(&body)).await.status
}

#[rstest]
#[tokio::test]
async fn each_event_is_one_line_with_actor_address_and_reason(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("error", "warn,sqlx=off", "server=error,billing=error", LOG_EVERYTHING)] level: &str,
) {
    let app = TestApp::on(engine).in_a_process().with("RUST_LOG", &format!("{level},server::run=info")).start().await;
    let owner = app.owner().await;
    let stranger = app.visitor();

    assert_eq!(log_in(&stranger, "unknown@planted-domain.test", "planted password").await, 401);
    let failed = wait_for_event(&app, "sign_in_failed", |line| line["fields"]["reason"] == "unknown_address").await;
    assert_eq!((&failed["level"], &failed["fields"]["email_domain"]), (&json!("INFO"), &json!("planted-domain.test")));
    let request = failed["spans"].as_array().unwrap().iter().find(|span| span["name"] == "request").unwrap();
    assert_eq!(
        (request["address"].as_str(), request["path"].as_str()),
        (Some("127.0.0.1"), Some("/api/v1/auth/login"))
    );
    assert!(request["request_id"].is_string());

    let made = owner
        .send(owner.request(Method::POST, "/api/v1/tenant/api-keys").json(&json!({ "name": "k", "scopes": ["read"] })))
        .await
        .expect(201);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let line = wait_for_event(&app, "key_made", |line| line["fields"]["key"] == id).await;
    assert!(line["fields"]["user"].is_string() && line["fields"]["tenant"] == owner.tenant.as_str(), "{line}");
    for _ in 0..3 {
        let asked = stranger.request(Method::GET, "/api/v1/billing/status").bearer_auth(key);
        assert_eq!(stranger.send(asked).await.status, 200);
    }
    wait_for_event(&app, "key_used_from_new_address", |line| line["fields"]["key"] == id).await;
    let refused = stranger.request(Method::POST, "/billing/subscription/sync").bearer_auth(key);
    assert_eq!(stranger.send(refused).await.status, 403);
    let line = wait_for_event(&app, "authorization_refused", |line| line["fields"]["key"] == id).await;
    assert_eq!(line["fields"]["reason"], "scope_required");

    assert_eq!(stranger.get("/api/v1/auth/me").await.status, 401);
    wait_for_event(&app, "authorization_refused", |line| line["fields"]["reason"] == "unauthenticated").await;
    let crossed = owner.request(Method::POST, "/rpc/logout").header("sec-fetch-site", "cross-site");
    assert_eq!(owner.send(crossed.form(&[("next", "/")])).await.status, 403);
    wait_for_event(&app, "origin_refused", |line| line["fields"]["user"].is_string()).await;
    let path = format!("/api/v1/tenant/api-keys/{id}");
    assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
    wait_for_event(&app, "key_revoked", |line| line["fields"]["key"] == id).await;

    for _ in 0..11 {
        log_in(&stranger, "unknown@planted-domain.test", "planted password").await;
    }
    wait_for_event(&app, "throttled", |line| line["fields"]["reason"] == "throttled").await;
    owner.send(owner.request(Method::POST, "/api/v1/auth/logout")).await;
    wait_for_event(&app, "sign_out", |line| line["fields"]["user"].is_string()).await;
    assert!(lines(&app).iter().any(|line| line["fields"]["event"] == "sign_in"));

    let uses = lines(&app).iter().filter(|line| line["fields"]["event"] == "key_used_from_new_address").count();
    assert_eq!(uses, 1, "once");
    let all = app.server.log();
    for secret in ["planted password", "unknown@", key.rsplit('_').next().unwrap()] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[rstest]
#[tokio::test]
async fn a_network_is_reported_as_new_once_also_after_a_restart(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).in_a_process().with("RUST_LOG", "warn,server::run=info").start().await;
    let owner = app.owner().await;
    let made = owner
        .send(owner.request(Method::POST, "/api/v1/tenant/api-keys").json(&json!({ "name": "k", "scopes": ["read"] })))
        .await
        .expect(201);
    let key = made["key"].as_str().unwrap().to_owned();
    let ask = async |app: &TestApp| {
        let browser = app.visitor();
        let asked = browser.request(Method::GET, "/api/v1/billing/status").bearer_auth(&key);
        assert_eq!(browser.send(asked).await.status, 200);
    };
    ask(&app).await;
    wait_for_event(&app, "key_used_from_new_address", |_| true).await;
    assert!(app.server.terminate().await.success());
    app.restart().await;
    ask(&app).await;
    ask(&app).await;
    let again = lines(&app).into_iter().find(|line| line["fields"]["event"] == "key_used_from_new_address");
    assert_eq!(again, None);
}

#[rstest]
#[case("warn,security=off,server::run=info", false)]
#[case("off,server::run=info", true)]
#[tokio::test]
async fn only_a_directive_of_its_own_silences_the_target(#[case] level: &str, #[case] is_logged: bool) {
    let app = TestApp::on(Engine::Sqlite).in_a_process().with("RUST_LOG", level).start().await;
    assert_eq!(app.visitor().get("/api/v1/auth/me").await.status, 401);
    if is_logged {
        wait_for_event(&app, "authorization_refused", |_| true).await;
    } else {
        // After a second request, a line of the first request would be in the log.
        assert_eq!(app.visitor().get("/api/v1/auth/me").await.status, 401);
        assert_eq!(lines(&app), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn the_security_and_bounds_documents_are_pages() {
    let app = TestApp::start(Engine::Sqlite).await;
    let page = app.visitor().get("/docs/security").await;
    assert_eq!(page.status, 200);
    for words in ["Report a fault", "key_used_from_new_address", "What an operator has to do"] {
        assert!(page.text.contains(words), "{words}");
    }
    let page = app.visitor().get("/docs/bounds").await;
    assert!(page.status == 200 && page.text.contains("MAX_CONNECTIONS_PER_ADDRESS"), "{page:#?}");
    let docs = app.visitor().get("/docs").await.text;
    assert!(docs.contains("/docs/security") && docs.contains("/docs/bounds"), "{docs}");
}
