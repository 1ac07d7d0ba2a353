//! The settings of a workspace: renaming and deleting it.

use domain::{account::Role, tenant::installation_scope::InstallationScope};
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp};

const PAGE: &str = "/settings/workspace";
const RENAME: &str = "/rpc/rename-workspace";
const DELETE: &str = "/rpc/delete-workspace";

#[rstest]
#[tokio::test]
async fn admins_rename_the_workspace_and_the_product_learns_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("WEBHOOKS_ALLOW_PRIVATE", "1").start().await;
    let owner = app.owner_on("business").await;
    let product = app.product(&[InstallationScope::Tenants, InstallationScope::Webhooks]).await;
    let hook = json!({ "url": "http://127.0.0.1:1025/", "events": ["tenant.updated"] });
    let hook = product.post("/api/v1/webhook-endpoints", &hook).await.expect(201);
    for role in [Role::Billing, Role::Member] {
        let colleague = app.colleague_of(&owner, role).await;
        let page = colleague.get(PAGE).await.text;
        assert!(!page.contains(RENAME) && !page.contains(DELETE), "{role:?}: {page}");
        let refused = colleague.submit(RENAME, &[("name", "Stolen")]).await;
        assert_eq!(refused.leads_to(), "/settings/workspace?code=admin_required");
    }
    for wrong in ["", "   ", &"x".repeat(81)] {
        let refused = owner.submit(RENAME, &[("name", wrong)]).await;
        assert_eq!(refused.leads_to(), "/settings/workspace?code=validation_error&wrong=name");
    }
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let renamed = admin.submit(RENAME, &[("name", " Acme Robotics ")]).await;
    assert_eq!(renamed.leads_to(), "/settings/workspace?code=renamed");
    let page = owner.get(renamed.leads_to()).await.text;
    assert!(page.contains("Workspace renamed") && page.contains("Acme Robotics"), "{page}");
    assert_eq!(owner.get("/api/v1/auth/me").await.expect(200)["tenantName"], "Acme Robotics");
    let log = owner.get("/api/v1/tenant/audit").await.expect(200).to_string();
    assert!(log.contains("tenant.changed"), "{log}");
    let sent = format!("/api/v1/webhook-endpoints/{}/deliveries", hook["id"].as_str().unwrap());
    let sent = product.get(&sent).await.expect(200);
    assert_eq!(sent["items"][0]["event"], "tenant.updated", "{sent}");
}

#[rstest]
#[tokio::test]
async fn an_owner_deletes_a_workspace_without_a_subscription(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (paying, owner) = (app.owner_on("pro").await, app.owner().await);
    let name = |me: &serde_json::Value| me["tenantName"].as_str().unwrap().to_owned();
    let name_of_paying = name(&paying.get("/api/v1/auth/me").await.expect(200));
    let page = paying.get(PAGE).await.text;
    assert!(page.contains("has a subscription") && !page.contains(DELETE), "{page}");
    let refused = paying.submit(DELETE, &[("workspace", &name_of_paying)]).await;
    assert_eq!(refused.leads_to(), "/settings/workspace?code=subscription_live");

    let workspace = name(&owner.get("/api/v1/auth/me").await.expect(200));
    assert!(owner.get(PAGE).await.text.contains("Everyone loses access immediately"));
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let refused = admin.submit(DELETE, &[("workspace", &workspace)]).await;
    assert_eq!(refused.leads_to(), "/settings/workspace?code=owner_required");
    let wrong = owner.submit(DELETE, &[("workspace", "another")]).await;
    assert_eq!(wrong.leads_to(), "/settings/workspace?code=validation_error&wrong=workspace");
    app.age_confirmations().await;
    let unconfirmed = owner.submit(DELETE, &[("workspace", &workspace)]).await;
    assert!(unconfirmed.leads_to().starts_with("/confirm?next="), "{unconfirmed:#?}");
    owner.submit("/rpc/confirm", &[("password", crate::harness::PASSWORD)]).await;
    let deleted = owner.submit(DELETE, &[("workspace", &workspace)]).await;
    assert_eq!(deleted.leads_to(), "/membership?code=workspace_deleted");
    let after = owner.get(deleted.leads_to()).await.text;
    assert!(after.contains("Workspace deleted") && after.contains("can restore it"), "{after}");
    admin.get("/api/v1/billing/status").await.refused(404, "tenant_not_found");

    let product = app.product(&[InstallationScope::Tenants]).await;
    product.post(&format!("/api/v1/tenants/{}/restore", owner.tenant), &json!({})).await.expect(200);
    assert_eq!(name(&owner.get("/api/v1/auth/me").await.expect(200)), workspace);
    let log = owner.get("/api/v1/tenant/audit").await.expect(200).to_string();
    assert!(log.contains("tenant.deleted") && log.contains("tenant.restored"), "{log}");
}
