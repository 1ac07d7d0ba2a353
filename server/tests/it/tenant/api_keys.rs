//! API keys: created, shown once, used, listed and revoked, over the API and on the page.

mod page;

use domain::time::{Clock, SystemClock, Timestamp};
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{APP_URL, Answer, Browser, Engine, STALENESS, TestApp, eventually, within_staleness};

const KEYS: &str = "/api/v1/tenant/api-keys";
const STATUS: &str = "/api/v1/billing/status";
const PAGE: &str = "/settings/keys";

async fn make(admin: &Browser, name: &str, scopes: &[&str]) -> Value {
    admin.post(KEYS, &json!({ "name": name, "scopes": scopes })).await.expect(201)
}

async fn list(admin: &Browser) -> Vec<Value> {
    admin.get(KEYS).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn revoke(admin: &Browser, id: &str) -> Answer {
    admin.send(admin.request(Method::DELETE, &format!("{KEYS}/{id}"))).await
}

/// Sends a GET with the key.
async fn ask(service: &Browser, key: &Value, path: &str) -> Answer {
    service.send(service.request(Method::GET, path).bearer_auth(key.as_str().unwrap())).await
}

/// The names of the object's fields in alphabetical order.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[rstest]
#[tokio::test]
async fn a_key_is_shown_once_and_then_listed_without_its_value(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).logging_everything().start().await;
    let owner = app.owner().await;
    let body =
        json!({ "name": " Gateway ", "scopes": ["billing", "read"], "expiresAt": "2099-01-31T12:00:00.9+02:00" });
    let answer = owner.post(KEYS, &body).await;
    let made = answer.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(names(&made), ["createdAt", "expiresAt", "from", "id", "key", "name", "scopes"]);
    assert_eq!(made["name"], "Gateway");
    assert_eq!(made["scopes"], json!(["read", "billing"]));
    assert_eq!(made["expiresAt"], "2099-01-31T10:00:00Z");
    let created_at = made["createdAt"].as_str().unwrap();
    assert!(created_at.len() == 20 && created_at.ends_with('Z'), "whole seconds: {created_at}");
    let key = made["key"].as_str().unwrap();
    let secret = key.strip_prefix(&format!("dues_{}_", made["id"].as_str().unwrap())).unwrap();

    let visitor = app.visitor();
    assert_eq!(ask(&visitor, &made["key"], STATUS).await.status, 200);
    assert_eq!(ask(&visitor, &made["key"], "/api/v1/auth/me").await.expect(200)["scopes"], json!(["read", "billing"]));
    let listed = owner.get(KEYS).await;
    assert!(!listed.text.contains(secret) && !listed.text.contains("hash"), "{}", listed.text);
    let items = list(&owner).await;
    let expected = json!({
        "id": made["id"], "name": "Gateway", "scopes": ["read", "billing"], "createdAt": created_at, "from": [], "selfIssuedMeter": false,
        "createdBy": owner.email, "expiresAt": "2099-01-31T10:00:00Z", "expired": false, "lastUsedAt": null
    });
    assert_eq!(items, [expected]);
    app.server.assert_not_logged("a key", secret);
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_on_other_nodes_within_a_second(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other_node) = (app.owner().await, app.start_node().await);
    let (made, other) = (make(&owner, "one", &["read"]).await, make(&owner, "other", &["read"]).await);
    let id = made["id"].as_str().unwrap();
    let elsewhere = Browser::at(other_node.address);
    for service in [&app.visitor(), &elsewhere] {
        assert_eq!(ask(service, &made["key"], STATUS).await.status, 200);
    }
    let answer = revoke(&owner, id).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    ask(&app.visitor(), &made["key"], STATUS).await.refused(401, "unauthenticated");
    within_staleness("the other node refuses the key", async || {
        ask(&elsewhere, &made["key"], STATUS).await.status == 401
    })
    .await;
    for service in [&elsewhere, &app.visitor()] {
        ask(service, &made["key"], STATUS).await.refused(401, "unauthenticated");
        assert_eq!(ask(service, &other["key"], STATUS).await.status, 200);
    }
    assert_eq!(list(&owner).await.len(), 1);
    assert_eq!(revoke(&owner, id).await.status, 204, "revoking twice is safe");
}

#[rstest]
#[tokio::test]
async fn an_expired_key_is_refused_and_stays_in_the_list(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let end = Timestamp::from_secs(SystemClock.now().as_secs() + 3);
    let body = json!({ "name": "brief", "scopes": ["read"], "expiresAt": end.rfc3339_secs() });
    let made = owner.post(KEYS, &body).await.expect(201);
    let visitor = app.visitor();
    assert_eq!(ask(&visitor, &made["key"], STATUS).await.status, 200);
    eventually("it expires", async || ask(&visitor, &made["key"], STATUS).await.status == 401).await;
    assert!(SystemClock.now() >= end, "it expired too early");
    let items = list(&owner).await;
    assert_eq!((&items[0]["expired"], &items[0]["id"]), (&json!(true), &made["id"]));
}

#[rstest]
#[tokio::test]
async fn only_a_signed_in_admin_sees_or_changes_keys(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, stranger) = (app.owner().await, app.owner().await);
    let member = app.member_of(&owner).await;
    let made = make(&owner, "mine", &["read", "billing", "secrets"]).await;
    let one = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    let visitor = app.visitor();
    let body = json!({ "name": "x", "scopes": [] });
    for (method, path) in [(Method::GET, KEYS), (Method::POST, KEYS), (Method::DELETE, one.as_str())] {
        let of = |browser: &Browser| browser.request(method.clone(), path).json(&body);
        visitor.send(of(&visitor)).await.refused(401, "unauthenticated");
        member.send(of(&member)).await.refused(403, "admin_required");
        let with_key = of(&visitor).bearer_auth(made["key"].as_str().unwrap());
        visitor.send(with_key).await.refused(403, "session_required");
        let elsewhere = of(&stranger).header("x-tenant-id", owner.tenant.as_str());
        stranger.send(elsewhere).await.refused(404, "tenant_not_found");
    }
    revoke(&stranger, made["id"].as_str().unwrap()).await.refused(404, "not_found");
    assert!(list(&stranger).await.is_empty());
    assert_eq!(ask(&visitor, &made["key"], STATUS).await.status, 200, "the key is still valid");
}

#[rstest]
#[tokio::test]
async fn an_invalid_key_request_is_reported_by_field_and_creates_no_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let long = "x".repeat(81);
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("  ")),
        ("name", json!("a\nb")),
        ("name", json!("a\u{0}b")),
        ("name", json!(long)),
        ("name", json!(7)),
        ("name", Value::Null),
        ("scopes", json!([])),
        ("scopes", json!("read")),
        ("scopes", json!(["fly"])),
        ("scopes", json!(["READ"])),
        ("scopes", json!(["read", "read"])),
        ("scopes", json!(["read", 1])),
        ("scopes", json!([["read"]])),
        ("scopes", json!({ "read": true })),
        ("scopes", Value::Null),
        ("expiresAt", json!("2020-01-01T00:00:00Z")),
        ("expiresAt", json!("2099-01-01")),
        ("expiresAt", json!("tomorrow")),
        ("expiresAt", json!("2099-02-30T00:00:00Z")),
        ("expiresAt", json!(4_070_908_800_u64)),
        ("expiresAt", json!(true)),
        ("from", json!("203.0.113.0/24")),
        ("from", json!(["203.0.113.0/33"])),
        ("from", json!(["home"])),
        ("from", json!([7])),
        ("from", json!((0..21).map(|n| format!("203.0.113.{n}")).collect::<Vec<_>>())),
        ("name", json!("a\u{202e}b")),
    ] {
        let mut body = json!({ "name": "ok", "scopes": ["read"], "expiresAt": null });
        body[field] = value;
        owner.post(KEYS, &body).await.refused_field(field);
    }
    let all = owner.post(KEYS, &json!({ "name": 1, "scopes": 2, "expiresAt": 3 })).await;
    let all = all.refused(400, "validation_error");
    assert_eq!(names(&all["fields"]), ["expiresAt", "name", "scopes"]);
    for id in ["x", "0123456789abcdef", "%00", "%ff", "..%2f", "%27%20or%201=1", &"f".repeat(2000)] {
        revoke(&owner, id).await.refused(404, "not_found");
    }
    assert!(list(&owner).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_workspace_has_at_most_a_hundred_keys(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let mut first = None;
    for number in 0..100 {
        let made = make(&owner, &number.to_string(), &["read"]).await;
        first.get_or_insert(made);
    }
    let body = owner.post(KEYS, &json!({ "name": "x", "scopes": ["read"] })).await.refused(409, "too_many_keys");
    assert!(body["message"].as_str().unwrap().contains("Revoke one"), "{body}");
    let page = owner.get(PAGE).await;
    assert!(page.text.contains("A workspace can have up to 100 keys.") && !page.text.contains("/rpc/make-key"));
    assert_eq!(revoke(&owner, first.unwrap()["id"].as_str().unwrap()).await.status, 204);
    make(&owner, "room again", &["read"]).await;
}

#[rstest]
#[tokio::test]
async fn the_last_use_of_a_key_is_written_at_shutdown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let (used, idle) = (make(&owner, "used", &["read"]).await, make(&owner, "idle", &["read"]).await);
    let before = SystemClock.now().as_secs();
    assert_eq!(ask(&app.visitor(), &used["key"], STATUS).await.status, 200);
    assert_eq!(app.server.terminate().await.code(), Some(0));
    app.restart().await;
    let items = list(&owner).await;
    let of = |made: &Value| items.iter().find(|item| item["id"] == made["id"]).unwrap()["lastUsedAt"].clone();
    let at = Timestamp::parse_rfc3339(of(&used).as_str().unwrap()).unwrap();
    assert!((before..=SystemClock.now().as_secs()).contains(&at.as_secs()), "{at:?}");
    assert_eq!(of(&idle), Value::Null);
}

#[rstest]
#[tokio::test]
async fn the_last_use_of_a_key_is_written_while_the_server_runs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let made = make(&owner, "used", &["read"]).await;
    assert_eq!(ask(&app.visitor(), &made["key"], STATUS).await.status, 200);
    eventually("it is written", async || list(&owner).await[0]["lastUsedAt"].is_string()).await;
}

#[rstest]
#[tokio::test]
async fn a_key_bound_to_networks_is_refused_from_other_addresses(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let owner = app.owner().await;
    let body = json!({ "name": "bound", "scopes": ["read"], "from": ["203.0.113.7/24", "2001:db8::1"] });
    let made = owner.post(KEYS, &body).await.expect(201);
    assert_eq!(made["from"], json!(["203.0.113.0/24", "2001:db8::1/128"]));
    assert_eq!(list(&owner).await[0]["from"], made["from"]);
    let visitor = app.visitor();
    let from = async |address: &str| {
        let request = visitor.request(Method::GET, STATUS).header("x-forwarded-for", address);
        visitor.send(request.bearer_auth(made["key"].as_str().unwrap())).await
    };
    for inside in ["203.0.113.200", "2001:db8::1", "::ffff:203.0.113.1"] {
        assert_eq!(from(inside).await.status, 200, "{inside}");
    }
    for outside in ["203.0.114.1", "2001:db8::2", "10.0.0.1"] {
        from(outside).await.refused(401, "unauthenticated");
    }
    assert!(owner.get(PAGE).await.text.contains("Only from 203.0.113.0/24"));
    // On the command line, too.
    let arguments = ["api-key", "create", "--tenant", owner.tenant.as_str(), "--scopes", "read", "--json", "--from"];
    let output = app.command(&[&arguments[..], &["203.0.113.0/24,10.0.0.0/8"]].concat()).await;
    let body: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(body["from"], json!(["10.0.0.0/8", "203.0.113.0/24"]));
    ask(&visitor, &body["key"], STATUS).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn only_the_installation_creates_keys_with_the_usage_scope(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let answer = owner.post(KEYS, &json!({ "name": "meter", "scopes": ["read", "usage"] })).await;
    let body = answer.refused(403, "scope_required");
    assert!(body["message"].as_str().unwrap().contains("given by the installation"), "{body}");
    let form = owner.submit("/rpc/make-key", &[("name", "meter"), ("scopes[]", "usage")]).await;
    assert_eq!(form.leads_to(), "/settings/keys?code=scope_required");
    assert!(owner.get(form.leads_to()).await.text.contains("Key not created"));
    assert!(!owner.get(PAGE).await.text.contains("value=\"usage\""));
    assert!(list(&owner).await.is_empty());

    // A key with the scope `usage` that an admin created earlier still works, and is listed with `selfIssuedMeter`.
    let old = make(&owner, "old meter", &["read"]).await;
    app.add_usage_scope(old["id"].as_str().unwrap()).await;
    app.service_of(&owner.tenant, "usage").await;
    let marks: Vec<_> = list(&owner).await.iter().map(|key| key["selfIssuedMeter"].clone()).collect();
    assert_eq!(marks, [json!(false), json!(true)]);
    assert!(owner.get(PAGE).await.text.contains("Only the operator can now create keys"));
    let visitor = app.visitor();
    let consume = visitor.request(Method::POST, "/api/v1/billing/features/websocket_rooms/consume");
    visitor.send(consume.bearer_auth(old["key"].as_str().unwrap())).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn keys_of_removed_demoted_or_leaving_members_end_on_every_node_unless_taken_over(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("removed", "demoted", "left")] how: &str,
    #[values(false, true)] is_taken_over: bool,
) {
    let app = TestApp::start(engine).await;
    let (owner, other_node) = (app.owner_granted("team").await, app.start_node().await);
    let admin = app.colleague_of(&owner, domain::account::Role::Admin).await;
    let made = make(&admin, "Gateway", &["read", "secrets"]).await;
    let issued = app.key_of(&owner, &[domain::tenant::scope::Scope::Read]).await.key;
    let nodes = [app.visitor(), Browser::at(other_node.address)];
    for node in &nodes {
        assert_eq!(ask(node, &made["key"], STATUS).await.status, 200);
    }
    let me = admin.get("/api/v1/auth/me").await.expect(200);
    let member = format!("/api/v1/tenant/members/{}", me["userId"].as_str().unwrap());
    match how {
        "removed" => {
            let path = format!("{member}?takeOverKeys={is_taken_over}");
            assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
        }
        "demoted" => {
            let body = json!({ "role": "member", "takeOverKeys": is_taken_over });
            owner.send(owner.request(Method::PATCH, &member).json(&body)).await.expect(200);
        }
        // A leaving member cannot take over their keys.
        _ => {
            let path = format!("{member}?takeOverKeys={is_taken_over}");
            assert_eq!(admin.send(admin.request(Method::DELETE, &path)).await.status, 204);
        }
    }
    let goes_on = is_taken_over && how != "left";
    let expected = if goes_on { 200 } else { 401 };
    assert_eq!(ask(&nodes[0], &made["key"], STATUS).await.status, expected, "on this node at once");
    if goes_on {
        // Waits until every node has seen the change: the key must still work then.
        tokio::time::sleep(STALENESS).await;
    }
    for node in &nodes {
        within_staleness("every node has the change", async || {
            ask(node, &made["key"], STATUS).await.status == expected
        })
        .await;
        assert_eq!(ask(node, &json!(issued), STATUS).await.status, 200, "the installation's keys stay");
    }
    let mine = list(&owner).await.into_iter().find(|key| key["id"] == made["id"]);
    assert_eq!(mine.map(|key| key["createdBy"].clone()), goes_on.then(|| json!(owner.email)));
    let action = if goes_on { "api_key.taken_over" } else { "api_key.revoked" };
    let body = owner.get(&format!("/api/v1/tenant/audit?action={action}")).await.expect(200);
    assert_eq!(body["items"].as_array().unwrap().len(), 1, "{body}");
}

#[rstest]
#[tokio::test]
async fn the_team_page_offers_to_keep_the_keys_of_a_removed_member(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    let admin = app.colleague_of(&owner, domain::account::Role::Admin).await;
    let made = make(&admin, "Gateway <1>", &["read"]).await;
    let id = admin.get("/api/v1/auth/me").await.expect(200)["userId"].as_str().unwrap().to_owned();
    let asked = owner.get(&format!("/settings/team?remove={id}")).await.text;
    assert!(asked.contains("Gateway &lt;1&gt;") && asked.contains("name=\"takeOverKeys\""), "{asked}");
    owner.submit("/rpc/remove-member", &[("member", id.as_str()), ("takeOverKeys", "1")]).await;
    assert_eq!(ask(&app.visitor(), &made["key"], STATUS).await.status, 200);
    assert_eq!(list(&owner).await[0]["createdBy"], owner.email);
}
