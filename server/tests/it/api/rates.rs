//! Rate limits: what is counted, the response, and what is exempt.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Browser, Engine, TestApp};

const ME: &str = "/api/v1/auth/me";

/// Checks a 429 with `Retry-After` and this policy.
#[track_caller]
fn assert_limited(answer: &Answer, policy: &str) {
    answer.refused(429, "rate_limited");
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_counted(answer, policy);
    assert!(answer.header("ratelimit").unwrap().contains(";r=0;t="), "{answer:#?}");
}

#[track_caller]
fn assert_counted(answer: &Answer, policy: &str) {
    assert_eq!(answer.header("ratelimit-policy"), Some(format!("\"{policy}\";q=2;w=60").as_str()), "{answer:#?}");
    assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"{policy}\";r=")), "{answer:#?}");
}

#[track_caller]
fn assert_free(answer: &Answer) {
    assert_ne!(answer.status, 429, "{answer:#?}");
    assert_eq!((answer.header("ratelimit-policy"), answer.header("ratelimit")), (None, None));
}

async fn by_key(app: &TestApp, key: &str) -> Answer {
    let visitor = app.visitor();
    visitor.send(visitor.request(Method::GET, ME).bearer_auth(key)).await
}

#[rstest]
#[tokio::test]
async fn a_user_is_counted_across_all_their_sessions(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("RATE_LIMIT_PERSON", "2").with("RATE_LIMIT_ADDRESS", "0").start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let elsewhere = app.signed_in(&owner.email).await;
    let first = owner.get(ME).await;
    first.expect(200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"principal\";q=2;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"principal\";r=1;t=30"));
    // A failed request counts too.
    let second = elsewhere.get("/api/v1/nothing").await;
    second.refused(404, "not_found");
    assert_counted(&second, "principal");
    assert_limited(&owner.get(ME).await, "principal");
    assert_limited(&elsewhere.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await, "principal");
    other.get(ME).await.expect(200);
    // Pages have a separate limit.
    assert_free(&owner.get("/membership").await);
    let by_key = by_key(&app, &app.api_key(&owner.tenant, "read").await).await;
    by_key.expect(200);
    assert_eq!(by_key.header("ratelimit-policy"), Some("\"principal\";q=6000000;w=60"), "a key has a separate limit");
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn each_key_is_counted_separately(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("RATE_LIMIT_KEY", "2").start().await;
    let owner = app.owner().await;
    let (key, other) = (app.api_key(&owner.tenant, "read").await, app.api_key(&owner.tenant, "read").await);
    for _ in 0..2 {
        let answer = by_key(&app, &key).await;
        answer.expect(200);
        assert_counted(&answer, "principal");
    }
    assert_limited(&by_key(&app, &key).await, "principal");
    by_key(&app, &other).await.expect(200);
    owner.get(ME).await.expect(200);
}

/// Sends a GET from another address, as a proxy reports it.
async fn from(visitor: &Browser, address: &str, path: &str) -> Answer {
    visitor.send(visitor.request(Method::GET, path).header("x-forwarded-for", address)).await
}

#[rstest]
#[tokio::test]
async fn anonymous_calls_wrong_credentials_and_forms_are_counted_by_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("RATE_LIMIT_ADDRESS", "2").with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let visitor = app.visitor();
    let wrong = format!("dues_{}_{}", "0".repeat(16), "0".repeat(64));
    for (address, same) in [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2::1", "2001:db8:1:2:3::4")] {
        let one = from(&visitor, address, ME).await;
        one.refused(401, "unauthenticated");
        assert_counted(&one, "address");
        let request = visitor.request(Method::GET, ME).header("x-forwarded-for", same).bearer_auth(&wrong);
        visitor.send(request).await.refused(401, "unauthenticated");
        let request = visitor.request(Method::GET, ME).header("x-forwarded-for", address).bearer_auth(&wrong);
        assert_limited(&visitor.send(request).await, "address");
        assert_limited(&from(&visitor, same, "/api/v1/nothing").await, "address");
        let form = visitor.request(Method::POST, "/rpc/login").header("x-forwarded-for", same);
        assert_limited(&visitor.send(form.form(&[("email", "ada"), ("password", "x")])).await, "address");
        assert_free(&from(&visitor, address, "/login").await);
    }
    from(&visitor, "192.0.2.2", ME).await.refused(401, "unauthenticated");
    from(&visitor, "2001:db8:1:3::1", ME).await.refused(401, "unauthenticated");
}

#[rstest]
#[case::a_network_with_the_proxy_in_it("127.0.0.0/8", true)]
#[case::one_of_several("10.0.0.0/8, 127.0.0.0/8", true)]
#[case::networks_of_others("10.0.0.0/8,192.0.2.0/24", false)]
#[tokio::test]
async fn a_trusted_proxy_names_the_client_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] trusted: &str,
    #[case] is_believed: bool,
) {
    let app = TestApp::on(engine).with("RATE_LIMIT_ADDRESS", "2").with("TRUSTED_PROXIES", trusted).start().await;
    let visitor = app.visitor();
    for _ in 0..2 {
        from(&visitor, "192.0.2.1", ME).await.refused(401, "unauthenticated");
    }
    assert_limited(&from(&visitor, "192.0.2.1", ME).await, "address");
    // Addresses before the proxy's entry are ignored.
    assert_limited(&from(&visitor, "192.0.2.9, 192.0.2.1", ME).await, "address");
    let other = from(&visitor, "192.0.2.2", ME).await;
    if is_believed {
        other.refused(401, "unauthenticated");
    } else {
        assert_limited(&other, "address");
    }
}

#[rstest]
#[tokio::test]
async fn probes_pages_and_webhooks_are_never_limited_by_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("RATE_LIMIT_ADDRESS", "1").start().await;
    let visitor = app.visitor();
    visitor.get(ME).await.refused(401, "unauthenticated");
    visitor.get(ME).await.refused(429, "rate_limited");
    for _ in 0..3 {
        for path in ["/healthz", "/readyz", "/openapi.json", "/login", "/robots.txt", "/favicon.ico", "/nothing"] {
            assert_free(&visitor.get(path).await);
        }
        for path in ["/webhooks/billing/stripe", "/api/v1/billing/webhook"] {
            let answer = app.webhook_on(path, None, "{}").await;
            answer.refused(400, "invalid_signature");
            assert_free(&answer);
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_refusal_of_the_api_has_the_remaining_quota(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let checkout = |request: fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder| {
        request(owner.request(Method::POST, "/api/v1/billing/checkout"))
    };
    let refusals = [
        (checkout(|request| request.body(vec![b' '; 2 << 20])), 413),
        (checkout(|request| request.header("sec-fetch-site", "cross-site")), 403),
        (checkout(|request| request.body("pro")), 415),
        (checkout(|request| request.header("x-tenant-id", "unknown")), 404),
        (owner.request(Method::DELETE, "/api/v1/billing/checkout"), 405),
        (owner.request(Method::GET, "/billing/nothing"), 404),
    ];
    for (request, status) in refusals {
        let answer = owner.send(request).await;
        assert_eq!(answer.status, status, "{answer:#?}");
        assert!(answer.header("ratelimit").is_some() && answer.header("ratelimit-policy").is_some(), "{answer:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn pages_are_counted_by_user_and_a_page_reports_the_limit(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("RATE_LIMIT_PAGES", "3").start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    for _ in 0..3 {
        assert_free(&owner.get("/membership").await);
    }
    for path in ["/membership", "/usage", "/nothing"] {
        let refused = owner.get(path).await;
        assert_eq!(refused.status, 429, "{refused:#?}");
        assert!(refused.text.contains("Too many requests."), "{refused:#?}");
        let secs: i64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&secs), "{secs}");
    }
    assert_eq!(other.get("/membership").await.status, 200, "another user at the same address is not limited");
    assert_eq!(owner.get(ME).await.status, 200, "the API has a separate limit");
    for path in ["/healthz", "/readyz", "/robots.txt", "/favicon.ico"] {
        assert_eq!(owner.get(path).await.status, 200, "{path}");
    }
    let visitor = app.visitor();
    let loaded = (0..5).map(|_| visitor.get("/login"));
    let loaded = futures::future::join_all(loaded).await;
    assert_eq!(loaded.iter().filter(|answer| answer.status == 200).count(), 3, "pages are limited by address");
}
