//! Enterprise requests over the API and on the page: stored, mailed and validated.

use billing::mail::testing::TestSmtp;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, TestApp, eventually};

const SIGNUP: &str = "/api/v1/enterprise/enterprise-signup";
const PAGE: &str = "/membership/enterprise";
const FORM: &str = "/rpc/enterprise-signup";

fn request() -> Value {
    json!({
        "company": "Acme Robotics",
        "contactName": "Ada Acme",
        "email": "Ada@acme.test",
        "useCases": [
            "flutter_app_runtime", "flame_game_backend", "live_ops_telemetry", "unity_native_bridge", "dart_ffi",
            "ai_runtime_integration", "private_deployment", "governance", "security", "compliance", "sla"
        ],
        "expectedScale": "2 M players a month",
        "notes": "On our own metal.\nIn two regions."
    })
}

/// Returns the requests that `server enterprise list` prints.
async fn stored_requests(app: &TestApp) -> Vec<Value> {
    let output = app.command(&["enterprise", "list", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn a_request_needs_no_account_and_is_mailed_to_sales(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).with("SALES_EMAIL", "sales@dues.test").start().await;
    let answer = app.visitor().post(SIGNUP, &request()).await.expect(201);
    assert_eq!(answer["status"], "received");
    let stored = stored_requests(&app).await;
    let mut expected = request();
    expected["email"] = json!("ada@acme.test");
    expected["id"] = answer["requestId"].clone();
    expected["createdAt"] = stored[0]["createdAt"].clone();
    (expected["tenantId"], expected["userId"]) = (Value::Null, Value::Null);
    (expected["state"], expected["note"]) = (json!("new"), json!(""));
    assert_eq!(stored, [expected]);
    eventually("it is mailed", async || smtp.received().len() == 1).await;
    let mail = &smtp.received()[0];
    assert_eq!(mail.to, ["sales@dues.test"]);
    assert!(mail.text().contains("Unity or native bridge planning") && mail.text().contains("In two regions."));
}

#[rstest]
#[tokio::test]
async fn a_request_records_the_signed_in_user_but_no_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    let me = member.get("/api/v1/auth/me").await.expect(200);
    let bare = json!({ "company": "Acme", "email": "a@acme.test", "useCases": null });
    member.post(SIGNUP, &bare).await.expect(201);
    let first = &stored_requests(&app).await[0];
    assert_eq!((&first["tenantId"], &first["userId"]), (&me["tenantId"], &me["userId"]));
    assert_eq!((&first["useCases"], &first["notes"]), (&json!([]), &json!("")));

    let key = app.api_key(&owner.tenant, "read").await;
    let visitor = app.visitor();
    visitor.send(visitor.request(Method::POST, SIGNUP).bearer_auth(key).json(&bare)).await.expect(201);
    // A request that names a workspace in which the sender is not a member is stored without a workspace.
    let elsewhere = member.request(Method::POST, SIGNUP).header("x-tenant-id", "nowhere").json(&bare);
    member.send(elsewhere).await.expect(201);
    for other in &stored_requests(&app).await[..2] {
        assert_eq!(other["tenantId"], Value::Null, "{other}");
    }
}

#[rstest]
#[tokio::test]
async fn an_invalid_request_is_reported_by_field_and_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let visitor = app.visitor();
    for (field, value) in [
        ("company", json!("")),
        ("company", Value::Null),
        ("company", json!("x".repeat(201))),
        ("company", json!(["Acme"])),
        ("contactName", json!("a\nb")),
        ("contactName", json!(7)),
        ("email", json!("ada")),
        ("email", Value::Null),
        ("useCases", json!(["fly"])),
        ("useCases", json!(["sla", 1])),
        ("useCases", json!("sla")),
        ("expectedScale", json!("x".repeat(201))),
        ("expectedScale", json!({ "players": 2 })),
        ("notes", json!("x".repeat(2001))),
        ("notes", json!("\u{1b}[2J")),
        ("notes", json!("a\u{0}b")),
        ("homepage", json!(false)),
    ] {
        let mut body = request();
        body[field] = value;
        visitor.post(SIGNUP, &body).await.refused_field(field);
    }
    visitor.post(SIGNUP, &json!([])).await.refused_field("body");
    assert!(stored_requests(&app).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn an_address_may_send_five_requests_an_hour_across_nodes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let other_node = app.start_node().await;
    let from = async |address: &str, at: std::net::SocketAddr, body: &Value| {
        let browser = app.visitor().with_address(at);
        browser.send(browser.request(Method::POST, SIGNUP).header("x-forwarded-for", address).json(body)).await
    };
    let here = app.server.address;
    for _ in 0..7 {
        from("192.0.2.1", here, &json!({ "company": "Acme", "email": "no" })).await.refused_field("email");
        let mut trapped = request();
        trapped["homepage"] = json!("https://spam.test");
        assert_eq!(from("192.0.2.1", here, &trapped).await.expect(201)["status"], "received");
    }
    for turn in 0..5 {
        from("192.0.2.1", if turn % 2 == 0 { here } else { other_node.address }, &request()).await.expect(201);
    }
    for at in [here, other_node.address] {
        let refused = from("192.0.2.1", at, &request()).await;
        refused.refused(429, "throttled");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((3500..=3600).contains(&wait), "{wait}");
    }
    from("192.0.2.2", here, &request()).await.expect(201);
    assert_eq!(stored_requests(&app).await.len(), 6);
}

#[rstest]
#[tokio::test]
async fn a_request_from_the_page_arrives_with_every_field(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let visitor = app.visitor();
    let page = visitor.get(PAGE).await;
    assert!(page.status == 200 && page.text.contains("Leave this field empty"), "{page:#?}");
    let form = [
        ("company", "Acme & Sons"),
        ("contactName", "Ada"),
        ("email", "ada@acme.test"),
        ("useCases[]", "sla"),
        ("useCases[]", "dart_ffi"),
        ("expectedScale", "much"),
        ("notes", "one\r\ntwo"),
        ("homepage", ""),
    ];
    let answer = visitor.submit(FORM, &form).await;
    assert_eq!(answer.leads_to(), "/membership/enterprise?code=received");
    assert!(visitor.get(answer.leads_to()).await.text.contains("We’ve received your request."));
    let first = &stored_requests(&app).await[0];
    assert_eq!((&first["company"], &first["notes"]), (&json!("Acme & Sons"), &json!("one\ntwo")));
    assert_eq!(first["useCases"], json!(["dart_ffi", "sla"]));

    let trapped = visitor.submit(FORM, &[("company", "Spam"), ("email", "s@spam.test"), ("homepage", "x")]).await;
    assert_eq!(trapped.leads_to(), "/membership/enterprise?code=received");
    assert_eq!(stored_requests(&app).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn the_page_fills_in_the_signed_in_user_and_keeps_refused_input(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let page = owner.get(PAGE).await;
    assert!(page.text.contains(&format!("value=\"{}\"", owner.email)), "{}", page.text);
    let form = [("company", ""), ("email", "ada"), ("useCases[]", "sla"), ("notes", "kept <as it is>")];
    let answer = owner.submit(FORM, &form).await;
    assert!(answer.leads_to().contains("wrong=company&wrong=email"), "{answer:#?}");
    let page = owner.get(answer.leads_to()).await;
    assert!(page.text.contains("2 fields need a correction") && page.text.contains(">kept &lt;as it is></textarea>"));
    assert!(!answer.leads_to().contains("kept"), "the input is not in the URL");
    for _ in 0..5 {
        owner.submit(FORM, &[("company", "Acme"), ("email", "a@acme.test")]).await;
    }
    let full = owner.submit(FORM, &[("company", "Acme"), ("email", "a@acme.test")]).await;
    assert!(full.leads_to().starts_with("/membership/enterprise?code=throttled&wait="), "{full:#?}");
    assert!(owner.get(full.leads_to()).await.text.contains("Too many requests"));
    assert_eq!(stored_requests(&app).await.len(), 5);
}

#[rstest]
#[tokio::test]
async fn a_plan_without_a_price_leads_to_the_request(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let answer = owner.post("/api/v1/billing/checkout", &json!({ "plan": "enterprise" })).await;
    let body = answer.refused(400, "validation_error");
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("enterprise request") && message.contains(SIGNUP), "{message}");
    for path in ["/checkout?plan=enterprise", "/membership"] {
        assert!(owner.get(path).await.text.contains("href=\"/membership/enterprise\""), "{path}");
    }
    let plain = app.command(&["enterprise", "list"]).await;
    assert_eq!(plain.stdout, b"There is no enterprise request.\n");
    app.visitor().post(SIGNUP, &request()).await.expect(201);
    let plain = String::from_utf8(app.command(&["enterprise", "list"]).await.stdout).unwrap();
    assert!(plain.contains("Acme Robotics, 20") && plain.contains("  scale: 2 M players a month"), "{plain}");
}
