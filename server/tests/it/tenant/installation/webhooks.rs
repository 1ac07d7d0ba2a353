//! Webhooks to the installation: endpoints by key and on the desk, and the events of all tenants.

use domain::tenant::installation_scope::InstallationScope;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, PASSWORD, Receiver, SECRETS_KEY, Taken, TestApp, eventually};

const ENDPOINTS: &str = "/api/v1/webhook-endpoints";
const OF_WORKSPACE: &str = "/api/v1/tenant/webhook-endpoints";
const DESK: &str = "/operator/webhooks";

/// The product's back end.
struct Product {
    client: Browser,
    key: String,
}

impl Product {
    async fn of(app: &TestApp) -> Self {
        Self { client: app.visitor(), key: app.installation_key(&[InstallationScope::Webhooks]).await.key }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.client.request(method, path).bearer_auth(&self.key);
        self.client.send(body.iter().fold(request, reqwest::RequestBuilder::json)).await
    }

    async fn make(&self, receiver: &Receiver, events: Value) -> Value {
        let body = json!({ "url": receiver.url(), "events": events });
        self.call(Method::POST, ENDPOINTS, Some(body)).await.expect(201)
    }

    async fn log(&self, endpoint: &Value) -> Vec<Value> {
        let page = self.call(Method::GET, &format!("{}/deliveries?limit=100", path(endpoint)), None).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }
}

fn path(endpoint: &Value) -> String {
    format!("{ENDPOINTS}/{}", endpoint["id"].as_str().unwrap())
}

async fn start(engine: Engine) -> TestApp {
    TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).with("WEBHOOKS_ALLOW_PRIVATE", "1").start().await
}

fn of_kind(receiver: &Receiver, kind: &str) -> Vec<Taken> {
    receiver.taken().into_iter().filter(|sent| sent.json()["type"] == kind).collect()
}

async fn wait_for_messages(receiver: &Receiver, kind: &str, count: usize) -> Vec<Taken> {
    eventually(&format!("{count} of {kind} have come"), async || of_kind(receiver, kind).len() >= count).await;
    of_kind(receiver, kind)
}

async fn grant(app: &TestApp, owner: &Owner, plan: &str) {
    let granted = app.command(&["tenant", "override", "--tenant", owner.tenant.as_str(), "--plan", plan]).await;
    assert!(granted.status.success(), "{granted:?}");
}

#[rstest]
#[tokio::test]
async fn the_product_gets_events_of_every_tenant_and_a_workspace_only_its_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let product = Product::of(&app).await;
    let (receiver, of_workspace) = (Receiver::start().await, Receiver::start().await);
    let endpoint = product.make(&receiver, Value::Null).await;
    let visitor = app.visitor();
    let sign_up = json!({ "email": "new@example.com", "password": PASSWORD, "tenantName": "New" });
    visitor.post("/api/v1/auth/signup", &sign_up).await.expect(201);
    let created = wait_for_messages(&receiver, "tenant.created", 1).await;
    assert_eq!(created[0].json()["data"]["name"], "New");

    let (first, second) = (app.owner().await, app.owner().await);
    app.set_external_id(&first, "org/1").await;
    let body = json!({ "url": of_workspace.url() });
    second.post(OF_WORKSPACE, &body).await.expect(201);
    grant(&app, &first, "pro").await;
    grant(&app, &second, "pro").await;
    let updated = wait_for_messages(&receiver, "subscription.updated", 2).await;
    let created = wait_for_messages(&receiver, "tenant.created", 3).await;
    for (owner, external_id) in [(&first, json!("org/1")), (&second, Value::Null)] {
        let about_it = |sent: &&Taken| sent.json()["data"]["tenantId"] == owner.tenant.as_str();
        let [message] = updated.iter().filter(about_it).collect::<Vec<_>>().try_into().unwrap();
        assert!(message.is_believed(endpoint["secret"].as_str().unwrap()));
        let data = message.json()["data"].clone();
        assert_eq!((&data["plan"], &data["externalId"]), (&json!("pro"), &external_id));
        let [created] = created.iter().filter(about_it).collect::<Vec<_>>().try_into().unwrap();
        let revision_of = |message: &Value| message["data"]["revision"].as_i64().unwrap();
        assert!(revision_of(&created.json()) < revision_of(&message.json()), "{data}");
    }
    wait_for_messages(&of_workspace, "subscription.updated", 1).await;
    let own = of_workspace.taken();
    assert!(own.iter().all(|sent| sent.json()["data"]["tenantId"] == second.tenant.as_str()));
    assert!(own.iter().all(|sent| sent.json()["type"] == "subscription.updated"));
}

#[rstest]
#[tokio::test]
async fn each_change_of_a_tenant_is_announced_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let receiver = Receiver::start().await;
    Product::of(&app).await.make(&receiver, json!(["tenant.created", "tenant.updated", "tenant.deleted"])).await;
    let back_end = app.product(&[InstallationScope::Tenants]).await;
    let call = async |method: Method, more: &str, body: &Value| {
        let request = back_end.request(method, &format!("/api/v1/tenants/external:org_1{more}"));
        back_end.send(request.json(body)).await
    };
    let (nothing, named) = (json!({}), json!({ "name": "Acme" }));
    call(Method::PUT, "", &named).await.expect(201);
    call(Method::PUT, "", &named).await.expect(200);
    call(Method::PATCH, "", &json!({ "metadata": { "region": "eu" } })).await.expect(200);
    for _ in 0..2 {
        assert_eq!(call(Method::DELETE, "", &nothing).await.status, 204);
    }
    call(Method::POST, "/restore", &nothing).await.expect(200);
    // The erasure below deletes waiting messages that contain names, so wait until they are delivered.
    eventually("all have come", async || receiver.taken().len() >= 4).await;
    assert_eq!(call(Method::DELETE, "?purge=true", &nothing).await.status, 204);
    eventually("the last has come", async || receiver.taken().len() >= 5).await;

    let mut sent: Vec<_> = receiver.taken().iter().map(Taken::json).collect();
    let revision = |message: &Value| message["data"]["revision"].as_i64().unwrap();
    sent.sort_by_key(revision);
    let types: Vec<_> = sent.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["tenant.created", "tenant.updated", "tenant.deleted", "tenant.updated", "tenant.deleted"]);
    assert!(sent.is_sorted_by(|one, next| revision(one) < revision(next)), "{sent:?}");
    for message in &sent {
        let data = &message["data"];
        assert_eq!((&data["tenantId"], &data["externalId"]), (&sent[0]["data"]["tenantId"], &json!("org_1")));
        let has_names = message["type"] != "tenant.deleted";
        assert_eq!(data.get("name").is_some(), has_names, "a message that outlives an erasure has no name: {data}");
    }
    assert_eq!(sent[3]["data"]["metadata"], json!({ "region": "eu" }));
}

#[rstest]
#[tokio::test]
async fn an_endpoint_is_listed_changed_tested_rotated_and_deleted_by_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let product = Product::of(&app).await;
    let receiver = Receiver::start().await;
    let endpoint = product.make(&receiver, json!(["tenant.created", "invoice.payment_failed"])).await;
    let id = path(&endpoint);
    let listed = product.call(Method::GET, ENDPOINTS, None).await.expect(200);
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["id"]), (1, &endpoint["id"]));
    let shown = product.call(Method::GET, &id, None).await.expect(200);
    assert_eq!(shown["events"], json!(["tenant.created", "invoice.payment_failed"]));
    assert_eq!(shown.get("secret"), None);

    let sent = product.call(Method::POST, &format!("{id}/test"), None).await.expect(202);
    wait_for_messages(&receiver, "ping", 1).await;
    eventually("the ping is logged", async || product.log(&endpoint).await[0]["state"] == "delivered").await;
    let again = format!("{id}/deliveries/{}/resend", sent["id"].as_str().unwrap());
    product.call(Method::POST, &again, None).await.expect(202);
    let pings = wait_for_messages(&receiver, "ping", 2).await;
    assert_eq!(pings[0].id(), pings[1].id());

    let rotated = product.call(Method::POST, &format!("{id}/rotate-secret"), None).await.expect(200);
    assert_ne!(rotated["secret"], endpoint["secret"]);
    let off = product.call(Method::PATCH, &id, Some(json!({ "enabled": false, "events": null }))).await.expect(200);
    assert_eq!((&off["enabled"], &off["events"]), (&json!(false), &Value::Null));
    let refused = product.call(Method::PATCH, &id, Some(json!({ "events": ["tenant.renamed"] }))).await;
    assert_eq!(refused.expect(400)["code"], "validation_error");
    assert_eq!(product.call(Method::DELETE, &id, None).await.status, 204);
    product.call(Method::GET, &id, None).await.expect(404);
}

#[rstest]
#[tokio::test]
async fn a_workspace_neither_reaches_these_endpoints_nor_gets_these_events(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = app.owner().await;
    let refused = owner.get(ENDPOINTS).await.expect(403);
    assert_eq!(refused["code"], "installation_key_required");
    let body = json!({ "url": "http://127.0.0.1:1025/", "events": ["tenant.created"] });
    let refused = owner.post(OF_WORKSPACE, &body).await.expect(400);
    assert_eq!(refused["code"], "validation_error");
    assert!(refused["fields"]["events"].as_str().unwrap().contains("limit.cleared"), "{refused}");
}

#[rstest]
#[tokio::test]
async fn operators_manage_endpoints_on_the_desk_without_scripts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = app.owner().await;
    assert_eq!(owner.get(DESK).await.status, 404);
    assert!(app.command(&["operator", "add", "--email", &owner.email]).await.status.success());
    app.add_second_factor(&owner.email).await;
    let receiver = Receiver::start().await;
    let form = [("url", receiver.url()), ("events[]", "tenant.created".to_owned()), ("key", "form-1".to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = owner.submit("/rpc/operator-add-webhook", &form).await;
    assert!(made.leads_to().starts_with("/operator/webhooks/ep_"), "{made:#?}");
    let again = owner.submit("/rpc/operator-add-webhook", &form).await;
    assert_eq!(again.leads_to(), made.leads_to(), "a form that is sent twice creates one endpoint");
    let page = owner.get(made.leads_to()).await.text;
    assert!(page.contains("whsec_") && page.contains("tenant.created"), "{page}");
    let endpoint = made.leads_to().split('?').next().unwrap();
    assert!(!owner.get(endpoint).await.text.contains("whsec_"), "the secret is shown once");
    assert!(owner.get(DESK).await.text.contains(&receiver.url()));

    app.owner().await;
    wait_for_messages(&receiver, "tenant.created", 1).await;
    eventually("the delivery is listed", async || owner.get(endpoint).await.text.contains("Delivered")).await;
    let id = endpoint.strip_prefix("/operator/webhooks/").unwrap();
    let deleted = owner.submit("/rpc/operator-delete-webhook", &[("id", id)]).await;
    assert_eq!(deleted.leads_to(), "/operator/webhooks?code=deleted");
    assert_eq!(owner.get(endpoint).await.status, 404);
}
