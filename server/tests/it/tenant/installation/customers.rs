//! Tenants that are put with a customer that pays already.

use domain::tenant::installation_scope::InstallationScope::{Read, Tenants};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Engine, Product, TestApp};

/// Sends a PUT of the tenant with this external id. `query` begins with `?`, or is empty.
async fn put(product: &Product, external: &str, query: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/tenants/external:{external}{query}");
    product.send(product.request(Method::PUT, &path).json(body)).await
}

fn linked_to(customer: &str) -> Value {
    json!({ "name": "Acme", "customers": { "stripe": customer } })
}

/// Creates a customer in Stripe's dashboard who pays for two seats of Pro.
async fn paying_customer(app: &TestApp) -> String {
    let customer = app.stripe.post("/v1/customers", &[("email", "ops@acme.test"), ("name", "Acme")]).await;
    let customer = customer["id"].as_str().unwrap().to_owned();
    let price = app.stripe.price("pro");
    let fields = [
        ("customer", customer.as_str()),
        ("items[0][price]", &price),
        ("items[0][quantity]", "2"),
        ("collection_method", "send_invoice"),
        ("days_until_due", "30"),
    ];
    app.stripe.post("/v1/subscriptions", &fields).await;
    customer
}

#[rstest]
#[tokio::test]
async fn a_customer_that_pays_already_brings_its_plan_along(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[Tenants, Read]).await;
    let customer = paying_customer(&app).await;

    let preview = put(&product, "org_1", "?dryRun=true", &linked_to(&customer)).await.expect(200);
    assert_eq!(
        (&preview["outcome"], &preview["plan"], &preview["cycle"], &preview["seats"], &preview["status"]),
        (&json!("adopt"), &json!("pro"), &json!("monthly"), &json!(2), &json!("active"))
    );
    assert_eq!(preview["price"], json!({ "amount": 5_800, "currency": "USD" }));
    assert!(preview["periodEnd"].as_str().unwrap().ends_with('Z'));
    product.get_for("org_1", "/api/v1/entitlements").await.refused(404, "tenant_not_found");

    let made = put(&product, "org_1", "", &linked_to(&customer)).await.expect(201);
    assert_eq!((&made["subscription"]["plan"], &made["subscription"]["customerId"]), (&json!("pro"), &json!(customer)));
    assert_eq!(product.get_for("org_1", "/api/v1/entitlements").await.expect(200)["plan"], "pro");
    let again = put(&product, "org_1", "", &linked_to(&customer)).await.expect(200);
    assert_eq!((&again["id"], &again["subscription"]), (&made["id"], &made["subscription"]));
    let preview = put(&product, "org_1", "?dryRun=true", &linked_to(&customer)).await.expect(200);
    assert_eq!(preview["outcome"], "already");
    assert_eq!(app.stripe.list("/v1/customers").await.len(), 1, "no second customer follows");
}

#[rstest]
#[tokio::test]
async fn a_customer_belongs_to_one_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[Tenants, Read]).await;
    let customer = paying_customer(&app).await;
    put(&product, "org_1", "", &linked_to(&customer)).await.expect(201);
    for query in ["", "?dryRun=true"] {
        put(&product, "org_2", query, &linked_to(&customer)).await.refused(409, "customer_taken");
    }
    product.get_for("org_2", "/api/v1/entitlements").await.refused(404, "tenant_not_found");
    let other = paying_customer(&app).await;
    put(&product, "org_1", "", &linked_to(&other)).await.refused(409, "conflict");
}

#[rstest]
#[tokio::test]
async fn a_wrong_customer_is_named_and_nothing_is_changed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[Tenants, Read]).await;
    put(&product, "org_1", "", &linked_to("cus_unknown")).await.refused_field("customers.stripe");
    put(&product, "org_1", "?dryRun=true", &linked_to("cus_unknown")).await.refused_field("customers.stripe");
    for customers in [json!({ "cash": "cus_1" }), json!({ "stripe": "" }), json!({ "stripe": "a b" }), json!([1])] {
        let body = json!({ "name": "Acme", "customers": customers });
        put(&product, "org_1", "", &body).await.refused_field("customers");
    }
    put(&product, "org_1", "?dryRun=true", &json!({ "name": "Acme" })).await.refused_field("customers");
    put(&product, "org_1", "?dryRun=perhaps", &json!({ "name": "Acme" })).await.refused_field("dryRun");
    let polar = json!({ "name": "Acme", "customers": { "polar": "c1" } });
    put(&product, "org_1", "", &polar).await.refused(501, "billing_not_configured");
    product.get_for("org_1", "/api/v1/entitlements").await.refused(404, "tenant_not_found");

    let reader = app.product(&[Read]).await;
    let customer = paying_customer(&app).await;
    put(&reader, "org_1", "?dryRun=true", &linked_to(&customer)).await.refused(403, "scope_required");
}

#[rstest]
#[tokio::test]
async fn a_provider_that_is_down_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[Tenants, Read]).await;
    let customer = paying_customer(&app).await;
    app.stripe.gate.close();
    put(&product, "org_1", "", &linked_to(&customer)).await.refused(503, "provider_unavailable");
    app.stripe.gate.open();
    product.get_for("org_1", "/api/v1/entitlements").await.refused(404, "tenant_not_found");
    put(&product, "org_1", "", &linked_to(&customer)).await.expect(201);
}
