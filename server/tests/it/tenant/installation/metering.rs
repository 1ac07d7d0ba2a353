//! Entitlements, checks, events and corrections by an installation key.

use std::collections::BTreeMap;

use domain::tenant::installation_scope::InstallationScope::{Billing, Read, Usage};
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Product, TestApp, eventually};

const ENTITLEMENTS: &str = "/api/v1/entitlements";
const CHECKS: &str = "/api/v1/checks";
const EVENTS: &str = "/api/v1/usage/events";
const CORRECTIONS: &str = "/api/v1/usage/corrections";
const CONNECTIONS: &str = "/api/v1/billing/features/websocket_connections";
const TOKENS: &str = "/api/v1/billing/features/ai_tokens";
const BATCHED: &str = "application/cloudevents-batch+json";
/// The maximum number of events or checks in a request.
const MOST: usize = 1000;

fn etag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

async fn entitlements(product: &Product, external: &str, known: &str) -> Answer {
    let request = product.request_for(external, Method::GET, ENTITLEMENTS).header(header::IF_NONE_MATCH, known);
    product.send(request).await
}

async fn send_events(product: &Browser, events: &[Value]) -> Answer {
    let body = Value::from(events.to_vec()).to_string();
    product.send(product.request(Method::POST, EVENTS).header(header::CONTENT_TYPE, BATCHED).body(body)).await
}

fn event(id: &str, subject: Option<&str>, amount: u64) -> Value {
    let mut event = json!({
        "specversion": "1.0", "id": id, "source": "/gateway", "type": "ai_tokens", "data": { "amount": amount }
    });
    if let Some(subject) = subject {
        event["subject"] = subject.into();
    }
    event
}

async fn used(product: &Product, external: &str, of: &str) -> u64 {
    product.get_for(external, &format!("{of}/check")).await.expect(200)["used"].as_u64().unwrap()
}

fn rejected(answer: &Value) -> Vec<(u64, &str)> {
    let rejected = answer["rejected"].as_array().unwrap().iter();
    rejected.map(|one| (one["index"].as_u64().unwrap(), one["code"].as_str().unwrap())).collect()
}

#[rstest]
#[tokio::test]
async fn entitlements_have_an_etag_that_changes_with_usage_limits_and_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let tenant = app.product_tenant("org_1", None).await;
    let product = app.product(&[Read, Usage]).await;
    let first = product.get_for("org_1", ENTITLEMENTS).await;
    let body = first.expect(200);
    assert_eq!((&body["plan"], &body["status"]), (&json!("free"), &json!("active")));
    assert!(body["revision"].is_i64() && body["seats"].is_null(), "{body}");
    let unused = json!({
        "limit": 10, "used": 0, "remaining": 10, "resetsAt": null, "allowed": true, "reason": null, "warning": null
    });
    assert_eq!(body["features"]["websocket_connections"], unused);
    assert!(body["features"]["ai_tokens"]["resetsAt"].is_string(), "{body}");

    let same = entitlements(&product, "org_1", &etag(&first)).await;
    assert_eq!((same.status, same.text.as_str(), etag(&same)), (304, "", etag(&first)));

    product.post_for("org_1", &format!("{CONNECTIONS}/consume"), &json!({ "amount": 10 })).await.expect(200);
    let counted = entitlements(&product, "org_1", &etag(&first)).await;
    let full = json!({
        "limit": 10, "used": 10, "remaining": 0, "resetsAt": null, "allowed": false, "reason": "limit_reached",
        "warning": "WebSocket connections: 10 of 10 used."
    });
    assert_eq!(counted.expect(200)["features"]["websocket_connections"], full);
    assert_eq!(counted.expect(200)["revision"], body["revision"], "usage raises no revision");

    let mut last = counted;
    for (words, path, expected) in [
        (["--limit", "websocket_connections=12"], "/features/websocket_connections/remaining", json!(2)),
        (["--plan", "pro"], "/plan", json!("pro")),
    ] {
        let words = [&["tenant", "override", "--tenant", tenant.as_str()], &words[..]].concat();
        let done = app.command(&words).await;
        assert!(done.status.success(), "{done:?}");
        let known = etag(&last);
        eventually(&format!("{words:?} shows"), async || {
            last = entitlements(&product, "org_1", &known).await;
            last.status == 200
        })
        .await;
        assert_eq!(last.json().pointer(path), Some(&expected), "{words:?}");
        assert!(last.json()["revision"].as_i64() > body["revision"].as_i64());
    }
}

#[rstest]
#[tokio::test]
async fn entitlements_are_for_members_and_keys_with_read(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("pro").await;
    let shown = |answer: Answer| {
        let body = answer.expect(200);
        (body["plan"].clone(), body["features"]["websocket_connections"].clone())
    };
    let member = shown(app.member_of(&owner).await.get(ENTITLEMENTS).await);
    assert_eq!(member.0, "pro");
    assert_eq!(shown(app.service_of(&owner.tenant, "read").await.get(ENTITLEMENTS).await), member);
    app.service_of(&owner.tenant, "usage").await.get(ENTITLEMENTS).await.refused(403, "scope_required");
    let product = app.product(&[Read]).await;
    let named = product.request(Method::GET, ENTITLEMENTS).header("x-tenant-id", owner.tenant.as_str());
    assert_eq!(shown(product.send(named).await), member);
    product.get(ENTITLEMENTS).await.refused(400, "tenant_required");
    product.get_for("unknown", ENTITLEMENTS).await.refused(404, "tenant_not_found");
    app.product_tenant("org_1", None).await;
    app.product(&[Usage]).await.get_for("org_1", ENTITLEMENTS).await.refused(403, "scope_required");
}

#[rstest]
#[tokio::test]
async fn a_thousand_checks_are_answered_in_order_with_unknown_ones_among_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let tenants = 20;
    let mut ids = Vec::new();
    for number in 0..tenants {
        ids.push(app.product_tenant(&format!("org_{number}"), (number % 2 == 0).then_some("pro")).await);
    }
    let product = app.product(&[Usage]).await;
    product.post_for("org_1", &format!("{CONNECTIONS}/consume"), &json!({ "amount": 7 })).await.expect(200);

    let kinds = 5;
    let check = |at: usize| {
        let (number, feature) = ((at / kinds) % tenants, "websocket_connections");
        match at % kinds {
            0 => json!({ "tenant": format!("external:org_{number}"), "feature": feature }),
            1 => json!({ "tenant": ids[number].as_str(), "feature": feature, "amount": 5 }),
            2 => json!({ "tenant": format!("external:gone_{number}"), "feature": feature }),
            3 => json!({ "tenant": ids[number].as_str(), "feature": "tea" }),
            _ => json!({ "tenant": ids[number].as_str(), "feature": feature, "amount": 0 }),
        }
    };
    let checks: Vec<_> = (0..MOST).map(check).collect();
    let answer = product.post(CHECKS, &json!({ "checks": checks })).await.expect(200);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), MOST);
    for (at, result) in results.iter().enumerate() {
        let number = (at / kinds) % tenants;
        match at % kinds {
            0 | 1 => {
                let (limit, used) = (if number % 2 == 0 { 100 } else { 10 }, if number == 1 { 7 } else { 0 });
                assert_eq!((&result["limit"], &result["used"]), (&json!(limit), &json!(used)), "{at}: {result}");
                let fits = used + (if at % kinds == 0 { 1 } else { 5 }) <= limit;
                assert_eq!(result["isValid"], fits, "{at}: {result}");
            }
            2 => assert_eq!(result["code"], "tenant_not_found", "{at}: {result}"),
            3 => assert_eq!(result["code"], "unknown_feature", "{at}: {result}"),
            _ => assert_eq!(result["code"], "validation_error", "{at}: {result}"),
        }
        assert!(result["message"].is_string() || result.get("isValid").is_some(), "{at}: {result}");
    }
    // Each result equals the answer of a single check.
    let alone = product.get_for("org_1", &format!("{CONNECTIONS}/check?amount=5")).await.expect(200);
    assert_eq!(results[kinds + 1], alone);
}

#[rstest]
#[tokio::test]
async fn invalid_checks_and_other_callers_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let product = app.product(&[Usage]).await;
    let one = json!({ "tenant": owner.tenant.as_str(), "feature": "ai_tokens" });
    let many = vec![one.clone(); MOST + 1];
    for checks in [json!(null), json!([]), json!({}), json!("x"), json!(many)] {
        product.post(CHECKS, &json!({ "checks": checks })).await.refused_field("checks");
    }
    let odd = json!([7, { "tenant": 7, "feature": "ai_tokens" }, { "tenant": "acme" }, { "tenant": "", "feature": "ai_tokens" }, one]);
    let answer = product.post(CHECKS, &json!({ "checks": odd })).await.expect(200);
    let codes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| result["code"].as_str()).collect();
    let invalid = Some("validation_error");
    assert_eq!(codes, [invalid, invalid, invalid, Some("tenant_not_found"), None]);

    let body = json!({ "checks": [one] });
    app.visitor().post(CHECKS, &body).await.refused(401, "unauthenticated");
    owner.post(CHECKS, &body).await.refused(403, "installation_key_required");
    let service = app.service_of(&owner.tenant, "read,usage").await;
    service.post(CHECKS, &body).await.refused(403, "installation_key_required");
    app.product(&[Read]).await.post(CHECKS, &body).await.refused(403, "scope_required");
}

#[rstest]
#[tokio::test]
async fn events_of_many_tenants_count_once_after_a_repeat(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let tenants = 50;
    for number in 0..tenants {
        app.product_tenant(&format!("org_{number}"), None).await;
    }
    let (product, other_node) = (app.product(&[Usage]).await, app.start_node().await);
    let events: Vec<_> = (0..MOST)
        .map(|at| event(&format!("evt-{at}"), Some(&format!("org_{}", at % tenants)), at as u64 + 1))
        .collect();
    let first = send_events(&product, &events).await.expect(200);
    assert_eq!(first, json!({ "accepted": MOST, "duplicates": 0, "rejected": [] }));
    for again in [&*product, &product.with_address(other_node.address)] {
        let repeated = send_events(again, &events).await.expect(200);
        assert_eq!(repeated, json!({ "accepted": 0, "duplicates": MOST, "rejected": [] }));
    }
    let mut expected: BTreeMap<usize, u64> = BTreeMap::new();
    for at in 0..MOST {
        *expected.entry(at % tenants).or_default() += at as u64 + 1;
    }
    for (number, amount) in expected {
        assert_eq!(used(&product, &format!("org_{number}"), TOKENS).await, amount, "org_{number}");
    }
    let verified = app.command(&["usage", "verify", "--json"]).await;
    assert!(verified.status.success(), "{verified:?}");

    let too_many: Vec<_> = (0..=MOST).map(|at| event(&at.to_string(), Some("org_0"), 1)).collect();
    send_events(&product, &too_many).await.refused(400, "validation_error");
}

#[rstest]
#[tokio::test]
async fn an_unknown_tenant_among_events_is_rejected_by_its_index(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (one, product) = (app.product_tenant("org_1", None).await, app.product(&[Usage]).await);
    // The external id of this tenant equals the prefix `tenant:` without its colon.
    app.product_tenant("tenant", None).await;
    let mut odd = event("7", Some("org_1"), 1);
    odd["subject"] = json!(7);
    let mut tea = event("8", Some("org_1"), 1);
    tea["type"] = json!("tea");
    let events = [
        event("1", Some("unknown"), 1),
        event("2", Some("org_1"), 2),
        event("3", None, 4),
        event("4", Some(&format!("tenant:{one}")), 8),
        event("5", Some("external:org_1"), 16),
        event("6", Some("tenant:unknown"), 32),
        odd,
        tea,
        event("9", Some("installation"), 64),
        event("10", Some("tenant:installation"), 128),
        event("11", Some("tenant"), 256),
    ];
    let answer = send_events(&product, &events).await.expect(200);
    assert_eq!(answer["accepted"], 4, "{answer}");
    let expected = [
        (0, "tenant_not_found"),
        (2, "tenant_required"),
        (5, "tenant_not_found"),
        (6, "invalid_event"),
        (7, "unknown_feature"),
        (8, "tenant_not_found"),
        (9, "tenant_not_found"),
    ];
    assert_eq!(rejected(&answer), expected);
    assert_eq!(used(&product, "org_1", TOKENS).await, 2 + 8 + 16);
    assert_eq!(used(&product, "tenant", TOKENS).await, 256);

    let refused = send_events(&product, &events[..1]).await.refused(400, "invalid_events");
    assert_eq!(rejected(&refused), [(0, "tenant_not_found")]);
}

#[rstest]
#[tokio::test]
async fn a_header_stands_for_events_without_a_subject(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    for external in ["org_1", "org_2"] {
        app.product_tenant(external, None).await;
    }
    let product = app.product(&[Usage]).await;
    let body = json!([event("1", None, 3), event("2", Some("org_2"), 5)]);
    let send = |external: &'static str| {
        let request = product.request_for(external, Method::POST, EVENTS).header(header::CONTENT_TYPE, BATCHED);
        product.send(request.body(body.to_string()))
    };
    assert_eq!(send("org_1").await.expect(200)["accepted"], 2);
    assert_eq!((used(&product, "org_1", TOKENS).await, used(&product, "org_2", TOKENS).await), (3, 5));
    send("unknown").await.refused(404, "tenant_not_found");

    // With a workspace key, the subject of an event names no tenant.
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "usage").await;
    let events = [event("1", Some("org_1"), 7), event("2", Some("unknown"), 7)];
    assert_eq!(send_events(&service, &events).await.expect(200)["accepted"], 2);
    assert_eq!(service.get(&format!("{TOKENS}/check")).await.expect(200)["used"], 14);
    assert_eq!(used(&product, "org_1", TOKENS).await, 3);
    app.product(&[Read]).await.post(EVENTS, &body).await.refused(403, "scope_required");
}

#[rstest]
#[tokio::test]
async fn a_correction_is_exact_counts_once_and_names_the_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let product = app.product(&[Usage]).await;
    let send = |header: &'static str, amount: i64, key: &str| {
        let body = json!({ "feature": "ai_tokens", "amount": amount, "reason": "Twice.", "idempotencyKey": key });
        let request = product.request(Method::POST, CORRECTIONS).header(header, owner.tenant.as_str()).json(&body);
        product.send(request)
    };
    let id = "x-tenant-id";
    assert_eq!(send(id, 100, "fix-1").await.expect(200)["used"], 100);
    assert_eq!(send(id, -30, "fix-2").await.expect(200)["used"], 70);
    assert_eq!(send(id, -30, "fix-2").await.expect(200)["used"], 70);
    send(id, -31, "fix-2").await.refused(422, "idempotency_key_reused");
    send(id, -71, "fix-3").await.refused(409, "correction_below_zero");
    assert_eq!(send(id, -70, "fix-3").await.expect(200)["used"], 0);

    let log = owner.get("/api/v1/tenant/audit?action=usage.corrected").await.expect(200);
    let entries = log["items"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "{log}");
    for entry in entries {
        assert_eq!(
            (&entry["actor"]["type"], &entry["actor"]["id"]),
            (&json!("installation_key"), &json!(product.key_id))
        );
        assert_eq!(entry["details"]["reason"], "Twice.");
    }

    let body = json!({ "feature": "ai_tokens", "amount": 1, "reason": "x", "idempotencyKey": "k" });
    product.post(CORRECTIONS, &body).await.refused(400, "tenant_required");
    let service = app.service_of(&owner.tenant, "usage").await;
    service.post(CORRECTIONS, &body).await.refused(403, "installation_key_required");
    owner.post(CORRECTIONS, &body).await.refused(403, "installation_key_required");
    let reader = app.product(&[Read, Billing]).await;
    let request = reader.request(Method::POST, CORRECTIONS).header(id, owner.tenant.as_str()).json(&body);
    reader.send(request).await.refused(403, "scope_required");
}
