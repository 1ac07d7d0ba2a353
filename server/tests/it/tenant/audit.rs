//! The audit log: as paged JSON, as CSV and as a page.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Owner, TestApp, eventually};

const AUDIT: &str = "/api/v1/tenant/audit";
const CSV: &str = "/api/v1/tenant/audit.csv";
const PAGE: &str = "/settings/audit";
const KEYS: &str = "/api/v1/tenant/api-keys";

async fn entries(owner: &Owner, query: &str) -> Vec<Value> {
    owner.get(&format!("{AUDIT}{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn make_key(owner: &Owner, name: &str) -> Value {
    owner.post(KEYS, &json!({ "name": name, "scopes": ["read"] })).await.expect(201)
}

#[rstest]
#[tokio::test]
async fn each_action_is_recorded_with_its_actor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let made = make_key(&owner, "Gateway").await;
    let service = app.service_of(&owner.tenant, "secrets").await;
    service.post("/tenant/secrets", &json!({ "key": "polar_api_key", "value": "hush" })).await.expect(201);
    let recorded = entries(&owner, "").await;
    let names: Vec<_> = recorded[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "at", "actor", "action", "target", "details"]);
    let what: Vec<_> = recorded.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(what, ["secret.set", "api_key.made", "api_key.made", "member.joined"]);
    assert_eq!(recorded[0]["actor"]["type"], "api_key");
    assert_eq!(recorded[0]["actor"]["name"], "command line");
    let details = json!({ "replaced": false, "from": "127.0.0.1" });
    assert_eq!((&recorded[0]["target"], &recorded[0]["details"]), (&json!("polar_api_key"), &details));
    assert_eq!(recorded[1]["actor"], json!({ "type": "operator", "id": null, "name": null }));
    assert_eq!((&recorded[2]["actor"]["type"], &recorded[2]["actor"]["name"]), (&json!("user"), &json!(owner.email)));
    assert_eq!((&recorded[2]["target"], &recorded[2]["details"]["name"]), (&made["id"], &json!("Gateway")));
    let all = owner.get(AUDIT).await.text;
    assert!(!all.contains(made["key"].as_str().unwrap()) && !all.contains("hush"), "{all}");
    assert_eq!(entries(&owner, "?action=secret.set").await.len(), 1);
    assert_eq!(entries(&owner, "?from=2020-01-01&to=2020-02-01").await.len(), 0);
    assert_eq!(entries(&app.owner().await, "").await.len(), 1, "another workspace has a separate log");
}

#[rstest]
#[tokio::test]
async fn a_purchase_is_recorded_with_the_provider_as_actor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    eventually("the jobs are done", async || app.jobs().await == 0).await;
    let changes = entries(&owner, "?action=subscription.changed").await;
    assert!(!changes.is_empty());
    for entry in &changes {
        assert_eq!(entry["actor"], json!({ "type": "provider", "id": "stripe", "name": null }), "{entry}");
        assert_ne!(entry["details"]["before"], entry["details"]["after"], "an entry without a change: {entry}");
    }
    assert_eq!(changes.last().unwrap()["details"]["before"], Value::Null);
    assert_eq!(changes[0]["details"]["after"]["plan"], "pro");
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(
        entries(&owner, "?action=subscription.changed").await,
        changes,
        "an unchanged subscription is not recorded"
    );
}

#[rstest]
#[tokio::test]
async fn order_cancellation_and_resumption_are_recorded_with_their_user(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let subscription = app.subscriptions(&owner.tenant).await.remove(0).external_id;
    let service = app.service_of(&owner.tenant, "billing").await;
    let (cancel, resume, portal) = ("/api/v1/billing/cancel", "/api/v1/billing/resume", "/api/v1/billing/portal");
    let order = |plan: &str| json!({ "targetPlan": plan, "billingCycle": "yearly" });
    for _ in 0..2 {
        owner.post(cancel, &json!({})).await.expect(200);
        service.post(resume, &json!({})).await.expect(200);
        service.post(resume, &json!({})).await.expect(200);
    }
    owner.post("/billing/upgrade", &order("team")).await.expect(200);
    owner.post(portal, &json!({})).await.expect(200);
    // A request that Dues refuses, or the provider does not answer, leaves no entry.
    app.member_of(&owner).await.post(cancel, &json!({})).await.refused(403, "admin_required");
    owner.post("/billing/upgrade", &order("starter")).await.refused(400, "not_an_upgrade");
    app.stripe.gate.close();
    owner.post(cancel, &json!({})).await.refused(503, "provider_unavailable");
    owner.post("/billing/upgrade", &order("team")).await.refused(503, "provider_unavailable");
    owner.post(portal, &json!({})).await.refused(503, "provider_unavailable");

    let asked = ["subscription.cancel_asked", "subscription.resume_asked", "checkout.started", "portal.opened"];
    let mut recorded = entries(&owner, "?limit=200").await;
    recorded.retain(|entry| asked.contains(&entry["action"].as_str().unwrap()));
    let bought = recorded.pop().unwrap();
    assert_eq!((&bought["action"], &bought["actor"]["name"]), (&json!("checkout.started"), &json!(owner.email)));
    let details =
        json!({ "plan": "pro", "cycle": "monthly", "provider": "stripe", "portal": false, "currency": "USD" });
    assert_eq!(bought["details"], details);
    assert!(bought["target"].as_str().unwrap().starts_with("cs_"), "{bought}");

    let opened = recorded.remove(0);
    assert_eq!((&opened["action"], &opened["actor"]["name"]), (&json!("portal.opened"), &json!(owner.email)));
    assert_eq!(opened["details"], json!({ "provider": "stripe", "door": "home" }));
    let by = |entry: &Value| (entry["actor"]["type"].clone(), entry["actor"]["name"].clone());
    let (ada, key) = ((json!("user"), json!(owner.email)), (json!("api_key"), json!("command line")));
    let said: Vec<_> = recorded
        .iter()
        .map(|recorded| (by(recorded), recorded["action"].clone(), recorded["details"].clone()))
        .collect();
    let live = json!({ "plan": "pro", "provider": "stripe" });
    let change = json!({ "plan": "team", "cycle": "yearly", "provider": "stripe", "portal": true, "currency": "USD" });
    let (canceled, resumed) = ((ada.clone(), json!(asked[0]), live.clone()), (key, json!(asked[1]), live));
    let expected = [(ada, json!(asked[2]), change), resumed.clone(), canceled.clone(), resumed, canceled];
    assert_eq!(said, expected, "newest first, and repeated requests are not recorded");
    assert!(recorded.iter().all(|entry| entry["target"] == subscription), "{recorded:?}");
    let page = owner.get(&format!("{PAGE}?action=subscription.cancel_asked")).await.text;
    assert!(page.contains("Canceled Pro, effective at the end of the billing period"), "{page}");
}

#[rstest]
#[tokio::test]
async fn the_end_of_an_override_is_recorded_as_a_time(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let ends = ["--plan", "team", "--limit", "projects=7", "--until", "2099-01-31T00:00:00Z"];
    let done = app.command(&[&["tenant", "override", "--tenant", owner.tenant.as_str()], &ends[..]].concat()).await;
    assert!(done.status.success(), "{done:?}");
    let recorded = entries(&owner, "?action=overrides.changed").await;
    let until = "2099-01-31T00:00:00Z";
    let after = json!({
        "plan": { "plan": "team", "until": until },
        "limits": [{ "feature": "projects", "limit": 7, "until": until }],
    });
    assert_eq!(recorded[0]["details"], json!({ "before": { "plan": null, "limits": [] }, "after": after }));
    let page = owner.get(PAGE).await.text;
    assert!(page.contains("Granted plan Team · Set a custom limit: Projects"), "{page}");
    assert!(owner.get(CSV).await.text.contains(&format!(r#"""until"":""{until}"""#)));
}

#[rstest]
#[tokio::test]
async fn audit_pages_follow_by_cursor_and_an_invalid_query_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for number in 0..6 {
        make_key(&owner, &number.to_string()).await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=3&action=api_key.made".to_owned());
    loop {
        let page = owner.get(&format!("{AUDIT}{query}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["details"]["name"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("?limit=3&action=api_key.made&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1", "0"]);
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?limit=x", "limit"),
        ("?cursor=x", "cursor"),
        ("?cursor=1.%00", "cursor"),
        ("?action=nothing", "action"),
        ("?action=", "action"),
        ("?from=soon", "from"),
        ("?to=2026-02-30", "to"),
    ] {
        owner.get(&format!("{AUDIT}{query}")).await.refused_field(field);
    }
}

#[rstest]
#[tokio::test]
async fn the_csv_has_every_entry_and_no_formula(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    // Creates more entries than fit on one page.
    for number in 0..110 {
        let made = make_key(&owner, &format!("=1+{number}")).await;
        let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
        assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
    }
    let table = owner.get(CSV).await;
    assert_eq!(table.status, 200);
    assert_eq!(table.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    assert_eq!(table.header("cache-control"), Some("no-store"));
    let lines: Vec<_> = table.text.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "at,actorType,actorId,actorName,action,target,details");
    assert_eq!(lines.len(), 1 + 1 + 220);
    assert!(lines[1].contains("\"api_key.revoked\"") && lines.last().unwrap().contains("\"member.joined\""));
    assert!(lines[1].ends_with(r#""{""name"":""=1+109""}""#), "{}", lines[1]);
    assert!(!table.text.contains(",\"=") && !table.text.contains(",="), "{}", table.text);
    // The name of the key that acted is in a separate cell, and escaped as well.
    let service = app.key_named(&owner, "=cmd()", &[domain::tenant::scope::Scope::Secrets]).await;
    service.post("/tenant/secrets", &json!({ "key": "x", "value": "x" })).await.expect(201);
    let filtered = owner.get(&format!("{CSV}?action=secret.set")).await.text;
    assert!(filtered.lines().count() == 2 && filtered.contains("\"'=cmd()\""), "{filtered}");
}

#[rstest]
#[tokio::test]
async fn the_audit_page_is_in_plain_words_and_paged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    for number in 0..55 {
        make_key(&owner, &format!("Key <{number}>")).await;
    }
    let page = owner.get(PAGE).await.text;
    assert!(page.contains("Key &lt;54&gt;") && !page.contains("Key &lt;0&gt;"), "{page}");
    assert!(page.contains(&owner.email) && page.contains("/api/v1/tenant/audit.csv"), "{page}");
    let link =
        page.split("href=\"").find(|link| link.starts_with("/settings/audit?") && link.contains("after=")).unwrap();
    let older = owner.get(&link.split('"').next().unwrap().replace("&amp;", "&")).await.text;
    assert!(older.contains("Key &lt;0&gt;") && !older.contains("Key &lt;54&gt;"), "{older}");
    let one = owner.get(&format!("{PAGE}?action=member.joined")).await.text;
    assert!(one.contains("joined") && !one.contains("Key &lt;"), "{one}");
    for odd in ["?action=%3Cscript%3E", "?after=x", "?from=soon", "?to=%00"] {
        let page = owner.get(&format!("{PAGE}{odd}")).await;
        assert!(page.status == 200 && !page.text.contains("<script>alert"), "{odd}: {page:#?}");
    }
    let page = member.get(PAGE).await.text;
    assert!(page.contains("You’re a member.") && !page.contains("Key &lt;"), "{page}");
    assert_eq!(app.visitor().get(PAGE).await.leads_to(), "/login?next=%2Fsettings%2Faudit");
}
