//! Log lines of a request: all of them can be found by the request id in the response.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, TestApp, eventually};

/// Longer than the worker's poll interval, so that the log has each line that the server writes without a request.
const IDLE: Duration = Duration::from_secs(5);

fn lines(app: &TestApp) -> Vec<Value> {
    app.server.log().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// Returns the value of a field in the spans of the line.
fn field<'a>(line: &'a Value, name: &str) -> Option<&'a str> {
    line["spans"].as_array()?.iter().find_map(|span| span[name].as_str())
}

/// Returns the target and message of a line, without digits.
fn kind(line: &Value) -> (String, String) {
    let fields = &line["fields"];
    let text = fields["summary"].as_str().or_else(|| fields["message"].as_str()).unwrap_or_default();
    let text = text.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    (line["target"].as_str().unwrap_or_default().to_owned(), text)
}

async fn send(browser: &Browser, method: Method, path: &str, id: &str, body: Option<&Value>) -> Answer {
    let request = browser.request(method, path).header("x-request-id", id);
    browser.send(if let Some(body) = body { request.json(body) } else { request }).await
}

#[rstest]
#[tokio::test]
async fn every_log_line_of_a_request_has_its_request_id(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).in_a_process().with("RUST_LOG", "debug").start().await;
    // Users are created outside the server, so lines logged now are not of a request.
    let owner = app.owner().await;
    tokio::time::sleep(IDLE).await;
    let before = lines(&app);
    let by_itself: BTreeSet<_> = before.iter().filter(|line| field(line, "request_id").is_none()).map(kind).collect();

    let pro = json!({ "plan": "pro" });
    let requests: [(Method, &str, Option<&Value>); 9] = [
        (Method::GET, "/api/v1/auth/me", None),
        (Method::POST, "/api/v1/billing/checkout", Some(&pro)),
        (Method::POST, "/api/v1/billing/checkout", None),
        (Method::GET, "/api/nothing", None),
        (Method::DELETE, "/api/v1/auth/me", None),
        (Method::GET, "/membership", None),
        (Method::GET, "/readyz", None),
        (Method::POST, "/webhooks/billing/stripe", Some(&pro)),
        (Method::POST, "/rpc/theme", None),
    ];
    for (number, (method, path, body)) in requests.into_iter().enumerate() {
        let id = format!("find.me-{number}");
        let answer = send(&owner, method, path, &id, body).await;
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
    }
    let is_last = |line: &Value| {
        field(line, "request_id") == Some("find.me-8") && line["fields"]["message"] == "finished processing request"
    };
    eventually("the last request is in the log", async || lines(&app).iter().any(is_last)).await;
    let all = lines(&app);
    for number in 0..9 {
        let id = format!("find.me-{number}");
        let of_request: Vec<_> = all.iter().filter(|line| field(line, "request_id") == Some(&id)).collect();
        let said = |text: &str| of_request.iter().any(|line| line["fields"]["message"] == text);
        assert!(said("started processing request") && said("finished processing request"), "{id}: {of_request:#?}");
        assert!(of_request.iter().all(|line| field(line, "path").is_some() && field(line, "method").is_some()));
    }
    let queries = all.iter().filter(|line| line["target"] == "sqlx::query" && field(line, "request_id").is_some());
    assert!(queries.count() > 10, "too few lines of database queries");
    let strays: Vec<_> = all[before.len()..]
        .iter()
        .filter(|line| ["request_id", "job", "task"].into_iter().all(|name| field(line, name).is_none()))
        .filter(|line| !by_itself.contains(&kind(line)))
        .collect();
    assert!(strays.is_empty(), "{strays:#?}");
}

#[rstest]
#[tokio::test]
async fn a_failure_is_logged_with_its_id_at_every_log_level(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("error", "warn,sqlx=off", "server=error,billing=error,tower_http=error")] level: &str,
) {
    let app = TestApp::on(engine).in_a_process().with("RUST_LOG", &format!("{level},server::run=info")).start().await;
    let owner = app.owner().await;
    app.hide_the_memberships_table().await;
    let answer = send(&owner, Method::GET, "/api/v1/auth/me", "find-me", None).await;
    let body = answer.refused(500, "internal");
    assert!(!body.to_string().contains("memberships"), "{body}");
    let page = owner.get("/membership").await;
    assert_eq!(page.status, 500);
    let made = page.header("x-request-id").unwrap();
    for id in ["find-me", made] {
        let is_logged = |line: &Value| line["level"] == "ERROR" && field(line, "request_id") == Some(id);
        eventually(&format!("{id} is in the log"), async || lines(&app).iter().any(is_logged)).await;
    }
    let stray = lines(&app).into_iter().find(|line| line["level"] == "ERROR" && field(line, "request_id").is_none());
    assert_eq!(stray, None);
}

#[rstest]
#[tokio::test]
async fn log_lines_of_a_job_name_the_request_that_enqueued_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).in_a_process().with("RUST_LOG", "debug,sqlx=off").start().await;
    app.stripe.gate.close();
    let event =
        json!({ "id": "evt_log", "type": "customer.subscription.created", "data": { "object": { "id": "sub_x" } } });
    let answer = app.send_stripe_event(&event.to_string()).await;
    let id = answer.header("x-request-id").unwrap();
    let tried = "failed to run a job, will retry";
    eventually("the job has failed once", async || app.server.log().contains(tried)).await;
    let all = lines(&app);
    let said = |text: &str| all.iter().find(|line| line["fields"]["message"] == text).unwrap();
    let received = said("received a webhook event");
    assert_eq!(field(received, "request_id"), Some(id));
    assert_eq!(field(said(tried), "job"), received["fields"]["job"].as_str());
}
