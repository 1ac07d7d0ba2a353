//! Password resets by mail or by an operator's link.

use rstest::rstest;
use serde_json::json;

use crate::harness::{APP_URL, Engine, PASSWORD, TestApp, TestSmtp, eventually};

const ME: &str = "/api/v1/auth/me";
const LOG_IN: &str = "/api/v1/auth/login";
const OTHER: &str = "another battery staple";

#[rstest]
#[tokio::test]
async fn a_link_by_mail_sets_a_password_and_ends_every_other_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).logging_everything().with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner().await;
    let elsewhere = app.signed_in(&owner.email).await;
    let stranger = app.owner().await;
    let other_node = app.start_node().await;

    let forgetful = app.visitor();
    assert!(forgetful.get("/login").await.text.contains("/password/forgot"));
    let mut answers = Vec::new();
    for email in [owner.email.as_str(), "unknown@nowhere.test"] {
        let asked = forgetful.submit("/rpc/forgot-password", &[("email", email)]).await;
        answers.push((asked.status, asked.leads_to().to_owned(), asked.text.clone()));
    }
    assert_eq!(answers[0], answers[1], "the answers reveal whether there is an account");
    assert!(forgetful.get(&answers[0].1).await.text.contains("Check your email"));
    eventually("the mail is delivered", async || smtp.received().len() == 1 && app.jobs().await == 0).await;
    let mail = smtp.received().remove(0);
    assert_eq!((&mail.to, mail.header("Subject")), (&vec![owner.email.clone()], Some("Reset your Dues password")));
    let link = mail.link().unwrap();
    let (path, token) = (link.strip_prefix(APP_URL).unwrap(), link.rsplit('/').next().unwrap());

    let shown = forgetful.get(path).await;
    assert!(shown.status == 200 && shown.text.contains(&owner.email), "{shown:#?}");
    let weak = forgetful.submit("/rpc/set-password", &[("token", token), ("password", "short")]).await;
    assert_eq!(weak.leads_to(), format!("{path}?code=validation_error&wrong=password"));
    let set = forgetful.submit("/rpc/set-password", &[("token", token), ("password", OTHER)]).await;
    assert_eq!(set.leads_to(), "/membership?code=password_set");
    assert!(forgetful.get(set.leads_to()).await.text.contains("Password changed"));
    assert_eq!(forgetful.get(ME).await.expect(200)["email"], owner.email.as_str());
    for ended in [&elsewhere, &owner.with_address(other_node.address)] {
        ended.get(ME).await.refused(401, "unauthenticated");
        assert_eq!(ended.get("/membership").await.leads_to(), "/login");
    }
    stranger.get(ME).await.expect(200);
    let visitor = app.visitor();
    visitor
        .post(LOG_IN, &json!({ "email": owner.email, "password": PASSWORD }))
        .await
        .refused(401, "invalid_credentials");
    visitor.post(LOG_IN, &json!({ "email": owner.email, "password": OTHER })).await.expect(200);

    assert_eq!(visitor.get(path).await.status, 404);
    let again = app.visitor().submit("/rpc/set-password", &[("token", token), ("password", PASSWORD)]).await;
    assert_eq!(again.leads_to(), path);
    for made_up in ["x", "a/b?c", "../login", "//evil.test/"] {
        let to = app.visitor().submit("/rpc/set-password", &[("token", made_up), ("password", OTHER)]).await;
        assert!(to.leads_to().starts_with("/password/"), "{to:#?}");
    }
    app.server.assert_not_logged("the token of a link", token);
}

#[rstest]
#[tokio::test]
async fn the_first_reset_reports_what_it_ended_and_its_browser_becomes_known(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let email = "pre-made@example.com";
    app.visitor().post("/api/v1/auth/signup", &json!({ "email": email, "password": PASSWORD })).await.expect(201);
    app.add_second_factor(email).await;
    let printed = app.command(&["password-reset", "--email", email]).await;
    let link = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    let token = link.rsplit('/').next().unwrap();
    let ada = app.visitor();
    let set = ada.submit("/rpc/set-password", &[("token", token), ("password", OTHER)]).await;
    assert_eq!(set.leads_to(), "/membership?code=account_handed_over", "the stranger's second factor is required");
    let page = ada.get(set.leads_to()).await.text;
    assert!(page.contains("everything set up with it until now has ended"), "{page}");

    // Guessing by strangers afterwards does not slow this browser down.
    ada.submit("/rpc/logout", &[]).await;
    for number in 0..50 {
        let guesser = app.visitor();
        let request = guesser
            .request(reqwest::Method::POST, LOG_IN)
            .header("x-forwarded-for", format!("203.0.113.{}", number / 10));
        guesser
            .send(request.json(&json!({ "email": email, "password": PASSWORD })))
            .await
            .refused(401, "invalid_credentials");
    }
    let request = ada.request(reqwest::Method::POST, LOG_IN).header("x-forwarded-for", "203.0.113.1");
    ada.send(request.json(&json!({ "email": email, "password": OTHER }))).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_reset_makes_the_browser_known_before_the_code(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    app.add_second_factor(&owner.email).await;
    let printed = app.command(&["password-reset", "--email", &owner.email]).await;
    let link = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    let ada = app.visitor();
    let set =
        ada.submit("/rpc/set-password", &[("token", link.rsplit('/').next().unwrap()), ("password", OTHER)]).await;
    assert!(set.leads_to().starts_with("/login/code"), "{set:#?}");
    let cookie = ada.cookie("dues_device").expect("the browser is known");
    assert!(cookie.starts_with("reset-"), "it has no guesses of codes of its own: {cookie}");
}

#[rstest]
#[tokio::test]
async fn too_many_requests_get_the_same_answer_for_every_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner().await;
    for email in [owner.email.as_str(), "unknown@nowhere.test"] {
        for _ in 0..5 {
            let asked = app.visitor().submit("/rpc/forgot-password", &[("email", email)]).await;
            assert_eq!(asked.leads_to(), "/password/forgot?code=sent");
        }
        let asked = app.visitor().submit("/rpc/forgot-password", &[("email", email)]).await;
        assert!(asked.leads_to().starts_with("/password/forgot?code=throttled&wait="), "{asked:#?}");
        assert!(app.visitor().get(asked.leads_to()).await.text.contains("Too many attempts"));
    }
    app.signed_in(&owner.email).await;
    let wrong = app.visitor().submit("/rpc/forgot-password", &[("email", "ada")]).await;
    assert_eq!(wrong.leads_to(), "/password/forgot?code=validation_error&wrong=email");
}

#[rstest]
#[tokio::test]
async fn without_mail_the_page_says_so_and_an_operator_creates_the_link(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let shown = app.visitor().get("/password/forgot").await.text;
    assert!(shown.contains("server password-reset") && !shown.contains("/rpc/forgot-password"), "{shown}");
    let asked = app.visitor().submit("/rpc/forgot-password", &[("email", &owner.email)]).await;
    assert_eq!(asked.leads_to(), "/password/forgot?code=mail_not_configured");

    let printed = app.command(&["password-reset", "--email", &owner.email.to_uppercase()]).await;
    assert!(printed.status.success(), "{printed:?}");
    let link = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    let token = link.strip_prefix(&format!("{APP_URL}/password/")).unwrap();
    let ada = app.visitor();
    assert!(ada.get(&link).await.text.contains(&owner.email));
    let set = ada.submit("/rpc/set-password", &[("token", token), ("password", OTHER)]).await;
    assert_eq!(set.leads_to(), "/membership?code=password_set");
    owner.get(ME).await.refused(401, "unauthenticated");

    let json = app.command(&["password-reset", "--json", "--email", &owner.email]).await;
    let printed: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let names: Vec<_> = printed.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["email", "url", "expiresAt"]);
    let output = app.command(&["password-reset", "--email", "unknown@nowhere.test"]).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}
