//! Orders, the portal and the subscription by an installation key, for a tenant without people.

use domain::tenant::{
    actor::Actor,
    installation_scope::InstallationScope::{self, Billing, Portal, Read, Tenants, Usage, Webhooks},
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Product, TestApp, eventually};

const CHECKOUT: &str = "/api/v1/billing/checkout";
const UPGRADE: &str = "/billing/upgrade";
const PORTAL: &str = "/api/v1/billing/portal";
const PREFLIGHT: &str = "/api/v1/billing/preflight?plan=pro";
const ORG: &str = "org_1";

async fn status(product: &Product) -> Value {
    product.get_for(ORG, "/api/v1/billing/status").await.expect(200)["data"].take()
}

#[rstest]
#[tokio::test]
async fn a_checkout_by_key_completes_and_the_plan_is_granted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("console", "workspace", "platform")] dialect: &str,
) {
    let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://product.test").start().await;
    let (tenant, product) = (app.product_tenant(ORG, None).await, app.product(&[Billing, Read]).await);
    let back = json!({ "successUrl": "https://product.test/paid", "cancelUrl": "https://product.test/plans" });
    let (path, mut order, url) = match dialect {
        "console" => (CHECKOUT, json!({ "plan": "pro" }), "url"),
        "workspace" => (CHECKOUT, json!({ "type": "subscription", "planId": "pro" }), "checkoutUrl"),
        _ => (UPGRADE, json!({ "targetPlan": "pro" }), "checkoutUrl"),
    };
    if path == CHECKOUT {
        order.as_object_mut().unwrap().extend(back.as_object().unwrap().clone());
    }
    let answer = product.post_for(ORG, path, &order).await.expect(200);
    assert_eq!(app.latest_attempt(&tenant).await.unwrap().created_by, Actor::InstallationKey(product.key_id.clone()));
    let customers = app.stripe.list("/v1/customers").await;
    assert_eq!(
        (&customers[0]["email"], &customers[0]["name"]),
        (&json!("org_1@product.test"), &json!("Customer org_1"))
    );
    let returned = app.stripe.pay(answer[url].as_str().unwrap()).await;
    if path == CHECKOUT {
        assert!(returned.starts_with("https://product.test/paid"), "{returned}");
    }
    eventually("the plan is granted", async || status(&product).await["plan"] == "pro").await;
    assert_eq!(app.stripe.list("/v1/customers").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_key_with_billing_manages_the_subscription_and_the_audit_log_names_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let product = app.product(&[Billing]).await;
    let call = |method: Method, path: &'static str| {
        product.send(product.request(method, path).header("x-tenant-id", owner.tenant.as_str()))
    };
    assert!(call(Method::POST, PORTAL).await.expect(200)["url"].is_string());
    assert_eq!(call(Method::GET, PREFLIGHT).await.expect(200)["plan"], "pro");
    let invoices = call(Method::GET, "/api/v1/billing/invoices").await.expect(200);
    assert!(!invoices["data"].as_array().unwrap().is_empty(), "{invoices}");
    let canceled = call(Method::POST, "/api/v1/billing/cancel").await.expect(200);
    assert_eq!(canceled["data"]["cancel_at_period_end"], true);
    let resumed = call(Method::POST, "/api/v1/billing/resume").await.expect(200);
    assert_eq!(resumed["data"]["cancel_at_period_end"], false);
    assert_eq!(call(Method::POST, "/billing/subscription/sync").await.expect(200)["subscription"]["plan"], "pro");
    // A live subscription is changed in the portal.
    let order = json!({ "type": "subscription", "planId": "business" });
    let request = product.request(Method::POST, CHECKOUT).header("x-tenant-id", owner.tenant.as_str()).json(&order);
    assert_eq!(product.send(request).await.expect(200)["flow"], "portal");

    for action in ["portal.opened", "subscription.cancel_asked", "subscription.resume_asked", "checkout.started"] {
        let log = owner.get(&format!("/api/v1/tenant/audit?action={action}")).await.expect(200);
        let newest = &log["items"][0]["actor"];
        assert_eq!((&newest["type"], &newest["id"]), (&json!("installation_key"), &json!(product.key_id)), "{log}");
    }
}

#[rstest]
#[tokio::test]
async fn orders_need_billing_a_tenant_and_an_allowed_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.product_tenant(ORG, None).await;
    let (product, reader) =
        (app.product(&[Billing]).await, app.product(&[Read, Usage, Tenants, Portal, Webhooks]).await);
    let order = json!({ "plan": "pro" });
    for path in [CHECKOUT, PORTAL, UPGRADE, "/billing/subscription/sync", "/api/v1/billing/cancel"] {
        product.post(path, &order).await.refused(400, "tenant_required");
        product.post_for("unknown", path, &order).await.refused(404, "tenant_not_found");
        reader.post_for(ORG, path, &order).await.refused(403, "scope_required");
    }
    let elsewhere = json!({ "plan": "pro", "successUrl": "https://evil.test/" });
    product.post_for(ORG, CHECKOUT, &elsewhere).await.refused_field("successUrl");
    product.post_for(ORG, PORTAL, &json!({})).await.refused(400, "no_customer");
    assert_eq!(reader.get_for(ORG, PREFLIGHT).await.expect(200)["plan"], "pro", "read is enough");

    // These two calls refuse a workspace key: they need a session or an installation key.
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "billing").await;
    service.post(CHECKOUT, &order).await.refused(403, "session_required");
    service.post(PORTAL, &json!({})).await.refused(403, "session_required");
    assert!(app.stripe.list("/v1/customers").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_tenant_without_people_and_address_is_asked_for_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.product_tenant(ORG, None).await;
    app.forget_the_address().await;
    let product = app.product(&[Billing]).await;
    product.post_for(ORG, CHECKOUT, &json!({ "plan": "pro" })).await.refused_field("email");
    assert!(app.stripe.list("/v1/customers").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn the_same_idempotency_key_orders_once_for_each_tenant(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    for external in [ORG, "org_2"] {
        app.product_tenant(external, None).await;
    }
    let product = app.product(&[Billing]).await;
    let order = |external: &'static str| {
        let request = product.request_for(external, Method::POST, CHECKOUT).header("idempotency-key", "order-1");
        product.send(request.json(&json!({ "plan": "pro" })))
    };
    let (first, again, other) = (order(ORG).await, order(ORG).await, order("org_2").await);
    assert_eq!(first.expect(200), again.expect(200));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_ne!(first.expect(200), other.expect(200));
}

#[rstest]
#[tokio::test]
async fn white_label_and_secrets_are_closed_to_the_installation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    app.product_tenant(ORG, None).await;
    let product = app.product(&InstallationScope::ALL).await;
    for path in
        ["/billing/tenant/products", "/billing/tenant/customers", "/billing/tenant/subscriptions", "/tenant/secrets"]
    {
        product.get_for(ORG, path).await.refused(403, "scope_required");
    }
    product.post_for(ORG, "/tenant/secrets", &json!({ "key": "x", "value": "y" })).await.refused(403, "scope_required");
}
