//! Sends unexpected input to every operation of `/openapi.json`, so that a new route is covered without a new test.

use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::{Map, Value};

use crate::harness::{Answer, Browser, Engine, PASSWORD, TestApp};

const JSON: &str = "application/json";
/// Values for the parameters of a path. No object has such an id.
const JUNK_PARTS: [&str; 8] =
    ["x", "%00", "%ff", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%F0%9F%98%80", "-1", "'%20OR%201=1--", "%25s%25n"];
const JUNK_VALUES: [&str; 9] =
    ["", "x", "-1", "0", "99999999999999999999999", "1e309", "%00", "%ff%fe", "%3Cscript%3E"];

/// An operation of the document.
#[derive(Clone, Debug)]
struct Operation {
    method: Method,
    path: String,
    /// The names of its query parameters.
    query: Vec<String>,
    reads_json: bool,
    needs_body: bool,
}

async fn operations(app: &TestApp) -> Vec<Operation> {
    let document = app.visitor().get("/openapi.json").await.expect(200);
    let paths: Map<String, Value> = serde_json::from_value(document["paths"].clone()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| name.as_str() != "parameters") {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                reads_json: operation["requestBody"]["content"][JSON].is_object(),
                needs_body: operation["requestBody"]["required"] == true,
            });
        }
    }
    assert!(operations.len() > 10, "the document lists too few operations: {operations:?}");
    operations
}

impl Operation {
    /// Returns the path with every parameter replaced by `part`.
    fn path_with(&self, part: &str) -> String {
        let parts = self.path.split('/').map(|segment| if segment.starts_with('{') { part } else { segment });
        parts.collect::<Vec<_>>().join("/")
    }

    fn has_parts(&self) -> bool {
        self.path.contains('{')
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

/// A caller and their credentials.
struct Caller {
    browser: Browser,
    key: Option<String>,
}

impl Caller {
    fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.browser.request(method.clone(), path);
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        self.browser.send(request).await
    }
}

/// Panics at a server error other than 501 (not configured), and at an error outside the contract's shape.
#[track_caller]
fn assert_sound(answer: &Answer, what: &str) {
    assert!(answer.status < 500 || answer.status == 501, "{what}: {answer:#?}");
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{what}: {answer:#?}");
    if answer.status >= 400 {
        let code = answer.json()["code"].as_str().unwrap_or_else(|| panic!("{what}: {answer:#?}")).to_owned();
        answer.refused(answer.status, &code);
    }
}

async fn app(engine: Engine) -> TestApp {
    TestApp::on(engine)
        .in_a_process()
        .with("RATE_LIMIT_ADDRESS", "0")
        .with("RATE_LIMIT_PERSON", "0")
        .with("RATE_LIMIT_PAGES", "0")
        .start()
        .await
}

/// A visitor, a signed-in owner, and a key with every scope.
struct Callers {
    all: [Caller; 3],
    email: String,
}

impl Callers {
    async fn of(app: &TestApp) -> Self {
        let owner = app.owner().await;
        let key = app.api_key(&owner.tenant, "read,usage,billing,secrets").await;
        let all = [
            Caller { browser: app.visitor(), key: None },
            Caller { browser: app.signed_in(&owner.email).await, key: None },
            Caller { browser: app.visitor(), key: Some(key) },
        ];
        Self { all, email: owner.email }
    }

    /// Returns all callers and signs the owner in again if an operation has signed them out.
    async fn renewed(&mut self, app: &TestApp) -> &[Caller; 3] {
        let [visitor, owner, key] = &mut self.all;
        if owner.browser.get("/api/v1/auth/me").await.status != 200 {
            owner.browser = app.signed_in(&self.email).await;
        }
        visitor.browser = app.visitor();
        key.browser = app.visitor();
        &self.all
    }
}

#[rstest]
#[tokio::test]
async fn every_operation_refuses_an_unknown_method_and_lists_the_allowed_ones(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = app(engine).await;
    let mut callers = Callers::of(&app).await;
    for operation in operations(&app).await {
        let path = operation.path_with("x");
        for caller in callers.renewed(&app).await {
            for method in ["BREW", "PROPFIND", "TRACE"] {
                let answer = caller.send(caller.request(&method.parse().unwrap(), &path)).await;
                answer.refused(405, "method_not_allowed");
                let allowed = answer.header("allow").unwrap();
                assert!(allowed.split(',').any(|method| method == operation.method.as_str()), "{allowed}");
            }
            let answer = caller.send(caller.request(&Method::OPTIONS, &path)).await;
            assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}: {answer:#?}");
            assert!(answer.header("allow").unwrap().contains(operation.method.as_str()), "{answer:#?}");
            let head = caller.send(caller.request(&Method::HEAD, &path)).await;
            assert!(head.status < 500 && head.text.is_empty(), "{path}: {head:#?}");
            let get = caller.send(caller.request(&Method::GET, &path)).await;
            assert_eq!(head.status, get.status, "HEAD {path} is GET without a body");
            let slash = caller.send(caller.request(&operation.method, &format!("{path}/"))).await;
            assert_eq!(slash.status, 404, "{path}/: {slash:#?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_operation_refuses_an_unreadable_body(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let mut callers = Callers::of(&app).await;
    for operation in operations(&app).await.into_iter().filter(Operation::changes) {
        let path = operation.path_with("x");
        for caller in callers.renewed(&app).await {
            let is_webhook = path.contains("webhook");
            let bodies: [(&str, &[u8], u16); 9] = [
                (JSON, b"", 400),
                (JSON, b"{", 400),
                (JSON, b"[]", 400),
                (JSON, b"null", 400),
                (JSON, b"{\"plan\":\"\xff\"}", 400),
                (JSON, b"\xef\xbb\xbf{}", 400),
                ("text/plain", b"{}", 415),
                ("application/x-www-form-urlencoded", b"plan=pro&plan=team", 415),
                ("multipart/form-data; boundary=x", b"--x--", 415),
            ];
            for (kind, body, status) in bodies {
                let what = format!("{} {path} {kind} {}", operation.method, String::from_utf8_lossy(body));
                let request = caller.request(&operation.method, &path).header("content-type", kind).body(body.to_vec());
                let answer = caller.send(request).await;
                assert_sound(&answer, &what);
                // Authentication comes first, and a webhook's signature is checked before its body.
                let is_enough = body.is_empty() && !operation.needs_body;
                if operation.reads_json && !is_enough && !is_webhook && ![401, 403, 404].contains(&answer.status) {
                    assert_eq!(answer.status, status, "{what}: {answer:#?}");
                }
            }
            let bare = caller.send(caller.request(&operation.method, &path)).await;
            assert_sound(&bare, &format!("{} {path} without a body", operation.method));
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_operation_refuses_a_body_that_is_too_large(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let mut callers = Callers::of(&app).await;
    for operation in operations(&app).await.into_iter().filter(Operation::changes) {
        for caller in callers.renewed(&app).await {
            let body = format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20));
            let request = caller.request(&operation.method, &operation.path_with("x"));
            let answer = caller.send(request.header("content-type", JSON).body(body)).await;
            answer.refused(413, "payload_too_large");
        }
    }
}

#[rstest]
#[tokio::test]
async fn no_operation_fails_on_junk_in_its_url_and_headers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let mut callers = Callers::of(&app).await;
    let long = "x".repeat(5000);
    for operation in operations(&app).await {
        for caller in callers.renewed(&app).await {
            let send = async |request: RequestBuilder, what: &str| {
                let request =
                    if operation.reads_json { request.header("content-type", JSON).body("{}") } else { request };
                assert_sound(&caller.send(request).await, &format!("{} {what}", operation.method));
            };
            let parts = JUNK_PARTS.into_iter().chain([long.as_str()]).filter(|_| operation.has_parts());
            for path in parts.map(|part| operation.path_with(part)) {
                send(caller.request(&operation.method, &path), &path).await;
            }
            let path = operation.path_with("x");
            let mut queries = vec!["?".to_owned(), "?%".to_owned(), "?a&a=&=&&".to_owned(), "?%ff=%ff".to_owned()];
            for name in &operation.query {
                queries.extend(JUNK_VALUES.map(|value| format!("?{name}={value}")));
                queries.push(format!("?{name}=1&{name}=2"));
                queries.push(format!("?{name}[]=1&{name}[x]=2"));
                queries.push(format!("?{name}={long}"));
            }
            for query in queries {
                let address = format!("{path}{query}");
                send(caller.request(&operation.method, &address), &address).await;
            }
            for (name, value) in [
                ("x-tenant-id", ""),
                ("x-tenant-id", "../.."),
                ("x-tenant-id", long.as_str()),
                ("authorization", "Bearer"),
                ("authorization", "Bearer "),
                ("authorization", "Bearer dues_x_y"),
                ("authorization", "Bearer a.b.c"),
                ("authorization", "Basic eDp5"),
                ("idempotency-key", "a b"),
                ("accept", "text/html"),
                ("accept-encoding", "nonsense;q=x"),
                ("if-match", "\"x\""),
                ("range", "bytes=5-1"),
                ("expect", "nonsense"),
            ] {
                let what = format!("{path} {name}: {value}");
                // A caller with a key already sends this header.
                if name != "authorization" || caller.key.is_none() {
                    send(caller.request(&operation.method, &path).header(name, value), &what).await;
                }
            }
        }
    }
    assert!(!app.server.whole_log().contains("panicked"), "{}", app.server.log());
}

#[rstest]
#[tokio::test]
async fn no_error_repeats_the_input(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let visitor = app.visitor();
    for operation in operations(&app).await.into_iter().filter(|operation| operation.reads_json) {
        let body = format!("{{\"password\":\"{PASSWORD}\",\"email\":\"<script>\",\"plan\":\"<script>\"");
        let request = visitor.request(operation.method.clone(), &operation.path_with("x"));
        let answer = visitor.send(request.header("content-type", JSON).body(body)).await;
        assert_sound(&answer, &operation.path);
        assert!(!answer.text.contains(PASSWORD), "{answer:#?}");
    }
}
