//! On https, every cookie is `Secure`, and cookies of the whole site are bound to the host.

use std::collections::BTreeMap;

use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Engine, PASSWORD, TestApp};

/// Returns the cookies that a response sets, by name.
fn cookies(answer: &Answer) -> BTreeMap<String, String> {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
    lines.map(|line| (line.split_once('=').unwrap().0.to_owned(), line)).collect()
}

#[track_caller]
fn assert_bound(answer: &Answer, name: &str) {
    let cookies = cookies(answer);
    let line = cookies.get(name).unwrap_or_else(|| panic!("no {name} among {cookies:?}"));
    let attributes: Vec<_> = line.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    for attribute in ["secure", "httponly", "samesite=lax"] {
        assert!(attributes.iter().any(|other| other == attribute), "{line}");
    }
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "{line}");
    assert!(!name.starts_with("__Host-") || attributes.iter().any(|attribute| attribute == "path=/"), "{line}");
}

#[rstest]
#[tokio::test]
async fn every_cookie_is_secure_and_bound_to_the_host(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("APP_URL", "https://dues.test").start().await;
    let owner = app.owner().await;
    let browser = app.visitor();
    let signed_in = browser.post("/api/v1/auth/login", &json!({ "email": owner.email, "password": PASSWORD })).await;
    assert_bound(&signed_in, "__Host-dues_session");
    browser.get("/api/v1/auth/me").await.expect(200);
    let form = [("email", owner.email.as_str()), ("password", PASSWORD)];
    assert_bound(&app.visitor().submit("/rpc/login", &form).await, "__Host-dues_session");

    let dark = browser.submit("/rpc/theme", &[("theme", "dark"), ("back", "/membership")]).await;
    assert_bound(&dark, "__Host-theme");
    assert!(browser.get("/membership").await.text.contains("dark"), "the theme cookie is read");
    assert_bound(&browser.submit("/rpc/theme", &[("theme", "system")]).await, "__Host-theme");

    let refused = browser.submit("/rpc/make-key", &[("name", "")]).await;
    assert_bound(&refused, "__Host-draft");
    let made = browser.submit("/rpc/make-key", &[("name", "ci"), ("scopes[0]", "read")]).await;
    assert_bound(&made, "fresh_key");
    assert!(browser.get("/settings/keys").await.text.contains("dues_"), "the key is shown once");
}

#[rstest]
#[tokio::test]
async fn on_http_cookie_names_have_no_prefix(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    assert!(owner.cookie("dues_session").is_some());
    let dark = owner.submit("/rpc/theme", &[("theme", "dark"), ("back", "/membership")]).await;
    assert!(cookies(&dark)["theme"].starts_with("theme=dark;") && !cookies(&dark)["theme"].contains("Secure"));
}
