//! CORS: scripts of listed origins call the API with a bearer token, and never with the session cookie.

use domain::tenant::scope::Scope;
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::json;

use crate::harness::{APP_URL, Answer, Browser, Engine, TestApp};

const LISTED: &str = "https://app.example.com";
const UNLISTED: &str = "https://evil.example.com";
const STATUS: &str = "/api/v1/billing/status";
const CHECK: &str = "/api/v1/billing/features/projects/check";
const CONSUME: &str = "/api/v1/billing/features/projects/consume";
const EXPOSED: &str = "etag, retry-after, ratelimit, ratelimit-policy, x-request-id, idempotent-replayed";

async fn app_with_origins(engine: Engine) -> TestApp {
    TestApp::on(engine).with("CORS_ORIGINS", "https://other.example.com,https://app.example.com").start().await
}

/// Adds the headers that a browser sends with a request of a script of `origin`.
fn from(origin: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors")
}

async fn call(browser: &Browser, origin: &str, method: Method, path: &str) -> Answer {
    browser.send(from(origin, browser.request(method, path))).await
}

async fn preflight(browser: &Browser, origin: &str, path: &str) -> Answer {
    let request = from(origin, browser.request(Method::OPTIONS, path));
    let request = request.header("access-control-request-method", "POST");
    browser.send(request.header("access-control-request-headers", "authorization,content-type")).await
}

#[track_caller]
fn assert_readable(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer:#?}");
    assert_eq!(answer.header("access-control-expose-headers"), Some(EXPOSED), "{answer:#?}");
    assert!(varies_by_origin(answer), "{answer:#?}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer:#?}");
}

#[track_caller]
fn assert_closed(answer: &Answer) {
    let names: Vec<_> = answer.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
    assert!(names.is_empty(), "{answer:#?}");
}

fn varies_by_origin(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().any(|vary| vary == "origin")
}

#[rstest]
#[tokio::test]
async fn scripts_of_a_listed_origin_call_with_a_token(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app_with_origins(engine).await;
    let owner = app.owner().await;
    let key = app.key_named(&owner, "app", &[Scope::Read, Scope::Usage]).await;
    for origin in [LISTED, "https://other.example.com"] {
        for path in [STATUS, CHECK, "/billing/plans", "/billing/usage"] {
            let answer = call(&key, origin, Method::GET, path).await;
            answer.expect(200);
            assert_readable(&answer, origin);
            assert!(answer.header("ratelimit").is_some(), "what is exposed is there: {answer:#?}");
        }
    }
    let consumed = call(&key, LISTED, Method::POST, CONSUME).await;
    consumed.expect(200);
    assert_readable(&consumed, LISTED);
    // Refusals can be read, too, and so can paths that do not exist.
    for (path, status) in [("/tenant/secrets", 403), ("/api/v1/nothing", 404), ("/billing/nothing", 404)] {
        let answer = call(&key, LISTED, Method::GET, path).await;
        assert_eq!(answer.status, status, "{answer:#?}");
        assert_readable(&answer, LISTED);
    }
}

#[rstest]
#[tokio::test]
async fn preflights_are_answered_without_a_caller(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app_with_origins(engine).await;
    let visitor = app.visitor();
    for path in [STATUS, CONSUME, "/api/v1/usage/events", "/billing/upgrade", "/tenant/secrets", "/api/v1/nothing"] {
        let answer = preflight(&visitor, LISTED, path).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}: {answer:#?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED));
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD, POST, PUT, PATCH, DELETE"));
        let headers: Vec<_> = answer.header("access-control-allow-headers").unwrap().split(", ").collect();
        for header in ["authorization", "content-type", "idempotency-key", "if-none-match", "x-tenant-id", "ce-id"] {
            assert!(headers.contains(&header), "{header}: {headers:?}");
        }
        assert_eq!(answer.header("access-control-max-age"), Some("7200"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(varies_by_origin(&answer), "{answer:#?}");
        assert_closed(&preflight(&visitor, UNLISTED, path).await);
    }
}

#[rstest]
#[tokio::test]
async fn other_origins_and_paths_get_no_cors_headers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app_with_origins(engine).await;
    let owner = app.owner().await;
    let key = app.key_named(&owner, "app", &[Scope::Read]).await;
    for origin in [UNLISTED, "null", "https://app.example.com.evil.test", "https://app.example.com:8443", APP_URL] {
        let answer = call(&key, origin, Method::GET, STATUS).await;
        answer.expect(200);
        assert_closed(&answer);
        assert!(varies_by_origin(&answer), "a cache must not hand it to a listed origin: {answer:#?}");
    }
    for path in ["/login", "/openapi.json", "/healthz", "/rpc/login", "/webhooks/billing/stripe"] {
        assert_closed(&preflight(&app.visitor(), LISTED, path).await);
        assert_closed(&call(&app.visitor(), LISTED, Method::GET, path).await);
    }
}

#[rstest]
#[tokio::test]
async fn the_session_cookie_does_not_count_for_a_listed_origin(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = app_with_origins(engine).await;
    let owner = app.owner().await;
    // A sibling subdomain is the same site: its requests carry cookies with SameSite=Lax.
    let same_site = |request: RequestBuilder| request.header("origin", LISTED).header("sec-fetch-site", "same-site");
    for path in [STATUS, "/billing/subscription", "/tenant/secrets", "/api/v1/auth/me"] {
        let answer = owner.send(same_site(owner.request(Method::GET, path))).await;
        answer.refused(401, "unauthenticated");
        assert_readable(&answer, LISTED);
        assert!(answer.header("set-cookie").is_none(), "{answer:#?}");
    }
    for path in ["/api/v1/billing/checkout", "/billing/upgrade", "/tenant/secrets", "/api/v1/auth/logout"] {
        let request = owner.request(Method::POST, path).json(&json!({ "plan": "pro" }));
        owner.send(same_site(request)).await.refused(403, "cross_site_request");
    }
    assert!(app.stripe.open_sessions().await.is_empty());
    // The session is still valid.
    assert_eq!(owner.get("/api/v1/auth/me").await.expect(200)["tenantId"], owner.tenant.as_str());
}

#[rstest]
#[tokio::test]
async fn the_own_origin_keeps_its_session_even_if_it_is_listed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("CORS_ORIGINS", APP_URL).start().await;
    let owner = app.owner().await;
    let request = owner.request(Method::POST, "/api/v1/billing/checkout").header("origin", APP_URL);
    let answer = owner.send(request.json(&json!({ "plan": "pro" }))).await;
    answer.expect(200);
    assert_closed(&answer);
}

#[tokio::test]
async fn without_listed_origins_there_is_no_cors() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_closed(&preflight(&app.visitor(), LISTED, STATUS).await);
    let answer = call(&app.visitor(), LISTED, Method::GET, STATUS).await;
    answer.refused(401, "unauthenticated");
    assert_closed(&answer);
    assert!(!varies_by_origin(&answer), "{answer:#?}");
}
