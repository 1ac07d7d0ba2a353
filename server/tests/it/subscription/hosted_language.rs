//! The language of the provider's hosted pages, and of a portal session.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, TestApp};

const CHECKOUT: &str = "/api/v1/billing/checkout";

async fn latest_session(app: &TestApp) -> Value {
    app.stripe.list("/v1/checkout/sessions").await.remove(0)
}

async fn order(browser: &Browser, accepted: Option<&str>) {
    let mut request = browser.request(reqwest::Method::POST, CHECKOUT).json(&json!({ "plan": "pro" }));
    if let Some(accepted) = accepted {
        request = request.header("accept-language", accepted);
    }
    browser.send(request).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_hosted_page_is_in_the_language_of_the_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    order(&owner, Some("de-AT, en;q=0.5")).await;
    assert_eq!(latest_session(&app).await["locale"], "de");
    assert_eq!(app.latest_attempt(&owner.tenant).await.unwrap().locale.as_deref(), Some("de"));
    // The provider has languages that the installation lacks.
    order(&owner, Some("fr-CA, en;q=0")).await;
    assert_eq!(latest_session(&app).await["locale"], "fr-CA");
    order(&owner, Some("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7")).await;
    assert_eq!(latest_session(&app).await["locale"], "fr");
    // Without one, the page is in the workspace's.
    let of_workspace = json!(app.mail_language(&owner.email).await);
    for accepted in [None, Some("*")] {
        order(&owner, accepted).await;
        assert_eq!(latest_session(&app).await["locale"], of_workspace, "{accepted:?}");
    }
    owner.submit("/rpc/language", &[("language", "de"), ("back", "/membership")]).await;
    let started = owner.submit("/rpc/checkout", &[("plan", "pro"), ("cycle", "monthly")]).await;
    assert!(started.leads_to().starts_with("http"), "{started:#?}");
    assert_eq!(latest_session(&app).await["locale"], "de");
}

#[rstest]
#[tokio::test]
async fn mails_follow_the_language_of_a_sign_in_by_the_api(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let credentials = json!({ "email": owner.email, "password": crate::harness::PASSWORD });
    for (accepted, expected) in [("de", "de"), ("tlh", "de"), ("en-US", "en")] {
        let visitor = app.visitor();
        let request = visitor.request(reqwest::Method::POST, "/api/v1/auth/login").json(&credentials);
        visitor.send(request.header("accept-language", accepted)).await.expect(200);
        assert_eq!(app.mail_language(&owner.email).await.as_deref(), Some(expected), "{accepted}");
    }
}
