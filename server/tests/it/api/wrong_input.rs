//! Invalid input gets a client error that says what to do, and never a server error.

use reqwest::{Method, header::HeaderValue};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Engine, TestApp};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// Routes that read JSON.
const READING: [&str; 3] = ["/api/v1/auth/signup", "/api/v1/auth/login", "/api/v1/billing/checkout"];
const WEBHOOKS: [&str; 2] = ["/api/v1/billing/webhook", "/webhooks/billing/stripe"];
const FORMS: [&str; 9] = [
    "/rpc/login",
    "/rpc/signup",
    "/rpc/logout",
    "/rpc/workspace",
    "/rpc/checkout",
    "/rpc/portal",
    "/rpc/sync",
    "/rpc/language",
    "/rpc/theme",
];

/// Checks a client error in the contract's shape.
#[track_caller]
fn assert_client_error(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {answer:#?}");
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    answer.refused(answer.status, &code);
}

#[rstest]
#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let deep = format!("{{\"plan\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let bodies: [(&[u8], &str); 16] = [
        (b"", "invalid_json"),
        (b" ", "invalid_json"),
        (b"{", "invalid_json"),
        (b"plan=pro", "invalid_json"),
        (b"{\"plan\":\"pro\"} x", "invalid_json"),
        (b"{\"plan\":\"pro\",}", "invalid_json"),
        (b"{\"plan\":\"\xff\xfe\"}", "invalid_json"),
        (b"\xef\xbb\xbf{\"plan\":\"pro\"}", "invalid_json"),
        (b"{\"plan\":\"\\ud800\"}", "invalid_json"),
        (b"\0", "invalid_json"),
        (deep.as_bytes(), "invalid_json"),
        (b"[]", "validation_error"),
        (b"null", "validation_error"),
        (b"\"pro\"", "validation_error"),
        (b"1e999", "invalid_json"),
        (b"true", "validation_error"),
    ];
    for path in READING {
        for (body, code) in bodies {
            let request = owner.request(Method::POST, path).header("content-type", JSON).body(body.to_vec());
            owner.send(request).await.refused(400, code);
        }
        for kind in
            ["text/plain", FORM, "multipart/form-data; boundary=x", "application/jsonp", "", "é", "application/json5"]
        {
            let value = HeaderValue::from_bytes(kind.as_bytes()).unwrap();
            let request = owner.request(Method::POST, path).header("content-type", value).body("{\"plan\":\"pro\"}");
            owner.send(request).await.refused(415, "unsupported_media_type");
        }
        let bare = owner.request(Method::POST, path).body("{\"plan\":\"pro\"}");
        owner.send(bare).await.refused(415, "unsupported_media_type");
        let odd = owner.request(Method::POST, path).header("content-type", "Application/JSON ; charset=utf-8");
        owner.send(odd.body("[]")).await.refused(400, "validation_error");
    }
}

#[rstest]
#[tokio::test]
async fn a_body_of_three_megabytes_is_refused_everywhere(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let large = format!("{{\"plan\":\"{}\"}}", "x".repeat(3 << 20));
    for path in READING.into_iter().chain(WEBHOOKS) {
        let request = owner.request(Method::POST, path).header("content-type", JSON).body(large.clone());
        owner.send(request).await.refused(413, "payload_too_large");
        // Here the body has no `Content-Length`. A webhook without a signature is refused before the limit is reached.
        let answer = owner.post_chunked(path, large.as_bytes()).await;
        let (status, code) =
            if WEBHOOKS.contains(&path) { (400, "invalid_signature") } else { (413, "payload_too_large") };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code), "{answer}");
    }
    for path in FORMS {
        let request = owner.request(Method::POST, path).header("content-type", FORM).body(format!("plan={large}"));
        owner.send(request).await.refused(413, "payload_too_large");
    }
    assert_eq!(app.stored_events().await, 0);
}

#[rstest]
#[tokio::test]
async fn an_unknown_path_or_method_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1/nothing",
        "/api/v1/billing/status/",
        "/billing/nothing",
        "/webhooks/x",
        "/tenant/x",
        "/rpc/x",
        "/rpc/",
        "/api/%00",
        "/api/%ff",
        "/api//v1/auth/me",
    ] {
        owner.get(path).await.refused(404, "not_found");
        let request = owner.request(Method::POST, path).header("content-type", FORM);
        owner.send(request).await.refused(404, "not_found");
    }
    let methods = [
        (Method::GET, "/api/v1/auth/login", "POST"),
        (Method::GET, "/api/v1/auth/signup", "POST"),
        (Method::GET, "/api/v1/auth/logout", "POST"),
        (Method::POST, "/api/v1/auth/me", "GET,HEAD"),
        (Method::PUT, "/api/v1/billing/checkout", "POST"),
        (Method::DELETE, "/api/v1/billing/portal", "POST"),
        (Method::PATCH, "/api/v1/billing/status", "GET,HEAD"),
        (Method::GET, "/api/v1/billing/webhook", "POST"),
        (Method::GET, "/webhooks/billing/stripe", "POST"),
        (Method::POST, "/healthz", "GET,HEAD"),
        (Method::DELETE, "/readyz", "GET,HEAD"),
        (Method::GET, "/rpc/login", "POST"),
    ];
    for (method, path, allowed) in methods {
        let answer = owner.send(owner.request(method.clone(), path)).await;
        answer.refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
    for path in [
        "/nothing",
        "/membership/nothing",
        "/%00",
        "/%ff",
        "/..%2f..%2fetc/passwd",
        "/style/../../etc/passwd",
        "/pkg/..%2f..%2fx",
    ] {
        let answer = owner.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let page = owner.get("/nothing").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.text.contains("There’s no page"));
}

#[rstest]
#[tokio::test]
async fn forms_never_fail_on_garbage(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let many = (0..20_000).map(|number| format!("f{number}=x")).collect::<Vec<_>>().join("&");
    let nested = format!("plan{}=x", "[a]".repeat(5000));
    let bodies: [&[u8]; 24] = [
        b"",
        b"&",
        b"=",
        b"%",
        b"%zz",
        b"plan=%ff%fe",
        b"\xff\xfe\0",
        b"plan",
        b"plan=",
        b"plan=pro&plan=team",
        b"plan[]=pro",
        b"plan[0]=pro&plan[1]=x",
        b"plan[a]=pro",
        b"plan[=pro",
        b"plan]=pro",
        b"[plan]=pro",
        b"[]=",
        b"email=a&email=b&password=c&password=d",
        b"tenant[]=x&theme[]=y&door[]=z&email[]=a&password[]=b&next[]=c&workspace[]=d&cycle[]=e&back[]=f",
        b"plan=%00&cycle=%00&door=%00&tenant=%00&email=%00&password=%00&next=%00&theme=%00&back=%00",
        b"plan=%0d%0aset-cookie:%20x=y&cycle=%0d%0a&back=%2f%0d%0aset-cookie:%20x=y&next=%2f%0d%0ax:y",
        "plan=プロ&cycle=é&email=ü@ü&password=ß&theme=黒&back=/é&next=/é".as_bytes(),
        many.as_bytes(),
        nested.as_bytes(),
    ];
    for path in FORMS {
        // Logs in again each time, as one of the forms logs out.
        let browser = app.signed_in(&owner.email).await;
        let path = &format!("{path}{}", browser.drawn_for().await);
        for body in bodies {
            for accept in ["text/html", "*/*", "application/json"] {
                let request = browser.request(Method::POST, path).header("content-type", FORM).header("accept", accept);
                let answer = browser.send(request.body(body.to_vec())).await;
                let what = format!("{path} {:?} {answer:#?}", String::from_utf8_lossy(&body[..body.len().min(100)]));
                assert!(answer.status < 500, "{what}");
                if answer.status == 303 {
                    let to = answer.header("location").unwrap();
                    assert!(
                        to.starts_with('/') && !to.starts_with("//") || to.starts_with("http://127.0.0.1:"),
                        "{what}"
                    );
                    assert!(to.len() < 1000, "{what}");
                } else {
                    assert_client_error(&answer, &what);
                }
                assert!(answer.header("x").is_none(), "{what}");
            }
        }
        for kind in [JSON, "multipart/form-data; boundary=x", "text/plain", "", "application/cbor", "é"] {
            let value = HeaderValue::from_bytes(kind.as_bytes()).unwrap();
            let request = browser.request(Method::POST, path).header("content-type", value).body("{\"plan\":\"pro\"}");
            browser.send(request).await.refused(415, "unsupported_media_type");
        }
    }
}

#[rstest]
#[tokio::test]
async fn no_route_fails_on_odd_headers_and_queries(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for (id, is_kept) in [
        ("abc-1.2_3", true),
        ("é", false),
        ("", false),
        ("a b", false),
        ("<script>", false),
        (&"x".repeat(65), false),
        ("a\"b", false),
    ] {
        for path in ["/api/v1/auth/me", "/membership", "/nothing", "/api/nothing"] {
            let value = HeaderValue::from_bytes(id.as_bytes()).unwrap();
            let answer = owner.send(owner.request(Method::GET, path).header("x-request-id", value)).await;
            assert!(answer.status < 500);
            assert_eq!(answer.header("x-request-id") == Some(id), is_kept, "{id} on {path}");
        }
    }
    let cookies = [
        "dues_session",
        "dues_session=",
        "dues_session=x",
        "dues_session=%00",
        "=;;;=",
        "dues_session=AAAAAAAAAAAAAAAAAAAAAA; dues_session=x",
        "é=ü",
        "theme=%ff; dues_session=../..",
        "dues_session=999999999999999999999999999999999999999",
    ];
    let long = format!("dues_session={}", "x".repeat(6000));
    for cookie in cookies.into_iter().chain([long.as_str()]) {
        let visitor = app.visitor();
        let value = HeaderValue::from_bytes(cookie.as_bytes()).unwrap();
        let answer =
            visitor.send(visitor.request(Method::GET, "/api/v1/auth/me").header("cookie", value.clone())).await;
        answer.refused(401, "unauthenticated");
        let page = visitor.send(visitor.request(Method::GET, "/login").header("cookie", value)).await;
        assert_eq!(page.status, 200, "{cookie}");
    }
    let queries = [
        "/checkout",
        "/checkout?",
        "/checkout?plan",
        "/checkout?plan=&plan=",
        "/checkout?plan=%00",
        "/checkout?plan=%ff",
        "/checkout?plan=pro&cycle=weekly",
        "/checkout?plan=pro&code=%3Cscript%3E&wrong=%3Cscript%3E",
        "/checkout?plan=<script>",
        "/login?code=<script>alert(1)</script>&wait=-99999999999999999999",
        "/login?code=throttled&wait=9223372036854775807",
        "/login?next=//evil.test",
        "/signup?code=validation_error&wrong=x",
        "/membership?code=nope&request=<script>",
        "/membership?checkout=canceled&checkout=x",
        "/usage?%",
        "/membership/membership-paid?session_id=",
        "/membership/membership-paid?session_id=%00",
        "/membership/membership-paid?session_id=../customers",
        "/membership/membership-paid?session_id={CHECKOUT_SESSION_ID}",
    ];
    let long = format!("/checkout?plan={}", "x".repeat(7000));
    for path in queries.into_iter().chain([long.as_str()]) {
        for browser in [&*owner, &app.visitor()] {
            let answer = browser.get(path).await;
            assert!(answer.status < 500, "{path}: {answer:#?}");
            assert!(!answer.text.contains("<script>"), "{path}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_portal_ignores_a_body(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    for body in ["", "{}", "{", "garbage"] {
        let request = owner.request(Method::POST, "/api/v1/billing/portal").body(body);
        let answer: Value = owner.send(request).await.expect(200);
        assert!(answer["url"].is_string());
    }
    let more = json!({ "plan": "starter", "unknown": { "deep": [1, 2, 3] } });
    assert_eq!(owner.post("/api/v1/billing/checkout", &more).await.status, 200, "unknown fields are ignored");
}
