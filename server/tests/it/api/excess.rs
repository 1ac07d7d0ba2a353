//! Very large input to every route: it is refused and costs little processor time.

#![expect(clippy::format_collect, reason = "inputs of tests are short")]

mod fields;
mod hung_up;
mod signed_in;

use std::time::Duration;

// Links the pages, so that their server functions are registered.
use app as _;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, PASSWORD, TestApp, operations};

const JSON: &str = "application/json";
const BATCH: &str = "application/cloudevents-batch+json";
const FORM: &str = "application/x-www-form-urlencoded";
const MEGABYTE: usize = 1 << 20;
/// Limit of the processor time of one request, for a debug build on a busy machine; a release build takes a twentieth
/// (`make excess`). Quadratic work takes minutes.
const MAX_CPU_PER_REQUEST: Duration = Duration::from_millis(400);

/// Returns `begin`, then `again` repeated up to `bytes`, then `end`.
fn repeated(begin: &str, again: &str, end: &str, bytes: usize) -> String {
    let times = (bytes - begin.len() - end.len()) / again.len();
    [begin, &again.repeat(times), end].concat()
}

/// A large body: its name, content type and text.
type LargeBody = (&'static str, &'static str, String);

/// Returns bodies of each kind in each size.
fn bodies(sizes: &[usize]) -> Vec<LargeBody> {
    let kinds = |bytes: usize| {
        [
            ("a list of a form", FORM, repeated("", "useCases[]=a&", "x=1", bytes)),
            ("fields of a form", FORM, (0..bytes / 12).map(|at| format!("f{at}=x&")).collect()),
            ("a field of a form", FORM, repeated("email=", "%C3%BC", "", bytes)),
            ("names of a form", FORM, repeated("", "a[b][c]", "=1", bytes)),
            ("depth", JSON, repeated("{\"plan\":", "[", "", bytes)),
            ("a list", JSON, repeated("{\"scopes\":[", "1,", "1]}", bytes)),
            ("a list of objects", BATCH, repeated("[", "{},", "{}]", bytes)),
            ("keys", JSON, {
                let keys: String = (0..bytes / 14).map(|at| format!("\"k{at}\":1,")).collect();
                format!("{{{keys}\"plan\":\"pro\"}}")
            }),
            ("a text", JSON, repeated("{\"email\":\"", "\\u00fc", "\"}", bytes)),
            ("nothing that is known", "application/octet-stream", repeated("", "\u{0}", "", bytes)),
        ]
    };
    sizes.iter().flat_map(|bytes| kinds(*bytes)).collect()
}

/// Returns every form of the pages and every operation of the document.
fn routes() -> Vec<(Method, String)> {
    let forms = server_fn_paths().map(|(path, _)| (Method::POST, path.to_owned()));
    let operations = operations().map(|operation| {
        let path: Vec<_> =
            operation.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        (operation.method.to_uppercase().parse().unwrap(), path.join("/"))
    });
    forms.chain(operations).collect()
}

async fn app(engine: Engine) -> TestApp {
    TestApp::on(engine)
        .in_a_process()
        .with("RATE_LIMIT_ADDRESS", "0")
        .with("RATE_LIMIT_PERSON", "0")
        .with("RATE_LIMIT_KEY", "0")
        .start()
        .await
}

#[rstest]
#[tokio::test]
async fn a_megabyte_of_any_body_is_cheap_on_every_route(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let key = app.api_key(&owner.tenant, "read,usage,billing,secrets").await;
    let bodies = bodies(&[60 * 1024, MEGABYTE - 4096]);
    let routes = routes();
    assert!(routes.len() > 80, "some forms or operations are missing: {routes:?}");
    for (method, path) in routes {
        if method == Method::GET {
            continue;
        }
        let before = app.server.cpu();
        for (what, kind, body) in &bodies {
            let visitor = app.visitor();
            let request = visitor.request(method.clone(), &path).header("content-type", *kind).body(body.clone());
            // Forms are sent as a page of Dues sends them. Operations are called with a key, though some accept none.
            let request = if path.starts_with("/rpc/") { request } else { request.bearer_auth(&key) };
            let answer = visitor.send(request).await;
            assert!(answer.status < 500 || answer.status == 501, "{method} {path}, {what}: {answer:#?}");
        }
        let cost = (app.server.cpu().saturating_sub(before)) / u32::try_from(bodies.len()).unwrap();
        assert!(cost < MAX_CPU_PER_REQUEST, "{method} {path} costs {cost:?} a request");
    }
}

#[rstest]
#[tokio::test]
async fn a_form_with_thousands_of_repeated_fields_is_refused_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = app(engine).await;
    let before = app.server.cpu();
    for bytes in [60 * 1024, 960 * 1024] {
        let visitor = app.visitor();
        let form = repeated("company=Acme&", "useCases[]=a&", "x=1", bytes);
        let request = visitor.request(Method::POST, "/rpc/enterprise-signup").header("content-type", FORM).body(form);
        let answer = visitor.send(request).await;
        answer.refused(
            if bytes > 64 * 1024 { 413 } else { 400 },
            if bytes > 64 * 1024 { "payload_too_large" } else { "invalid_form" },
        );
    }
    // A form within the limit of fields is refused for its content only, and its input is kept for the page.
    let cases: Vec<_> = std::iter::repeat_n(("useCases[]", "a"), 60).chain([("company", "Acme")]).collect();
    let visitor = app.visitor();
    let refused = visitor.submit("/rpc/enterprise-signup", &cases).await;
    assert!(refused.leads_to().contains("code=validation_error"), "{refused:#?}");
    assert!(visitor.cookie("draft").is_some_and(|draft| draft.contains("company=Acme")));
    assert!(
        app.server.cpu().saturating_sub(before) < Duration::from_secs(2),
        "{:?}",
        app.server.cpu().saturating_sub(before)
    );
}

#[rstest]
#[tokio::test]
async fn a_too_large_head_is_refused_on_every_route(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let before = app.server.cpu();
    let mut sent = 0;
    let paths =
        routes().into_iter().chain(["/login", "/membership", "/usage"].map(|path| (Method::GET, path.to_owned())));
    for (method, path) in paths {
        let asked = |query: &str| owner.request(method.clone(), &format!("{path}?{query}"));
        let large: [(RequestBuilder, u16, &str); 5] = [
            (asked(&repeated("", "plan=pro&", "x", 9000)), 414, "uri_too_long"),
            (asked(&repeated("", "%ff=%00&", "x", 60_000)), 414, "uri_too_long"),
            (asked("").header("cookie", repeated("", "draft=a; ", "x=1", 40_000)), 431, "headers_too_large"),
            (asked("").header("x-forwarded-for", repeated("", "1.1.1.1,", "x", 40_000)), 431, "headers_too_large"),
            (asked("").header("accept-language", "de,".repeat(12_000)), 431, "headers_too_large"),
        ];
        for (request, status, code) in large {
            let answer = owner.send(request).await;
            sent += 1;
            if answer.header("content-type") == Some("application/json") {
                answer.refused(status, code);
            } else {
                assert_eq!(answer.status, status, "{method} {path}: {answer:#?}");
                assert!(answer.text.contains("<h1>") || method == Method::HEAD, "{answer:#?}");
            }
        }
        // A head just below the limit is accepted, however many parameters or cookies it has.
        let repeats = asked(&repeated("", "limit=1&plan=pro&action=x&cycle=y&", "x", 8000));
        let many = asked("").header("cookie", repeated("", "theme=dark; ", "x=1", 30_000));
        for request in [repeats, many] {
            let answer = owner.send(request).await;
            sent += 1;
            assert!(answer.status < 500 || answer.status == 501, "{method} {path}: {answer:#?}");
        }
    }
    let cost = (app.server.cpu().saturating_sub(before)) / sent;
    assert!(cost < MAX_CPU_PER_REQUEST, "{cost:?} a request");
}

#[rstest]
#[tokio::test]
async fn a_batch_has_a_maximum_length(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "usage").await;
    let event =
        |at: usize| json!({ "specversion": "1.0", "id": format!("e{at}"), "source": "/test", "type": "ai_tokens" });
    for (count, status) in [(1000, 200), (1001, 400)] {
        let batch: Vec<_> = (0..count).map(event).collect();
        let request = service.request(Method::POST, "/api/v1/usage/events").header("content-type", BATCH);
        let answer = service.send(request.body(serde_json::to_vec(&batch).unwrap())).await;
        assert_eq!(answer.status, status, "{answer:#?}");
        if status == 400 {
            answer.refused_field("body");
        }
    }
    // A login with a long password and a form with many fields are still accepted.
    let visitor = app.visitor();
    let form = [("email", owner.email.as_str()), ("password", PASSWORD), ("next", "/usage")];
    assert_eq!(visitor.submit("/rpc/login", &form).await.leads_to(), "/usage");
}
