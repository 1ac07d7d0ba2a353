//! Browser security: headers, cookies and the refusal of cross-site requests.

use rstest::rstest;
use serde_json::json;

use crate::harness::{APP_URL, Engine, PASSWORD, TestApp};

const ME: &str = "/api/v1/auth/me";

#[rstest]
#[tokio::test]
async fn every_response_has_the_security_headers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let paths = [
        "/",
        "/login",
        "/signup",
        "/membership",
        "/membership/membership-paid",
        "/checkout?plan=team",
        "/checkout?plan=nope",
        "/usage",
        "/settings/keys",
        "/settings/webhooks",
        "/settings/workspace",
        "/membership/enterprise",
        "/no/such/page",
        "/api/v1/auth/me",
        "/api/v1/billing/status",
        "/api/nothing",
        "/healthz",
        "/readyz",
        "/style/none.css",
        "/pkg/none.js",
        "/rpc/nothing",
        "/favicon.ico",
        "/robots.txt",
    ];
    for path in paths {
        let answer = owner.get(path).await;
        assert!(answer.status < 500, "{answer:#?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36), "{path}");
        assert!(answer.header("strict-transport-security").is_none(), "this Dues is not on https");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
    }
    for path in ["/membership", ME] {
        assert_eq!(owner.get(path).await.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[rstest]
#[tokio::test]
async fn scripts_run_only_with_the_nonce_of_their_page(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let mut seen = Vec::new();
    for path in ["/membership", "/membership", "/usage", "/login", "/no/such/page"] {
        let answer = owner.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        if answer.status == 303 {
            continue;
        }
        let nonce = policy.split_once("'nonce-").unwrap().1.split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16, "{nonce}");
        assert!(
            policy.contains("form-action 'self' http://127.0.0.1:"),
            "the provider's pages may be led to: {policy}"
        );
        for script in answer.text.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        assert!(!answer.text.contains(" style=\"") && !answer.text.contains(" onclick="), "{path}");
        assert!(!seen.contains(&nonce));
        seen.push(nonce);
    }
    assert!(seen.len() >= 4);
}

#[tokio::test]
async fn a_page_without_an_island_has_no_script_and_a_head_request_gets_no_body() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner().await;
    for (path, has_island) in [("/membership/enterprise", false), ("/no/such/page", false), ("/usage", true)] {
        let page = owner.get(path).await;
        let html = &page.text;
        assert!(has_island || !html.contains("<script"), "{path}: {html}");
        // Without built islands no page has a script.
        assert_eq!(html.contains("type=\"module\""), html.contains("__INCOMPLETE_CHUNKS=[];"), "{path}: {html}");
        assert_eq!(html.matches("<title>").count(), 1, "{path}: {html}");
        let head = owner.send(owner.request(reqwest::Method::HEAD, path)).await;
        assert_eq!((head.status, head.text.as_str()), (page.status, ""), "{path}");
    }
    let slash = owner.get("/usage/").await;
    assert_eq!(slash.status, 200, "a slash at the end is ignored: {slash:#?}");
}

#[rstest]
#[case::http(APP_URL, false)]
#[case::https("https://dues.test", true)]
#[tokio::test]
async fn a_session_cookie_is_http_only_and_same_site(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] app_url: &str,
    #[case] secure: bool,
) {
    let app = TestApp::on(engine).with("APP_URL", app_url).start().await;
    let owner = app.owner().await;
    let login = json!({ "email": owner.email, "password": PASSWORD });
    let answer = app.visitor().post("/api/v1/auth/login", &login).await;
    let cookie = answer.header("set-cookie").unwrap().to_lowercase();
    for flag in ["httponly", "samesite=lax", "path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("domain="), "{cookie}");
    assert_eq!(cookie.contains("secure"), secure, "{cookie}");
    assert_eq!(answer.header("strict-transport-security").is_some(), secure);
    for path in ["/login", "/signup", "/healthz", ME] {
        assert!(app.visitor().get(path).await.header("set-cookie").is_none(), "no cookie is set on {path}");
    }
}

#[rstest]
#[tokio::test]
async fn a_bearer_token_is_accepted_from_any_origin(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let key = app.key_of(&owner, &[domain::tenant::scope::Scope::Usage]).await.key;
    let path = "/api/v1/billing/features/projects/consume";
    let foreign = |request: reqwest::RequestBuilder| {
        request.header("origin", "https://app.example.com").header("sec-fetch-site", "cross-site")
    };
    let visitor = app.visitor();
    let with_key = foreign(visitor.request(reqwest::Method::POST, path)).bearer_auth(&key);
    visitor.send(with_key).await.expect(200);
    // Login is refused, as it sets a cookie even with a bearer token.
    let login = foreign(visitor.request(reqwest::Method::POST, "/api/v1/auth/login")).bearer_auth(&key);
    visitor.send(login.json(&json!({}))).await.refused(403, "cross_site_request");
}

#[rstest]
#[tokio::test]
async fn cross_site_requests_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let second = app.second_workspace_of(&owner).await;
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "odd"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", "http://dues.test.evil.test"),
        ("origin", "http://dues.test:8080"),
        ("origin", "https://dues.test"),
    ];
    for (name, value) in foreign {
        for path in ["/api/v1/billing/checkout", "/api/v1/billing/portal", "/api/v1/auth/logout", "/api/v1/auth/login"]
        {
            let request =
                owner.request(reqwest::Method::POST, path).header(name, value).json(&json!({ "plan": "pro" }));
            owner.send(request).await.refused(403, "cross_site_request");
        }
        for path in ["/rpc/checkout", "/rpc/logout", "/rpc/workspace", "/rpc/login", "/rpc/theme"] {
            let form = [("plan", "pro"), ("cycle", "monthly"), ("tenant", second.as_str()), ("theme", "dark")];
            let answer = owner.send(owner.request(reqwest::Method::POST, path).header(name, value).form(&form)).await;
            assert_eq!(answer.status, 403, "{name}: {value} on {path}");
            assert!(answer.header("set-cookie").is_none());
        }
        // Reads are allowed, and the return from Stripe comes from another site.
        let look = owner.request(reqwest::Method::GET, "/membership/membership-paid").header(name, value);
        assert_eq!(owner.send(look).await.status, 200);
    }
    assert_eq!(owner.get(ME).await.expect(200)["tenantId"], owner.tenant.as_str());
    assert!(app.stripe.open_sessions().await.is_empty());

    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", APP_URL), ("sec-fetch-site", "none")] {
        let request = owner.request(reqwest::Method::POST, "/api/v1/billing/checkout").header(name, value);
        owner.send(request.json(&json!({ "plan": "pro" }))).await.expect(200);
    }
    // A webhook has no cookie and is verified by its signature.
    let body = r#"{"id":"evt_1","type":"plan.created"}"#;
    app.send_stripe_event(body).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_store_failure_is_a_page_for_people_and_json_for_programs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    app.hide_the_memberships_table().await;
    let page = owner.get("/membership").await;
    assert_eq!(page.status, 500, "{page:#?}");
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text.contains("Something went wrong on our side."));
    assert!(page.text.contains(page.header("x-request-id").unwrap()), "the page names its request id");
    assert!(!page.text.contains("memberships"), "the page does not reveal table names");
    let answer = owner.get("/api/v1/billing/status").await;
    answer.refused(500, "internal");
    assert!(!answer.text.contains("memberships"));
}
