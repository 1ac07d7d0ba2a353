//! Usage: consume, release, set, events and history, on one node and several.

use domain::tenant::scope::Scope;
use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, Owner, TestApp, eventually, within_staleness};

const CONNECTIONS: &str = "/api/v1/billing/features/websocket_connections";
const TOKENS: &str = "/api/v1/billing/features/ai_tokens";
const EVENTS: &str = "/api/v1/usage/events";
const CORRECTIONS: &str = "/api/v1/usage/corrections";
const HISTORY: &str = "/api/v1/usage/history";
const BATCHED: &str = "application/cloudevents-batch+json";

fn consume(of: &str) -> String {
    format!("{of}/consume")
}

async fn used(service: &Browser, of: &str) -> u64 {
    service.get(&format!("{of}/check")).await.expect(200)["used"].as_u64().unwrap()
}

async fn service(app: &TestApp, owner: &Owner) -> Browser {
    let key = app.key_of(owner, &[Scope::Usage, Scope::Read]).await.key;
    Browser::with_key(app.server.address, &key)
}

#[rstest]
#[tokio::test]
async fn a_consume_answers_like_a_check_and_a_refusal_as_documented(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let service = service(&app, &owner).await;
    let taken = service.post(&consume(CONNECTIONS), &json!({ "amount": 9 })).await.expect(200);
    let expected = json!({
        "isValid": true, "failureReason": null, "hasWarning": true,
        "warningMessage": "WebSocket connections: 9 of 10 used.", "used": 9, "limit": 10, "percentUsed": 90.0
    });
    assert_eq!(taken, expected);
    // Without a body the amount is one.
    let bare = service.send(service.request(Method::POST, &consume(CONNECTIONS))).await.expect(200);
    assert_eq!((&bare["used"], &bare["isValid"]), (&json!(10), &json!(true)));
    let refused = service.post(&consume(CONNECTIONS), &json!({})).await.expect(402);
    let expected = json!({
        "error": "Usage limit exceeded", "code": "limit_reached", "message": "WebSocket connection limit reached (10)",
        "allowed": false, "upgrade": { "plan": "pro", "limit": 100 }
    });
    assert_eq!(refused, expected);
    assert_eq!(service.post(&format!("{CONNECTIONS}/release"), &json!({ "amount": 3 })).await.expect(200)["used"], 7);
    let set =
        |value: u64| service.request(Method::PUT, &format!("{CONNECTIONS}/usage")).json(&json!({ "value": value }));
    service.send(set(11)).await.refused(402, "limit_reached");
    assert_eq!(service.send(set(4)).await.expect(200)["used"], 4);
    assert_eq!(used(&service, CONNECTIONS).await, 4);

    let both = json!({ "features": { "websocket_connections": 2, "websocket_rooms": 2 } });
    let several = service.post("/api/v1/billing/consume", &both).await.expect(200);
    assert_eq!(
        (&several["features"]["websocket_connections"]["used"], &several["features"]["websocket_rooms"]["used"]),
        (&json!(6), &json!(2))
    );
    service.post("/api/v1/billing/consume", &both).await.refused(402, "limit_reached");
    assert_eq!(used(&service, CONNECTIONS).await, 6);
}

#[rstest]
#[tokio::test]
async fn invalid_input_is_refused_and_counts_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let service = service(&app, &owner).await;
    for amount in [json!(0), json!(-1), json!(1.5), json!("1"), json!(9_007_199_254_740_992_u64), json!([1])] {
        service.post(&consume(CONNECTIONS), &json!({ "amount": amount })).await.refused_field("amount");
    }
    for key in [json!(""), json!(7), json!("a\nb"), json!("a\u{0}b"), json!("x".repeat(256))] {
        service.post(&consume(CONNECTIONS), &json!({ "idempotencyKey": key })).await.refused_field("idempotencyKey");
    }
    for features in
        [json!(null), json!({}), json!([]), json!({ "websocket_rooms": 0 }), json!({ "websocket_rooms": "1" })]
    {
        service.post("/api/v1/billing/consume", &json!({ "features": features })).await.refused_field("features");
    }
    service.post("/api/v1/billing/consume", &json!({ "features": { "tea": 1 } })).await.refused(404, "unknown_feature");
    service.post(&consume("/api/v1/billing/features/tea"), &json!({})).await.refused(404, "unknown_feature");
    service.post(&format!("{TOKENS}/release"), &json!({})).await.refused(400, "not_a_gauge");
    let members = "/api/v1/billing/features/team_members";
    service.post(&consume(members), &json!({})).await.refused(400, "counted_by_dues");
    service
        .send(service.request(Method::PUT, &format!("{CONNECTIONS}/usage")).json(&json!({})))
        .await
        .refused_field("value");
    for query in [
        "",
        "?feature=",
        "?feature=ai_tokens&step=week",
        "?feature=ai_tokens&from=soon",
        "?feature=ai_tokens&from=2020-01-01",
    ] {
        service.get(&format!("{HISTORY}{query}")).await.refused(400, "validation_error");
    }
    service.get(&format!("{HISTORY}?feature=tea")).await.refused(404, "unknown_feature");
    let reader = Browser::with_key(app.server.address, &app.key_of(&owner, &[Scope::Read]).await.key);
    reader.post(&consume(CONNECTIONS), &json!({})).await.refused(403, "scope_required");
    assert_eq!((used(&service, CONNECTIONS).await, used(&service, TOKENS).await), (0, 0));
}

#[rstest]
#[tokio::test]
async fn events_are_accepted_in_all_three_modes_and_each_counts_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let service = service(&app, &owner).await;
    let event = |id: &str, amount: u64| json!({ "specversion": "1.0", "id": id, "source": "/gateway", "type": "ai_tokens", "data": { "amount": amount } });
    let send = |content_type: &'static str, body: Value| {
        let request = service.request(Method::POST, EVENTS).header("content-type", content_type).body(body.to_string());
        service.send(request)
    };
    let one = send("application/cloudevents+json", event("1", 5)).await.expect(200);
    assert_eq!(one, json!({ "accepted": 1, "duplicates": 0, "rejected": [] }));
    let many = json!([event("1", 5), event("2", 7), { "id": 3 }, { "specversion": "1.0", "id": "4", "source": "/g", "type": "tea" }]);
    let many = send(BATCHED, many).await.expect(200);
    assert_eq!((&many["accepted"], &many["duplicates"]), (&json!(1), &json!(1)));
    let rejected: Vec<_> =
        many["rejected"].as_array().unwrap().iter().map(|one| (one["index"].as_u64(), one["code"].as_str())).collect();
    assert_eq!(rejected, [(Some(2), Some("invalid_event")), (Some(3), Some("unknown_feature"))]);
    let binary = service
        .request(Method::POST, EVENTS)
        .header("ce-specversion", "1.0")
        .header("ce-id", "caf%C3%A9")
        .header("ce-source", "/gateway")
        .header("ce-type", "ai_tokens")
        .header("content-type", "application/json")
        .body(r#"{"amount":11}"#);
    assert_eq!(service.send(binary).await.expect(200)["accepted"], 1);
    assert_eq!(send("application/json", event("café", 11)).await.expect(200)["duplicates"], 1);
    assert_eq!(used(&service, TOKENS).await, 23);
    // Events above the limit are counted too.
    assert_eq!(send("application/cloudevents+json", event("5", 1_000_000)).await.expect(200)["accepted"], 1);
    assert_eq!(used(&service, TOKENS).await, 1_000_023);

    // If every event is rejected, the error has the fields of the success. A repeat of a counted event is no error.
    let all_bad = json!([{ "id": 3 }, { "specversion": "1.0", "id": "6", "source": "/g", "type": "tea" }]);
    let refused = send(BATCHED, all_bad).await.refused(400, "invalid_events");
    assert_eq!((&refused["accepted"], &refused["duplicates"]), (&json!(0), &json!(0)));
    let codes: Vec<_> = refused["rejected"].as_array().unwrap().iter().map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, [Some("invalid_event"), Some("unknown_feature")]);
    send("application/cloudevents+json", json!({ "id": 3 })).await.refused(400, "invalid_events");
    let repeat = send(BATCHED, json!([event("2", 7), { "id": 3 }])).await.expect(200);
    assert_eq!((&repeat["accepted"], &repeat["duplicates"]), (&json!(0), &json!(1)));

    send("text/plain", event("6", 1)).await.refused(415, "unsupported_media_type");
    send("application/cloudevents+json", json!([event("6", 1)])).await.refused(400, "validation_error");
    send(BATCHED, event("6", 1)).await.refused(400, "validation_error");
    let broken = service.request(Method::POST, EVENTS).header("content-type", BATCHED).body("[{");
    service.send(broken).await.refused(400, "invalid_json");
    let history = service.get(&format!("{HISTORY}?feature=ai_tokens&step=hour")).await.expect(200);
    let points = history["points"].as_array().unwrap();
    assert_eq!(points.len(), 48);
    assert_eq!((&points[47]["amount"], &points[47]["used"]), (&json!(1_000_023), &json!(1_000_023)));
}

#[rstest]
#[tokio::test]
async fn a_key_in_the_header_deduplicates_like_one_in_the_body(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let service = service(&app, &owner).await;
    let first = service.post_keyed(&consume(CONNECTIONS), "k", &json!({ "amount": 2 })).await.expect(200);
    assert_eq!(service.post_keyed(&consume(CONNECTIONS), "k", &json!({ "amount": 2 })).await.expect(200), first);
    service
        .post_keyed(&consume(CONNECTIONS), "k", &json!({ "amount": 3 }))
        .await
        .refused(422, "idempotency_key_reused");
    let in_body = json!({ "amount": 2, "idempotencyKey": "k" });
    assert_eq!(service.post(&consume(CONNECTIONS), &in_body).await.expect(200), first);
    assert_eq!(used(&service, CONNECTIONS).await, 2);
    // An idempotency key is scoped to the call and the feature.
    service.post_keyed(&format!("{CONNECTIONS}/release"), "k", &json!({ "amount": 1 })).await.expect(200);
    service.post_keyed(&consume(TOKENS), "k", &json!({ "amount": 1 })).await.expect(200);
    assert_eq!((used(&service, CONNECTIONS).await, used(&service, TOKENS).await), (1, 1));
}

#[rstest]
#[tokio::test]
async fn two_servers_count_exactly_and_each_sees_the_other_within_a_second(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other_node) = (app.owner_granted("pro").await, app.start_node().await);
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let nodes = [Browser::with_key(app.server.address, &key), Browser::with_key(other_node.address, &key)];
    assert_eq!((used(&nodes[0], CONNECTIONS).await, used(&nodes[1], CONNECTIONS).await), (0, 0));
    let (path, one) = (consume(CONNECTIONS), json!({}));
    let answers = join_all((0..200).map(|call| nodes[call % 2].post(&path, &one))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 402).count();
    assert_eq!((taken, refused), (100, 100));
    for node in &nodes {
        within_staleness("each node has counted all", async || used(node, CONNECTIONS).await == 100).await;
    }
    let page = owner.get("/usage").await;
    assert!(page.text.contains("<b>100</b>"), "{}", page.text);
}

#[rstest]
#[tokio::test]
async fn a_check_sees_a_plan_change_within_a_second(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let service = service(&app, &owner).await;
    let limit = async || service.get(&format!("{CONNECTIONS}/check")).await.expect(200)["limit"].clone();
    assert_eq!(limit().await, json!(10));
    app.stripe.pay(&owner.checkout("pro").await).await;
    eventually("the limit follows the plan", async || limit().await == json!(100)).await;
}

#[rstest]
#[tokio::test]
async fn users_and_id_tokens_can_not_count_and_no_member_can_correct(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let service = service(&app, &owner).await;
    let member = app.member_of(&owner).await;
    service.post(&consume(CONNECTIONS), &json!({ "amount": 10 })).await.expect(200);
    let event = json!([{ "specversion": "1.0", "id": "1", "source": "/me", "type": "ai_tokens", "data": { "amount": 9_007_199_254_740_991_u64 } }]);
    let calls = [
        (Method::POST, consume(CONNECTIONS), json!({})),
        (Method::POST, "/api/v1/billing/consume".to_owned(), json!({ "features": { "ai_tokens": 1 } })),
        (Method::POST, format!("{CONNECTIONS}/release"), json!({})),
        (Method::PUT, format!("{CONNECTIONS}/usage"), json!({ "value": 0 })),
        (Method::POST, EVENTS.to_owned(), event),
    ];
    for browser in [&*owner, &member] {
        for (method, path, body) in &calls {
            let answer = browser.send(browser.request(method.clone(), path).json(body)).await;
            let body = answer.refused(403, "scope_required");
            assert!(body["message"].as_str().unwrap().contains("API key that has the scope usage"), "{path}: {body}");
        }
    }
    let fix = json!({ "feature": "ai_tokens", "amount": -1, "reason": "x", "idempotencyKey": "x" });
    for browser in [&*owner, &member, &service] {
        browser.post(CORRECTIONS, &fix).await.refused(403, "installation_key_required");
    }
    app.visitor().post(CORRECTIONS, &fix).await.refused(401, "unauthenticated");
    assert_eq!((used(&service, CONNECTIONS).await, used(&service, TOKENS).await), (10, 0));
}

#[rstest]
#[tokio::test]
async fn a_flooded_counter_is_corrected_on_the_command_line_and_by_an_operator(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, operator) = (app.owner_granted("free").await, app.owner().await);
    let service = service(&app, &owner).await;
    app.record_usage(&owner, &[("ai_tokens", 9_007_199_254_740_991)]).await;
    service.post(&consume(TOKENS), &json!({})).await.refused(402, "limit_reached");
    let tenant = owner.tenant.as_str();
    let correct = async |amount: &str, key: &str| {
        let arguments =
            ["usage", "correct", "--tenant", tenant, "--feature", "ai_tokens", "--reason", "An import ran twice."];
        app.command(&[&arguments[..], &["--amount", amount, "--idempotency-key", key, "--json"]].concat()).await
    };
    for _ in 0..2 {
        let body: Value = serde_json::from_slice(&correct("-9007199254740900", "k").await.stdout).unwrap();
        assert_eq!((&body["used"], &body["amount"]), (&json!(91), &json!(-9_007_199_254_740_900_i64)));
    }
    let below = correct("-92", "other").await;
    assert!(!below.status.success() && String::from_utf8_lossy(&below.stderr).contains("takes off more"), "{below:?}");
    eventually("the correction applies on this node", async || used(&service, TOKENS).await == 91).await;
    service.post(&consume(TOKENS), &json!({})).await.expect(200);

    assert!(app.command(&["operator", "add", "--email", &operator.email]).await.status.success());
    app.add_second_factor(&operator.email).await;
    let page = format!("/operator/tenants/{tenant}");
    let html = operator.get(&page).await.text;
    let key = html.split("name=\"idempotencyKey\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [
        ("tenant", tenant),
        ("correctFeature", "ai_tokens"),
        ("amount", "-42"),
        ("reason", "Counted a test."),
        ("idempotencyKey", key),
    ];
    for _ in 0..2 {
        let answer = operator.submit("/rpc/operator-correct", &form).await;
        assert_eq!(answer.leads_to(), format!("{page}?code=corrected"));
    }
    assert_eq!(used(&service, TOKENS).await, 50, "a repeated form corrects once");
    let verified = app.command(&["usage", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    let body = owner.get("/api/v1/tenant/audit?action=usage.corrected").await.expect(200);
    let reasons: Vec<_> =
        body["items"].as_array().unwrap().iter().map(|one| one["details"]["reason"].clone()).collect();
    assert_eq!(reasons, [json!("Counted a test."), json!("An import ran twice.")]);
}

#[rstest]
#[tokio::test]
async fn an_operator_creates_a_usage_key_that_is_shown_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, operator) = (app.owner_granted("free").await, app.owner().await);
    assert!(app.command(&["operator", "add", "--email", &operator.email]).await.status.success());
    app.add_second_factor(&operator.email).await;
    let page = format!("/operator/tenants/{}", owner.tenant);
    let form = [("tenant", owner.tenant.as_str()), ("keyName", "Product"), ("scopes[]", "usage")];
    let answer = operator.submit("/rpc/operator-key", &form).await;
    assert_eq!(answer.leads_to(), format!("{page}?code=key_given"));
    let kept = operator.cookie("fresh_desk_key").unwrap();
    let key = kept.rsplit('.').next().unwrap();
    let secret = key.rsplit('_').next().unwrap();
    assert!(operator.get(answer.leads_to()).await.text.contains(secret));
    assert!(!operator.get(&page).await.text.contains(secret), "this once");
    let service = Browser::with_key(app.server.address, key);
    service.post(&consume(CONNECTIONS), &json!({})).await.expect(200);
    let listed = owner.get("/api/v1/tenant/api-keys").await.expect(200);
    assert_eq!(
        (&listed["items"][0]["createdBy"], &listed["items"][0]["selfIssuedMeter"]),
        (&json!(null), &json!(false))
    );
    let wrong = operator.submit("/rpc/operator-key", &[("tenant", owner.tenant.as_str())]).await;
    assert!(wrong.leads_to().contains("wrong=keyName") && wrong.leads_to().contains("wrong=scopes"), "{wrong:#?}");
}
