//! Keys of the installation: created on the command line and at the desk, revoked, bound to networks, and used for the
//! tenant that a request names.

use billing::service::tenant::installation::key::CreatedInstallationKey;
use domain::{
    tenant::installation_scope::InstallationScope,
    time::{Clock, SystemClock, Timestamp},
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp, eventually, within_staleness};

const CHECK: &str = "/api/v1/billing/features/projects/check";
const CONSUME: &str = "/api/v1/billing/features/ai_tokens/consume";
const STATUS: &str = "/api/v1/billing/status";
const ME: &str = "/api/v1/auth/me";
const ID: &str = "x-tenant-id";
const EXTERNAL_ID: &str = "x-tenant-external-id";
const PAGE: &str = "/operator/keys";

/// Sends a GET with the key and these headers.
async fn ask(visitor: &Browser, key: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = visitor.request(Method::GET, path).bearer_auth(key);
    visitor.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

/// Creates a key on the command line.
async fn create(app: &TestApp, more: &[&str]) -> Value {
    let output = app.command(&[&["installation-key", "create", "--json"], more].concat()).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn full_key(app: &TestApp) -> CreatedInstallationKey {
    app.installation_key(&InstallationScope::ALL).await
}

async fn operator(app: &TestApp) -> Owner {
    let operator = app.owner().await;
    assert!(app.command(&["operator", "add", "--email", &operator.email]).await.status.success());
    app.add_second_factor(&operator.email).await;
    operator
}

#[rstest]
#[tokio::test]
async fn one_key_serves_every_tenant_by_either_id(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (first, second) = (app.owner_granted("free").await, app.owner_granted("pro").await);
    let odd = "org/1 \u{e9}%?#";
    app.set_external_id(&first, odd).await;
    app.set_external_id(&second, "Acme").await;
    let (visitor, key) = (app.visitor(), full_key(&app).await.key);
    let upper = first.tenant.as_str().to_ascii_uppercase();
    for (plan, header) in [
        ("free", (ID, first.tenant.as_str())),
        ("free", (ID, upper.as_str())),
        ("free", (EXTERNAL_ID, "org%2F1%20%C3%A9%25%3f%23")),
        ("pro", (ID, second.tenant.as_str())),
        ("pro", (EXTERNAL_ID, "Acme")),
        ("pro", (EXTERNAL_ID, "%41cme")),
    ] {
        let body = ask(&visitor, &key, STATUS, &[header]).await.expect(200);
        assert_eq!(body["data"]["plan"], plan, "{header:?}");
        ask(&visitor, &key, CHECK, &[header]).await.expect(200);
    }
    for (header, tenant) in [((ID, first.tenant.as_str()), &first), ((EXTERNAL_ID, "Acme"), &second)] {
        let request = visitor.request(Method::POST, CONSUME).bearer_auth(&key).header(header.0, header.1);
        visitor.send(request.json(&json!({ "amount": 2 }))).await.expect(200);
        let me = ask(&visitor, &key, ME, &[header]).await.expect(200);
        assert_eq!((&me["tenantId"], &me["scopes"][0]), (&json!(tenant.tenant), &json!("tenants")));
    }
    let me = ask(&visitor, &key, ME, &[]).await.expect(200);
    assert_eq!((&me["tenantId"], &me["tenants"], &me["userId"]), (&Value::Null, &json!([]), &Value::Null));
}

#[rstest]
#[tokio::test]
async fn a_request_names_exactly_one_known_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    app.set_external_id(&owner, "org-1").await;
    let (visitor, key) = (app.visitor(), full_key(&app).await.key);
    for path in [CHECK, STATUS] {
        let none = ask(&visitor, &key, path, &[]).await.refused(400, "tenant_required");
        assert!(none["message"].as_str().unwrap().contains("X-Tenant-External-ID"), "{none}");
        let both = [(ID, owner.tenant.as_str()), (EXTERNAL_ID, "org-1")];
        ask(&visitor, &key, path, &both).await.refused_field("X-Tenant-External-ID");
        for unknown in [
            (ID, "unknown"),
            (ID, "installation"),
            (ID, "a b"),
            (ID, "org-1"),
            (EXTERNAL_ID, "org-2"),
            (EXTERNAL_ID, "ORG-1"),
            (EXTERNAL_ID, "external:org-1"),
            (EXTERNAL_ID, "%00"),
            (EXTERNAL_ID, "%ff"),
            (EXTERNAL_ID, owner.tenant.as_str()),
        ] {
            ask(&visitor, &key, path, &[unknown]).await.refused(404, "tenant_not_found");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_workspace_key_names_no_other_tenant_by_its_external_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_granted("free").await, app.owner_granted("free").await);
    app.set_external_id(&owner, "org-1").await;
    app.set_external_id(&other, "org-2").await;
    let (visitor, key) = (app.visitor(), app.api_key(&owner.tenant, "read").await);
    ask(&visitor, &key, STATUS, &[(EXTERNAL_ID, "org-1")]).await.expect(200);
    for other in ["org-2", "org-3", "%00"] {
        ask(&visitor, &key, STATUS, &[(EXTERNAL_ID, other)]).await.refused(404, "tenant_not_found");
    }
}

#[rstest]
#[tokio::test]
async fn a_deleted_tenant_is_found_nowhere(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_granted("free").await, app.owner_granted("free").await);
    app.set_external_id(&owner, "org-1").await;
    let (visitor, key) = (app.visitor(), full_key(&app).await.key);
    let workspace_key = app.api_key(&owner.tenant, "read,usage").await;
    let named = [(ID, owner.tenant.as_str()), (EXTERNAL_ID, "org-1")];
    for name in named {
        ask(&visitor, &key, CHECK, &[name]).await.expect(200);
    }
    ask(&visitor, &workspace_key, CHECK, &[]).await.expect(200);
    app.mark_deleted(&owner).await;
    within_staleness("the deleted tenant is unknown", async || {
        let mut statuses = Vec::new();
        for name in named {
            statuses.push(ask(&visitor, &key, CHECK, &[name]).await.status);
        }
        statuses.push(ask(&visitor, &workspace_key, CHECK, &[]).await.status);
        statuses == [404, 404, 401]
    })
    .await;
    let session = owner.request(Method::GET, STATUS).header(ID, owner.tenant.as_str());
    owner.send(session).await.refused(404, "tenant_not_found");
    ask(&visitor, &key, CHECK, &[(ID, other.tenant.as_str())]).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_is_refused_on_every_node_within_a_second(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other_node) = (app.owner_granted("free").await, app.start_node().await);
    let name = [(ID, owner.tenant.as_str())];
    let (made, other) = (create(&app, &["--scopes", "read,usage"]).await, full_key(&app).await.key);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let nodes = [app.visitor(), Browser::at(other_node.address)];
    for node in &nodes {
        ask(node, key, CHECK, &name).await.expect(200);
    }
    let revoked = app.command(&["installation-key", "revoke", "--id", id, "--json"]).await;
    assert_eq!(serde_json::from_slice::<Value>(&revoked.stdout).unwrap(), json!({ "id": id, "revoked": true }));
    within_staleness("every node refuses the key", async || {
        let mut statuses = Vec::new();
        for node in &nodes {
            statuses.push(ask(node, key, CHECK, &name).await.status);
        }
        statuses == [401, 401]
    })
    .await;
    for node in &nodes {
        ask(node, key, CHECK, &name).await.refused(401, "unauthenticated");
        ask(node, &other, CHECK, &name).await.expect(200);
    }
}

#[rstest]
#[tokio::test]
async fn keys_are_created_listed_and_revoked_on_the_command_line(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let made = create(
        &app,
        &["--name", "back end", "--scopes", "usage,tenants", "--expires-at", "2099-01-31T00:00:00Z", "--from", "::1"],
    )
    .await;
    assert_eq!(made["scopes"], json!(["tenants", "usage"]));
    assert_eq!((&made["expiresAt"], &made["from"]), (&json!("2099-01-31T00:00:00Z"), &json!(["::1/128"])));
    let key = made["key"].as_str().unwrap();
    let listed = app.command(&["installation-key", "list", "--json"]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let item = &listed["items"][0];
    assert_eq!((&item["id"], &item["name"], &item["lastUsedAt"]), (&made["id"], &json!("back end"), &Value::Null));
    let plain = app.command(&["installation-key", "list"]).await;
    let line = String::from_utf8(plain.stdout).unwrap();
    assert!(line.contains("tenants,usage") && line.contains("only from ::1/128") && !line.contains(key), "{line}");
    for (arguments, says) in [
        (&["revoke", "--id", "x"][..], "--id is wrong"),
        (&["create", "--scopes", "read,read"], "each scope once"),
        (&["create", "--scopes", "read", "--from", "home"], "203.0.113.0/24"),
    ] {
        let output = app.command(&[&["installation-key"], arguments].concat()).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.lines().count() == 1 && error.contains(says), "{error}");
    }
    assert_eq!(app.command(&["installation-key", "create", "--scopes", "secrets"]).await.status.code(), Some(2));
    let refused = app.command(&["api-key", "create", "--tenant", "installation", "--scopes", "read"]).await;
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--tenant is wrong"), "the installation is no tenant");
}

#[rstest]
#[tokio::test]
async fn a_key_expires_and_is_bound_to_its_networks(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let owner = app.owner_granted("free").await;
    let tenant = (ID, owner.tenant.as_str());
    let visitor = app.visitor();

    let bound = create(&app, &["--scopes", "read", "--from", "203.0.113.0/24,2001:db8::1"]).await;
    let bound = bound["key"].as_str().unwrap();
    for inside in ["203.0.113.200", "2001:db8::1", "::ffff:203.0.113.1"] {
        ask(&visitor, bound, CHECK, &[tenant, ("x-forwarded-for", inside)]).await.expect(200);
    }
    for outside in ["203.0.114.1", "2001:db8::2"] {
        ask(&visitor, bound, CHECK, &[tenant, ("x-forwarded-for", outside)]).await.refused(401, "unauthenticated");
    }

    let end = Timestamp::from_secs(SystemClock.now().as_secs() + 3);
    let brief = create(&app, &["--scopes", "read", "--expires-at", &end.rfc3339_secs()]).await;
    let brief = brief["key"].as_str().unwrap();
    ask(&visitor, brief, CHECK, &[tenant]).await.expect(200);
    eventually("it expires", async || ask(&visitor, brief, CHECK, &[tenant]).await.status == 401).await;
    assert!(SystemClock.now() >= end, "it expired too early");
}

#[rstest]
#[tokio::test]
async fn a_check_needs_the_scope_read_or_usage(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("free").await;
    let visitor = app.visitor();
    for scope in InstallationScope::ALL {
        let key = app.installation_key(&[scope]).await.key;
        let answer = ask(&visitor, &key, CHECK, &[(ID, owner.tenant.as_str())]).await;
        if matches!(scope, InstallationScope::Read | InstallationScope::Usage) {
            answer.expect(200);
        } else {
            answer.refused(403, "scope_required");
        }
    }
}

#[rstest]
#[tokio::test]
async fn an_operator_makes_a_key_that_is_shown_once_and_revokes_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let operator = operator(&app).await;
    let form = [("name", "back <end>"), ("scopes[]", "tenants"), ("scopes[]", "read"), ("from", "127.0.0.0/8, ::1")];
    let made = operator.submit("/rpc/make-installation-key", &form).await;
    assert_eq!(made.leads_to(), PAGE);
    let kept = operator.cookie("fresh_desk_key").unwrap();
    let key = kept.rsplit('.').next().unwrap();
    let (id, secret) = (key.split('_').nth(1).unwrap(), key.rsplit('_').next().unwrap());
    let shown = operator.get(PAGE).await.text;
    assert!(shown.contains(secret) && shown.contains("back &lt;end&gt;"), "{shown}");
    assert!(
        shown.contains(&format!("-H 'authorization: Bearer {key}' \\\n  -H 'X-Tenant-External-ID: org_42'")),
        "{shown}"
    );
    assert!(!operator.get(PAGE).await.text.contains(secret), "this once");
    let named = [(ID, operator.tenant.as_str())];
    ask(&app.visitor(), key, STATUS, &named).await.expect(200);

    let wrong = operator.submit("/rpc/make-installation-key", &[("name", "")]).await;
    assert!(wrong.leads_to().contains("wrong=name") && wrong.leads_to().contains("wrong=scopes"), "{wrong:#?}");

    // Every change asks for a confirmation that is at most fifteen minutes old.
    app.age_confirmations().await;
    for (path, form) in [("/rpc/make-installation-key", &form[..]), ("/rpc/revoke-installation-key", &[("id", id)])] {
        let asked = operator.submit(path, form).await;
        assert!(asked.leads_to().starts_with("/confirm"), "{path}: {asked:#?}");
    }
    ask(&app.visitor(), key, STATUS, &named).await.expect(200);

    let confirmed = self::operator(&app).await;
    let question = confirmed.get(&format!("{PAGE}?revoke={id}")).await.text;
    assert!(question.contains("Revoke back &lt;end&gt;"), "{question}");
    let revoked = confirmed.submit("/rpc/revoke-installation-key", &[("id", id)]).await;
    assert_eq!(revoked.leads_to(), "/operator/keys?code=revoked");
    ask(&app.visitor(), key, STATUS, &named).await.refused(401, "unauthenticated");
    assert!(confirmed.get(revoked.leads_to()).await.text.contains("Key revoked"));
}

#[rstest]
#[tokio::test]
async fn the_audit_log_of_the_tenant_names_the_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let made = app.installation_key(&[InstallationScope::Billing]).await;
    let visitor = app.visitor();
    let cancel = visitor.request(Method::POST, "/api/v1/billing/cancel").bearer_auth(&made.key);
    visitor.send(cancel.header(ID, owner.tenant.as_str())).await.expect(200);
    let log = owner.get("/api/v1/tenant/audit?action=subscription.cancel_asked").await.expect(200);
    let expected = json!({ "type": "installation_key", "id": made.id, "name": "test" });
    assert_eq!(log["items"][0]["actor"], expected, "{log}");
    assert!(owner.get("/settings/audit").await.text.contains("Installation key “test”"));
}

#[rstest]
#[tokio::test]
async fn a_key_has_one_rate_limit_for_all_tenants(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("RATE_LIMIT_KEY", "3").start().await;
    let (first, second) = (app.owner_granted("free").await, app.owner_granted("free").await);
    let (visitor, key) = (app.visitor(), full_key(&app).await.key);
    for (tenant, expected) in [(first.tenant.as_str(), 200), (second.tenant.as_str(), 200), ("unknown", 404)] {
        assert_eq!(ask(&visitor, &key, CHECK, &[(ID, tenant)]).await.status, expected, "{tenant}");
    }
    ask(&visitor, &key, CHECK, &[(ID, second.tenant.as_str())]).await.refused(429, "rate_limited");
}
