//! Tenants of the product over HTTP: made, read, listed, changed, deleted, restored, with keys and overrides.

use domain::tenant::installation_scope::InstallationScope::{Read, Tenants, Usage};
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Product, TestApp, within_staleness};

const TENANTS: &str = "/api/v1/tenants";
const ENTITLEMENTS: &str = "/api/v1/entitlements";

/// The path of the tenant with this external id, which must already be percent-encoded.
fn path(external: &str) -> String {
    format!("{TENANTS}/external:{external}")
}

async fn put(product: &Browser, external: &str, body: &Value) -> Answer {
    product.send(product.request(Method::PUT, &path(external)).json(body)).await
}

async fn patch(product: &Browser, path: &str, body: &Value) -> Answer {
    product.send(product.request(Method::PATCH, path).json(body)).await
}

async fn delete(product: &Browser, path: &str) -> Answer {
    product.send(product.request(Method::DELETE, path)).await
}

async fn names(product: &Browser, query: &str) -> Vec<String> {
    let page = product.get(&format!("{TENANTS}?{query}")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// Starts an app with a back end that may do everything with tenants.
async fn start(engine: Engine) -> (TestApp, Product) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[Tenants, Read, Usage]).await;
    (app, product)
}

#[rstest]
#[tokio::test]
async fn a_tenant_is_made_and_updated_by_the_products_id(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (_app, product) = start(engine).await;
    let body = json!({ "name": "Acme", "email": "ops@acme.test", "metadata": { "region": "eu" } });
    let made = put(&product, "org%2F1", &body).await.expect(201);
    assert_eq!(made["externalId"], "org/1");
    assert_eq!(made["metadata"], json!({ "region": "eu" }));
    let unpaid = json!({
        "plan": "free", "status": "active", "billingCycle": null, "currentPeriodEnd": null, "cancelAtPeriodEnd": false,
        "customerId": null, "externalId": null
    });
    assert_eq!(made["subscription"], unpaid);
    assert_eq!(made["entitlements"]["features"]["websocket_connections"]["limit"], 10);

    let renamed = put(&product, "org%2F1", &json!({ "name": "Acme 2" })).await.expect(200);
    assert_eq!((&renamed["id"], &renamed["name"]), (&made["id"], &json!("Acme 2")));
    assert_eq!((&renamed["email"], &renamed["metadata"]), (&made["email"], &made["metadata"]));
    let by_id = format!("{TENANTS}/{}", made["id"].as_str().unwrap().to_uppercase());
    assert_eq!(product.get(&by_id).await.expect(200)["revision"], renamed["revision"]);

    let change = json!({ "metadata": { "region": null, "seats": "4" }, "email": null, "externalId": "org/2" });
    let changed = patch(&product, &by_id, &change).await.expect(200);
    assert_eq!((&changed["metadata"], &changed["email"]), (&json!({ "seats": "4" }), &Value::Null));
    product.get(&path("org%2F1")).await.refused(404, "tenant_not_found");
    assert_eq!(product.get(&path("org%2F2")).await.expect(200)["revision"], changed["revision"]);
    let entitlements = product.get_for("org/2", ENTITLEMENTS).await.expect(200);
    assert_eq!(entitlements["features"]["projects"], changed["entitlements"]["features"]["projects"]);
}

#[rstest]
#[tokio::test]
async fn what_is_invalid_is_named(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (_app, product) = start(engine).await;
    put(&product, "1", &json!({})).await.refused_field("name");
    put(&product, "1", &json!({ "name": "see evil.example" })).await.refused_field("name");
    put(&product, "1", &json!({ "name": "A", "email": "no-address" })).await.refused_field("email");
    put(&product, "1", &json!({ "name": "A", "metadata": { "a": 1 } })).await.refused_field("metadata");
    put(&product, "1", &json!({ "name": "A", "metadata": { "a": "x".repeat(501) } })).await.refused_field("metadata");
    put(&product, &"x".repeat(129), &json!({ "name": "A" })).await.refused_field("tenant");
    let by_id = product.request(Method::PUT, &format!("{TENANTS}/acme")).json(&json!({ "name": "A" }));
    product.send(by_id).await.refused_field("tenant");
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "status=paid", "plan=%20"] {
        let field = query.split('=').next().unwrap();
        product.get(&format!("{TENANTS}?{query}")).await.refused_field(field);
    }
    delete(&product, &format!("{}?purge=maybe", path("1"))).await.refused_field("purge");
    for missing in [path("1"), format!("{TENANTS}/installation"), format!("{TENANTS}/a%20b")] {
        product.get(&missing).await.refused(404, "tenant_not_found");
    }
    assert!(names(&product, "").await.is_empty(), "the installation is no tenant");
}

#[rstest]
#[tokio::test]
async fn the_etag_is_that_of_the_answer(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (_app, product) = start(engine).await;
    put(&product, "1", &json!({ "name": "Acme" })).await.expect(201);
    let first = product.get(&path("1")).await;
    let etag = first.header("etag").unwrap().to_owned();
    let again = async || {
        let request = product.request(Method::GET, &path("1")).header(header::IF_NONE_MATCH, &etag);
        product.send(request).await
    };
    assert_eq!((again().await.status, again().await.text.as_str()), (304, ""));
    put(&product, "1", &json!({ "name": "Acme" })).await.expect(200);
    assert_eq!(again().await.status, 304, "nothing has changed");
    product.post_for("1", "/api/v1/billing/features/projects/consume", &json!({})).await.expect(200);
    assert_eq!(again().await.status, 200, "usage is in the answer");
}

#[rstest]
#[tokio::test]
async fn pages_are_read_by_a_cursor_and_filtered(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (_app, product) = start(engine).await;
    for name in ["A", "B", "C"] {
        put(&product, name, &json!({ "name": format!("Team {name}") })).await.expect(201);
    }
    let first = product.get(&format!("{TENANTS}?limit=2")).await.expect(200);
    put(&product, "D", &json!({ "name": "Team D" })).await.expect(201);
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(names(&product, "limit=2").await, ["Team D", "Team C"]);
    let rest = product.get(&format!("{TENANTS}?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((&rest["items"][0]["name"], &rest["nextCursor"]), (&json!("Team A"), &Value::Null));
    assert!(first["items"][0].get("entitlements").is_none());

    let grant = json!({ "plan": "pro", "limits": { "projects": 77 }, "until": "2099-01-01T00:00:00Z" });
    let granted = product.post(&format!("{}/override", path("B")), &grant).await.expect(200);
    assert_eq!(granted["plan"], "pro");
    assert_eq!(granted["granted"], json!({ "plan": "pro", "until": "2099-01-01T00:00:00Z" }));
    let limit = json!([{ "feature": "projects", "limit": 77, "until": "2099-01-01T00:00:00Z", "atMost": false }]);
    assert_eq!(granted["limits"], limit);
    assert_eq!(names(&product, "plan=pro").await, ["Team B"]);
    assert_eq!(names(&product, "plan=free&query=team%20c").await, ["Team C"]);
    let back = json!({ "plan": null, "limits": { "projects": "plan" } });
    let granted = product.post(&format!("{}/override", path("B")), &back).await.expect(200);
    assert_eq!((&granted["plan"], &granted["granted"], &granted["limits"]), (&json!("free"), &Value::Null, &json!([])));
    product.post(&format!("{}/override", path("B")), &json!({ "plan": "none" })).await.refused_field("plan");
    let unknown = json!({ "limits": { "tea": 1 } });
    product.post(&format!("{}/override", path("B")), &unknown).await.refused_field("limits");
}

#[rstest]
#[tokio::test]
async fn a_deleted_tenant_is_unknown_on_every_node_until_it_is_restored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, product) = start(engine).await;
    let node = app.start_node().await;
    let elsewhere = product.with_address(node.address);
    put(&product, "1", &json!({ "name": "Acme" })).await.expect(201);
    let new_key = json!({ "name": "Gateway", "scopes": ["usage", "read"] });
    let made = product.post(&format!("{}/api-keys", path("1")), &new_key).await.expect(201);
    let key = made["key"].as_str().unwrap().to_owned();
    let with_key = Browser::with_key(node.address, &key);
    assert_eq!(with_key.get(ENTITLEMENTS).await.status, 200);

    assert_eq!(delete(&product, &path("1")).await.status, 204);
    assert_eq!(delete(&product, &path("1")).await.status, 204, "again");
    product.get(&path("1")).await.refused(404, "tenant_not_found");
    product.get_for("1", ENTITLEMENTS).await.refused(404, "tenant_not_found");
    product.post(&format!("{}/api-keys", path("1")), &json!({ "name": "x", "scopes": ["read"] })).await.expect(404);
    put(&product, "1", &json!({ "name": "Acme" })).await.refused(409, "tenant_deleted");
    put(&product, "2", &json!({ "name": "Two" })).await.expect(201);
    patch(&product, &path("2"), &json!({ "externalId": "1" })).await.refused(409, "external_id_taken");
    within_staleness("its key ends on the other node", async || with_key.get(ENTITLEMENTS).await.status == 401).await;
    elsewhere.get(&path("1")).await.refused(404, "tenant_not_found");
    assert_eq!(names(&elsewhere, "").await, ["Two"]);

    let restored = product.post(&format!("{}/restore", path("1")), &json!({})).await.expect(200);
    assert_eq!(restored["name"], "Acme");
    within_staleness("its key is back", async || with_key.get(ENTITLEMENTS).await.status == 200).await;
    let purge = format!("{}?purge=true", path("1"));
    assert_eq!(delete(&product, &purge).await.status, 204);
    let by_id = format!("{TENANTS}/{}", restored["id"].as_str().unwrap());
    assert_eq!(delete(&product, &by_id).await.status, 204, "again, by the id that stays");
    product.post(&format!("{by_id}/restore"), &json!({})).await.refused(404, "tenant_not_found");
    put(&product, "1", &json!({ "name": "Another" })).await.expect(201);
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_pays_is_not_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, product) = start(engine).await;
    let owner = app.owner_on("pro").await;
    let by_id = format!("{TENANTS}/{}", owner.tenant);
    delete(&product, &by_id).await.refused(409, "subscription_live");
    let shown = product.get(&by_id).await.expect(200);
    assert_eq!((&shown["subscription"]["plan"], &shown["externalId"]), (&json!("pro"), &Value::Null));
    let customer = shown["subscription"]["customerId"].as_str().unwrap();
    let listed = product.get(&format!("{TENANTS}?customerId={customer}")).await.expect(200);
    assert_eq!(listed["items"][0]["id"], owner.tenant.as_str());
    assert!(names(&product, "customerId=cus_none").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_repeat_with_an_idempotency_key_makes_no_second_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (_app, product) = start(engine).await;
    put(&product, "1", &json!({ "name": "Acme" })).await.expect(201);
    let (keys, body) = (format!("{}/api-keys", path("1")), json!({ "name": "Gateway", "scopes": ["read"] }));
    let first = product.post_keyed(&keys, "once", &body).await.expect(201);
    assert_eq!(product.post_keyed(&keys, "once", &body).await.expect(201), first);
}

#[rstest]
#[tokio::test]
async fn the_answer_of_a_purged_tenant_is_not_repeated(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (_app, product) = start(engine).await;
    let make = async || {
        let request = product.request(Method::PUT, &path("1")).header("idempotency-key", "once");
        product.send(request.json(&json!({ "name": "Acme" }))).await.expect(201)["id"].clone()
    };
    let first = make().await;
    assert_eq!(make().await, first, "a repeat");
    assert_eq!(delete(&product, &format!("{}?purge=true", path("1"))).await.status, 204);
    assert_ne!(make().await, first);
}
