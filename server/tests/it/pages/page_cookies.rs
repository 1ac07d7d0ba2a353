//! Cookies between a form and its page: their content is shown only to the same user, for the same tenant and in the
//! same form, and is deleted at sign-out.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, Factor, Owner, PASSWORD, TestApp};

const TEAM: &str = "/settings/team";

async fn operator(app: &TestApp) -> Owner {
    let owner = app.owner().await;
    assert!(app.command(&["operator", "add", "--email", &owner.email]).await.status.success());
    app.add_second_factor(&owner.email).await;
    owner
}

/// Sends an invitation from a browser in which the session of `owner` has ended. The form's input is kept as a draft.
async fn invite_after_session_end(browser: &Browser, owner: &Owner) {
    let path = format!("/rpc/invite{}", owner.drawn_for().await);
    let request = browser.request(Method::POST, &path).header("accept", "text/html");
    let request = request.header("referer", "http://dues.test/settings/team");
    let over = browser.send(request.form(&[("email", "friend@example.com"), ("role", "admin")])).await;
    assert!(over.leads_to().starts_with("/login?code=session_over"), "{over:#?}");
}

async fn log_in(browser: &Browser, owner: &Owner) {
    let form = [("email", owner.email.as_str()), ("password", PASSWORD), ("next", TEAM)];
    assert_eq!(browser.submit("/rpc/login", &form).await.leads_to(), TEAM);
}

#[rstest]
#[tokio::test]
async fn recovery_codes_are_shown_to_their_owner_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, next) = (app.owner().await, app.owner().await);
    Factor::set_up(&owner).await;
    let renewed = owner.submit("/rpc/renew-recovery-codes", &[]).await;
    assert_eq!(renewed.leads_to(), "/settings/account?code=recovery_codes_renewed");
    let kept = owner.cookie("fresh_codes").unwrap();
    let code = kept.rsplit('.').next().unwrap();

    next.set_cookie("fresh_codes", &kept);
    let page = next.get("/settings/account").await;
    assert!(!page.text.contains(code), "another person's codes are shown: {}", page.text);
    assert_eq!(next.cookie("fresh_codes"), None, "they are dropped");
    assert!(owner.get("/settings/account").await.text.contains(code), "their owner sees them");
}

#[rstest]
#[tokio::test]
async fn a_key_made_at_the_desk_is_shown_to_its_operator_on_the_page_of_its_tenant(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (here, elsewhere) = (app.owner().await, app.owner().await);
    let (desk, other_desk) = (operator(&app).await, operator(&app).await);
    let form = [("tenant", here.tenant.as_str()), ("keyName", "Product"), ("scopes[]", "usage")];
    let given = desk.submit("/rpc/operator-key", &form).await;
    let kept = desk.cookie("fresh_desk_key").unwrap();
    let secret = kept.rsplit('_').next().unwrap();
    let elsewhere = format!("/operator/tenants/{}", elsewhere.tenant);
    for (browser, page) in [(&desk, elsewhere.as_str()), (&other_desk, given.leads_to())] {
        browser.set_cookie("fresh_desk_key", &kept);
        let shown = browser.get(page).await;
        assert_eq!(shown.status, 200, "{page}");
        assert!(!shown.text.contains(secret), "{page} shows the key: {}", shown.text);
        assert_eq!(browser.cookie("fresh_desk_key"), None, "it is dropped");
    }
    desk.set_cookie("fresh_desk_key", &kept);
    assert!(desk.get(given.leads_to()).await.text.contains(secret));
}

#[rstest]
#[tokio::test]
async fn signing_out_deletes_the_cookies(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("/rpc/logout", "/rpc/end-sessions", "/api/v1/auth/logout")] path: &str,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let deletions = app::request::sign_out::deletions(false);
    let names: Vec<_> = deletions.iter().map(|line| line.split('=').next().unwrap()).collect();
    for name in &names {
        owner.set_cookie(name, "x");
    }
    if path.starts_with("/api/") {
        assert_eq!(owner.post(path, &json!({})).await.status, 204);
    } else {
        assert_eq!(owner.submit(path, &[]).await.leads_to(), "/login?code=signed_out");
    }
    for name in names {
        assert_eq!(owner.cookie(name), None, "{name}");
    }
}

#[rstest]
#[tokio::test]
async fn a_draft_of_an_ended_session_is_given_back_to_the_same_user_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, next) = (app.owner().await, app.owner().await);
    let browser = app.visitor();
    invite_after_session_end(&browser, &owner).await;
    let kept = browser.cookie("draft").unwrap();
    log_in(&browser, &next).await;
    assert_eq!(browser.cookie("draft"), None, "the draft goes when another user signs in");
    browser.set_cookie("draft", &kept);
    assert!(!browser.get(TEAM).await.text.contains("friend@example.com"));
    assert_eq!(browser.cookie("draft"), None, "and when another user's page finds it");

    let browser = app.visitor();
    invite_after_session_end(&browser, &owner).await;
    log_in(&browser, &owner).await;
    assert!(browser.get(TEAM).await.text.contains("value=\"friend@example.com\""));
}

#[rstest]
#[tokio::test]
async fn a_draft_goes_to_no_other_form_and_no_other_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let second = app.second_workspace_of(&owner).await;
    let refused = owner.submit("/rpc/invite", &[("email", "not-an-address"), ("role", "admin")]).await;
    let wrong = refused.leads_to();
    assert!(wrong.contains("wrong=email"), "{wrong}");
    let other_form = owner.get("/settings/account?code=validation_error&wrong=email").await.text;
    assert!(!other_form.contains("not-an-address"), "{other_form}");
    owner.submit("/rpc/workspace", &[("tenant", second.as_str())]).await;
    let other_workspace = owner.get(wrong).await.text;
    assert!(!other_workspace.contains("not-an-address"), "{other_workspace}");
    owner.submit("/rpc/workspace", &[("tenant", owner.tenant.as_str())]).await;
    assert!(owner.get(wrong).await.text.contains("value=\"not-an-address\""));
}

#[rstest]
#[tokio::test]
async fn a_draft_of_the_desk_goes_to_no_other_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, elsewhere, desk) = (app.owner().await, app.owner().await, operator(&app).await);
    let form = [("tenant", here.tenant.as_str()), ("keyName", "Nightly counter")];
    let refused = desk.submit("/rpc/operator-key", &form).await;
    let wrong = refused.leads_to();
    assert!(wrong.contains("wrong=scopes"), "{wrong}");
    let other = wrong.replace(here.tenant.as_str(), elsewhere.tenant.as_str());
    let shown = desk.get(&other).await;
    assert_eq!(shown.status, 200, "{other}");
    assert!(!shown.text.contains("Nightly counter"), "{}", shown.text);
    assert!(desk.get(wrong).await.text.contains("Nightly counter"));
}

#[rstest]
#[tokio::test]
async fn signing_in_deletes_the_drafts_of_sign_in_and_sign_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let browser = app.visitor();
    let form = [("email", "new@example.com"), ("password", "short"), ("workspace", "New")];
    let refused = browser.submit("/rpc/signup", &form).await;
    let kept = browser.cookie("draft").unwrap();
    assert!(browser.get(refused.leads_to()).await.text.contains("value=\"new@example.com\""), "{refused:#?}");
    browser.set_cookie("draft", &kept);
    let wrong = [("email", owner.email.as_str()), ("password", "not the one")];
    browser.submit("/rpc/login", &wrong).await;
    assert!(browser.cookie("sign_in_draft").is_some());
    log_in(&browser, &owner).await;
    assert_eq!((browser.cookie("sign_in_draft"), browser.cookie("draft")), (None, None));

    // The sign-in draft is also deleted before the step of the second factor, and after it.
    let factor = Factor::set_up(&owner).await;
    let browser = app.visitor();
    browser.submit("/rpc/login", &wrong).await;
    let right = [("email", owner.email.as_str()), ("password", PASSWORD)];
    assert_eq!(browser.submit("/rpc/login", &right).await.leads_to(), "/login/code");
    assert_eq!(browser.cookie("sign_in_draft"), None);
    browser.set_cookie("sign_in_draft", "email=x");
    let code = [("code", factor.codes[0].as_str())];
    assert_eq!(browser.submit("/rpc/login-code", &code).await.leads_to(), "/membership");
    assert_eq!(browser.cookie("sign_in_draft"), None);
}
