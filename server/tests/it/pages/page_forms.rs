//! Forms sent after the session has ended: nothing is saved, the user is notified, and the input is kept as a draft.

use reqwest::Method;
use rstest::rstest;

use crate::{
    api::isolation::forms::{Carried, forms},
    harness::{Answer, Browser, Engine, Factor, PASSWORD, TestApp},
};

async fn submit_from(browser: &Browser, page: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = browser.request(Method::POST, path).header("accept", "text/html").header("referer", page);
    browser.send(request.form(form)).await
}

#[rstest]
#[tokio::test]
async fn signing_in_again_restores_the_draft(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let browser = app.visitor();
    browser.set_cookie("dues_session", "AAAAAAAAAAAAAAAAAAAAAA");
    let form = [("name", "deploys of tonight"), ("scopes[0]", "read")];
    let page = "http://dues.test/settings/keys?code=validation_error&wrong=name";
    let drawn = format!("/rpc/make-key{}", owner.drawn_for().await);
    let over = submit_from(&browser, page, &drawn, &form).await;
    assert_eq!(over.leads_to(), "/login?code=session_over&next=%2Fsettings%2Fkeys");
    let login = browser.get(over.leads_to()).await;
    assert!(login.text.contains("Nothing was saved"), "{}", login.text);
    assert!(login.text.contains("value=\"/settings/keys\""), "the way back is in the form: {}", login.text);
    let form = [("email", owner.email.as_str()), ("password", PASSWORD), ("next", "/settings/keys")];
    let back = browser.submit("/rpc/login", &form).await;
    assert_eq!(back.leads_to(), "/settings/keys");
    let keys = browser.get("/settings/keys").await;
    assert!(keys.text.contains("deploys of tonight"), "{}", keys.text);
    assert!(app.tenant_rows(&owner).await.iter().all(|row| !row.contains("deploys of tonight")));
}

#[rstest]
#[tokio::test]
async fn a_draft_survives_a_wrong_password_and_the_second_factor(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let factor = Factor::set_up(&owner).await;
    let browser = app.visitor();
    let (page, form) = ("http://dues.test/settings/team", [("email", "friend@example.com"), ("role", "admin")]);
    let drawn = format!("/rpc/invite{}", owner.drawn_for().await);
    let over = submit_from(&browser, page, &drawn, &form).await;
    browser.get(over.leads_to()).await;
    let log_in = async |password| {
        let form = [("email", owner.email.as_str()), ("password", password), ("next", "/settings/team")];
        browser.submit("/rpc/login", &form).await
    };
    let wrong = log_in("not the one").await;
    assert_eq!(wrong.leads_to(), "/login?next=%2Fsettings%2Fteam&code=invalid_credentials");
    let login = browser.get(wrong.leads_to()).await.text;
    assert!(login.contains(&format!("value=\"{}\"", owner.email)), "the login form does not keep its input: {login}");
    assert!(!login.contains("friend@example.com"), "{login}");
    assert_eq!(log_in(PASSWORD).await.leads_to(), "/login/code?next=%2Fsettings%2Fteam");
    for (code, to) in
        [("000000", "/login/code?next=%2Fsettings%2Fteam&code=invalid_code"), (&*factor.codes[0], "/settings/team")]
    {
        let form = [("code", code), ("next", "/settings/team")];
        assert_eq!(browser.submit("/rpc/login-code", &form).await.leads_to(), to);
    }
    let team = browser.get("/settings/team").await.text;
    assert!(team.contains("value=\"friend@example.com\""), "{team}");
}

#[rstest]
#[tokio::test]
async fn every_form_that_redirects_to_login_says_why(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("RATE_LIMIT_ADDRESS", "0").start().await;
    let mut led = 0;
    for (path, _) in forms().filter(|(_, carried)| *carried != Carried::Nothing) {
        let answer = submit_from(&app.visitor(), "http://dues.test/usage", &path, &[]).await;
        let Some(to) = answer.header("location").filter(|to| to.starts_with("/login")) else { continue };
        assert!(to.starts_with("/login?code=session_over"), "{path} leads to {to}");
        led += 1;
    }
    assert!(led > 25, "only {led} forms redirect to login");
}

#[rstest]
#[case("https://evil.test//evil.test/x", None)]
#[case("https://evil.test/rpc/logout", None)]
#[case("https://evil.test/login", None)]
#[case("about:blank", None)]
#[case("nonsense", None)]
#[case("http://dues.test/checkout?plan=pro&cycle=yearly", Some("%2Fcheckout%3Fplan%3Dpro%26cycle%3Dyearly"))]
#[case("http://dues.test/checkout?plan=%C3%BC", Some("%2Fcheckout%3Fplan%3D%25C3%25BC"))]
#[tokio::test]
async fn the_return_path_is_a_page_of_dues(#[case] referer: &str, #[case] next: Option<&str>) {
    let app = TestApp::start(Engine::Sqlite).await;
    let over = submit_from(&app.visitor(), referer, "/rpc/sync", &[]).await;
    let wanted = next.map_or_else(String::new, |next| format!("&next={next}"));
    assert_eq!(over.leads_to(), format!("/login?code=session_over{wanted}"));
}
