//! Deleting an account.

use domain::{account::Role, tenant::installation_scope::InstallationScope};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, PASSWORD, TestApp};

const PAGE: &str = "/settings/account";
const DELETE: &str = "/rpc/delete-account";

#[rstest]
#[tokio::test]
async fn a_person_deletes_their_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("business").await;
    let key = app.colleague_of(&owner, Role::Admin).await;
    let made = key.post("/api/v1/tenant/api-keys", &json!({ "name": "x", "scopes": ["read"] })).await.expect(201);
    let elsewhere = app.signed_in(&key.email).await;

    let wrong = key.submit(DELETE, &[("typed_address", "other@acme.test")]).await;
    assert_eq!(wrong.leads_to(), "/settings/account?code=validation_error&wrong=typed_address");
    assert!(key.get(PAGE).await.text.contains(DELETE));
    app.age_confirmations().await;
    let unconfirmed = key.submit(DELETE, &[("typed_address", &key.email)]).await;
    assert!(unconfirmed.leads_to().starts_with("/confirm?next="), "{unconfirmed:#?}");
    key.submit("/rpc/confirm", &[("password", PASSWORD)]).await;
    let deleted = key.submit(DELETE, &[("typed_address", &key.email)]).await;
    assert_eq!(deleted.leads_to(), "/login?code=account_deleted");
    assert!(key.get(deleted.leads_to()).await.text.contains("Your account was deleted"));

    for browser in [&key.browser, &elsewhere] {
        browser.get("/api/v1/auth/me").await.refused(401, "unauthenticated");
    }
    let again = json!({ "email": key.email, "password": PASSWORD });
    app.visitor().post("/api/v1/auth/login", &again).await.refused(401, "invalid_credentials");
    let service = crate::harness::Browser::with_key(app.server.address, made["key"].as_str().unwrap());
    service.get("/api/v1/billing/status").await.refused(401, "unauthenticated");
    let members = owner.get("/api/v1/tenant/members").await.expect(200).to_string();
    assert!(!members.contains(&key.email), "{members}");
    let log = owner.get("/api/v1/tenant/audit").await.expect(200).to_string();
    assert!(log.contains("member.left") && !log.contains(&key.email), "{log}");
    // The address is free again.
    app.visitor().post("/api/v1/auth/signup", &again).await.expect(201);
}

#[rstest]
#[tokio::test]
async fn a_workspace_is_restored_with_a_new_owner_if_its_last_one_is_gone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, heir) = (app.owner().await, app.owner().await);
    let me = owner.get("/api/v1/auth/me").await.expect(200);
    let workspace = me["tenantName"].as_str().unwrap();
    let deleted = owner.submit("/rpc/delete-workspace", &[("workspace", workspace)]).await;
    assert_eq!(deleted.leads_to(), "/membership?code=workspace_deleted");
    let deleted = owner.submit(DELETE, &[("typed_address", &owner.email)]).await;
    assert_eq!(deleted.leads_to(), "/login?code=account_deleted");

    let product = app.product(&[InstallationScope::Tenants]).await;
    let restore = format!("/api/v1/tenants/{}/restore", owner.tenant);
    product.send(product.request(Method::POST, &restore)).await.refused_field("owner");
    product.post(&restore, &json!({ "owner": owner.email })).await.refused_field("owner");
    product.post(&restore, &json!({ "owner": heir.email })).await.expect(200);
    product.send(product.request(Method::POST, &restore)).await.expect(200);
    let mine = heir.get("/api/v1/auth/me").await.expect(200).to_string();
    assert!(mine.contains(owner.tenant.as_str()), "{mine}");
}

#[rstest]
#[tokio::test]
async fn the_last_owner_and_operators_keep_their_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("business").await;
    let page = owner.get(PAGE).await.text;
    assert!(page.contains("the only owner of") && !page.contains(DELETE), "{page}");
    let refused = owner.submit(DELETE, &[("typed_address", &owner.email)]).await;
    assert_eq!(refused.leads_to(), "/settings/account?code=last_owner");
    assert!(owner.get(refused.leads_to()).await.text.contains("Your account wasn’t deleted"));
    owner.get("/api/v1/auth/me").await.expect(200);

    app.colleague_of(&owner, Role::Owner).await;
    let added = app.command(&["operator", "add", "--email", &owner.email]).await;
    assert!(added.status.success(), "{added:?}");
    assert!(owner.get(PAGE).await.text.contains("server operator remove"));
    let refused = owner.submit(DELETE, &[("typed_address", &owner.email)]).await;
    assert_eq!(refused.leads_to(), "/settings/account?code=conflict");
    let removed = app.command(&["operator", "remove", "--email", &owner.email]).await;
    assert!(removed.status.success(), "{removed:?}");
    let deleted = owner.submit(DELETE, &[("typed_address", &owner.email)]).await;
    assert_eq!(deleted.leads_to(), "/login?code=account_deleted");
}
