//! Secrets: stored, never shown, counted, and re-encrypted under another key.

use domain::account::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp};

const SECRETS: &str = "/tenant/secrets";
const PAGE: &str = "/settings/secrets";
const PLANTED: &str = "polar_sk_planted_0123456789";
const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "HBscGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAAAA=";

fn secret(key: &str) -> Value {
    json!({ "key": key, "value": PLANTED })
}

async fn delete(browser: &Browser, key: &str) -> Answer {
    browser.send(browser.request(Method::DELETE, &format!("{SECRETS}/{key}"))).await
}

async fn keys(browser: &Browser) -> Vec<String> {
    let list = browser.get(SECRETS).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

async fn counted(owner: &Owner) -> Value {
    owner.get("/billing/usage").await.expect(200)["usage"]["tenantConfig"]["secrets"].clone()
}

#[rstest]
#[tokio::test]
async fn a_stored_value_is_never_shown_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).in_a_process().with("RUST_LOG", "debug").start().await;
    let owner = app.owner().await;
    let made = owner.post(SECRETS, &secret("polar_api_key")).await.expect(201);
    let names: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["key", "createdAt", "updatedAt"]);
    assert_eq!((&made["key"], &made["createdAt"]), (&json!("polar_api_key"), &made["updatedAt"]));
    let replaced = owner.post(SECRETS, &secret("polar_api_key")).await.expect(201);
    assert_eq!(replaced["createdAt"], made["createdAt"]);

    let service = app.service_of(&owner.tenant, "secrets").await;
    service.post(SECRETS, &secret("stripe_secret_key")).await.expect(201);
    let listed = service.get(SECRETS).await;
    let items = listed.expect(200)["items"].clone();
    let names: Vec<_> = items[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["key", "createdAt", "updatedAt", "lastUsedAt"]);
    assert_eq!((&items[0]["key"], &items[0]["lastUsedAt"]), (&json!("polar_api_key"), &Value::Null));
    let (page, log) = (owner.get(PAGE).await.text, owner.get("/settings/audit").await.text);
    assert!(page.contains("stripe_secret_key") && log.contains("stripe_secret_key"), "{page}");
    let everything = app.tenant_rows(&owner).await.join("\n");
    for (place, text) in [
        ("the list", &listed.text),
        ("the page", &page),
        ("the audit log", &log),
        ("the database", &everything),
        ("the log", &app.server.whole_log()),
    ] {
        assert!(!text.contains(PLANTED), "the value is in {place}");
    }
    for (name, bytes) in app.whole_database().await {
        assert!(!bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes()), "the value is in {name}");
    }
    assert_eq!(delete(&service, "polar_api_key").await.status, 204);
    delete(&owner, "polar_api_key").await.refused(404, "not_found");
    assert_eq!(keys(&owner).await, ["stripe_secret_key"]);
}

#[rstest]
#[tokio::test]
async fn stored_secrets_are_counted_and_limited_by_the_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for number in 0..5 {
        owner.post(SECRETS, &secret(&format!("s{number}"))).await.expect(201);
    }
    let full = json!({ "current": 5, "limit": 5, "percentage": 100 });
    assert_eq!(counted(&owner).await, full);
    let refused = owner.post(SECRETS, &secret("one_more")).await.refused(402, "limit_reached");
    assert_eq!((&refused["error"], &refused["allowed"]), (&json!("Usage limit exceeded"), &json!(false)));
    assert_eq!(refused["message"], "Secret limit reached (5)");
    assert_eq!(refused["upgrade"], json!({ "plan": "starter", "limit": 10 }));
    owner.post(SECRETS, &secret("s0")).await.expect(201);
    let feature = "/api/v1/billing/features/secrets";
    let meter = app.service_of(&owner.tenant, "usage").await;
    meter.post(&format!("{feature}/consume"), &json!({})).await.refused(400, "counted_by_dues");
    meter.post(&format!("{feature}/release"), &json!({})).await.refused(400, "counted_by_dues");
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/x", "type": "secrets", "data": { "amount": 3 } });
    let sent = meter.post("/api/v1/usage/events", &event).await.refused(400, "invalid_events");
    assert_eq!(sent["rejected"][0]["code"], "counted_by_dues", "{sent}");
    assert_eq!(counted(&owner).await, full);
    assert_eq!(delete(&owner, "s1").await.status, 204);
    assert_eq!(counted(&owner).await["current"], 4);
    owner.post(SECRETS, &secret("one_more")).await.expect(201);
}

#[rstest]
#[tokio::test]
async fn an_invalid_secret_is_reported_by_field_and_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for key in ["", "1a", "_a", "a b", "a/b", "é", "a\u{0}", &"x".repeat(65)] {
        owner.post(SECRETS, &json!({ "key": key, "value": "x" })).await.refused_field("key");
    }
    for value in [json!(""), json!(7), json!(null), json!(["x"]), json!("x".repeat(16385))] {
        let body = owner.post(SECRETS, &json!({ "key": "ok", "value": value })).await.refused_field("value");
        assert!(body.to_string().len() < 500, "the error repeats the input: {body}");
    }
    let both = owner.post(SECRETS, &json!({})).await.refused(400, "validation_error");
    assert!(both["fields"]["key"].is_string() && both["fields"]["value"].is_string(), "{both}");
    for key in ["x", "%00", "%ff", "..%2f", "%27%20or%201=1", &"f".repeat(2000)] {
        delete(&owner, key).await.refused(404, "not_found");
    }
    owner.post(SECRETS, &json!({ "key": "odd", "value": "\u{0}\n é 🔑" })).await.expect(201);
    assert_eq!(keys(&owner).await, ["odd"]);
}

#[rstest]
#[tokio::test]
async fn without_a_secrets_key_input_is_validated_before_the_error(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("SECRETS_KEY", "").start().await;
    let owner = app.owner().await;
    owner.post(SECRETS, &json!({ "key": "", "value": "" })).await.refused(400, "validation_error");
    let body = owner.post(SECRETS, &secret("polar_api_key")).await.refused(501, "secrets_not_configured");
    assert!(body["message"].as_str().unwrap().contains("SECRETS_KEY"), "{body}");
    assert!(keys(&owner).await.is_empty());
    let missing = app.command(&["secrets", "rotate"]).await;
    assert!(String::from_utf8(missing.stderr).unwrap().contains("SECRETS_KEY is missing"));
}

#[rstest]
#[tokio::test]
async fn a_command_rotates_the_secrets_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).with("SECRETS_KEY", OLD).start().await;
    let owner = app.owner().await;
    owner.post(SECRETS, &secret("polar_api_key")).await.expect(201);
    let endpoints = "/api/v1/tenant/webhook-endpoints";
    let made = owner.post(endpoints, &json!({ "url": "https://example.com/" })).await.expect(201);
    let renewed = format!("{endpoints}/{}/rotate-secret", made["id"].as_str().unwrap());
    owner.post(&renewed, &json!({})).await.expect(200);
    app.set("SECRETS_KEY", NEW);
    let early = app.command(&["secrets", "rotate"]).await;
    assert_eq!(early.status.code(), Some(1), "the old key is missing: {early:?}");
    assert!(String::from_utf8(early.stdout).unwrap().contains("1 that no key of SECRETS_KEY opens"));
    let wrong = app.command(&["serve"]).await;
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("SECRETS_KEY is wrong: it expects"));
    app.set("SECRETS_KEY", &format!("{NEW},{OLD}"));
    for anew in [1, 0] {
        let output = app.command(&["secrets", "rotate", "--json"]).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let body: Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = json!({ "column": "tenant_data_keys.sealed_key", "sealed": 1, "anew": anew, "unopened": 0 });
        assert_eq!(body["columns"][0], expected);
        for (at, column) in [(2, "webhook_endpoints.secret"), (3, "webhook_endpoints.former_secret")] {
            let expected = json!({ "column": column, "sealed": 1, "anew": anew, "unopened": 0 });
            assert_eq!(body["columns"][at], expected, "the columns are named");
        }
    }
    owner.post(SECRETS, &secret("later")).await.refused(501, "secrets_key_lost");
    app.set("SECRETS_KEY", NEW);
    assert_eq!(app.server.terminate().await.code(), Some(0));
    app.restart().await;
    owner.post(SECRETS, &secret("later")).await.expect(201);
    assert_eq!(keys(&owner).await, ["later", "polar_api_key"]);
}

#[rstest]
#[tokio::test]
async fn the_page_stores_and_replaces_secrets_and_deletes_them_after_confirmation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let (member, stranger) = (app.colleague_of(&owner, Role::Member).await, app.owner().await);
    let form = [("key", "polar_api_key"), ("value", PLANTED)];
    let kept = owner.submit("/rpc/set-secret", &form).await;
    assert_eq!(kept.leads_to(), "/settings/secrets?code=kept");
    assert!(owner.get(kept.leads_to()).await.text.contains("Secret saved"));
    let wrong = owner.submit("/rpc/set-secret", &[("key", "no name"), ("value", PLANTED)]).await;
    assert_eq!(wrong.leads_to(), "/settings/secrets?code=validation_error&wrong=key");
    assert!(!owner.cookie("draft").unwrap().contains(PLANTED), "the value is in the redirect or the draft");
    let page = owner.get(wrong.leads_to()).await.text;
    assert!(page.contains("value=\"no name\"") && !page.contains(PLANTED), "{page}");

    let question = owner.get("/settings/secrets?delete=polar_api_key").await.text;
    assert!(question.contains("Delete polar_api_key?") && question.contains("/rpc/delete-secret"), "{question}");
    let page = member.get(PAGE).await.text;
    assert!(page.contains("You’re a member.") && !page.contains("polar_api_key"), "{page}");
    for (form, fields) in [("set-secret", form), ("delete-secret", [("key", "polar_api_key"), ("", "")])] {
        let back = member.submit(&format!("/rpc/{form}"), &fields).await;
        assert_eq!(back.leads_to(), "/settings/secrets?code=admin_required");
        stranger.submit(&format!("/rpc/{form}"), &fields).await;
        assert_eq!(keys(&owner).await, ["polar_api_key"]);
    }
    let deleted = owner.submit("/rpc/delete-secret", &[("key", "polar_api_key")]).await;
    assert_eq!(deleted.leads_to(), "/settings/secrets?code=deleted");
    let gone = owner.submit("/rpc/delete-secret", &[("key", "polar_api_key")]).await;
    assert_eq!(gone.leads_to(), "/settings/secrets?code=not_found");
    assert!(keys(&owner).await.is_empty());
}
