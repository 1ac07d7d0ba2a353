//! The rules of passwords wherever one is set, and their Unicode normalization.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, PASSWORD, TestApp};

const SIGN_UP: &str = "/api/v1/auth/signup";
const LOG_IN: &str = "/api/v1/auth/login";
/// Long enough, but easy to guess.
const WEAK: [&str; 4] = ["1234567890", "iloveyou123", "ada@example.com", "Analytical Engines"];
/// "café soufflé naïve", composed and decomposed.
const COMPOSED: &str = "caf\u{e9} souffl\u{e9} na\u{ef}ve";
const DECOMPOSED: &str = "cafe\u{301} souffle\u{301} nai\u{308}ve";

#[rstest]
#[tokio::test]
async fn a_weak_password_is_refused_everywhere(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for weak in WEAK {
        let request_body = json!({ "email": "ada@example.com", "password": weak, "tenantName": "Analytical Engines" });
        app.visitor().post(SIGN_UP, &request_body).await.refused_field("password");
        let form = [("email", "ada@example.com"), ("password", weak), ("workspace", "Analytical Engines")];
        let back = app.visitor().submit("/rpc/signup", &form).await;
        assert!(back.leads_to().contains("wrong=password"), "{weak}: {back:#?}");
        let create = ["tenant", "create", "--name", "Analytical Engines", "--email", "ada@example.com", "--password"];
        let output = app.command(&[&create[..], &[weak]].concat()).await;
        assert!(!output.status.success(), "{weak}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("easy to guess"), "{weak}: {output:?}");
    }
    let invited = json!({ "email": "ada@example.com", "role": "member" });
    let made = owner.post("/api/v1/tenant/invitations", &invited).await.expect(201);
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let joined = app.visitor().submit("/rpc/join", &[("token", &token), ("password", "iloveyou123")]).await;
    assert!(joined.leads_to().contains("wrong=password"), "{joined:#?}");
    let printed = app.command(&["password-reset", "--email", &owner.email]).await;
    let link = String::from_utf8(printed.stdout).unwrap();
    let token = link.trim().rsplit('/').next().unwrap();
    let set = app.visitor().submit("/rpc/set-password", &[("token", token), ("password", "iloveyou123")]).await;
    assert!(set.leads_to().contains("wrong=password"), "{set:#?}");
    app.visitor().post(LOG_IN, &json!({ "email": owner.email, "password": PASSWORD })).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_password_matches_in_composed_and_decomposed_unicode(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    for (number, (set, typed)) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)].into_iter().enumerate() {
        let email = format!("ada{number}@example.com");
        app.visitor().post(SIGN_UP, &json!({ "email": email, "password": set })).await.expect(201);
        for password in [set, typed] {
            app.visitor().post(LOG_IN, &json!({ "email": email, "password": password })).await.expect(200);
        }
        let other = json!({ "email": email, "password": "cafe souffle naive" });
        app.visitor().post(LOG_IN, &other).await.refused(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_password_has_256_characters_at_most() {
    let app = TestApp::start(Engine::Sqlite).await;
    let long = |chars: usize| "wäre übel xK9 qLm 2vT zwölf ".chars().cycle().take(chars).collect::<String>();
    for (number, (chars, is_taken)) in [(256, true), (257, false), (5000, false)].into_iter().enumerate() {
        let request_body = json!({ "email": format!("ada{number}@example.com"), "password": long(chars) });
        let answer = app.visitor().post(SIGN_UP, &request_body).await;
        if is_taken {
            answer.expect(201);
            app.visitor().post(LOG_IN, &request_body).await.expect(200);
        } else {
            answer.refused_field("password");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_refused_password_counts_towards_the_sign_up_limit(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("SIGNUP_LIMIT_ADDRESS", "3").start().await;
    let request_body = |email: &str| json!({ "email": email, "password": "iloveyou123" });
    // An error in another field is found first: the sign-up is not counted and its password is not checked.
    for _ in 0..4 {
        let cheap = json!({ "email": "ada@example.com", "password": "iloveyou123", "tenantName": "x".repeat(500) });
        app.visitor().post(SIGN_UP, &cheap).await.refused_field("tenantName");
    }
    for _ in 0..3 {
        app.visitor().post(SIGN_UP, &request_body("ada@example.com")).await.refused_field("password");
    }
    app.visitor().post(SIGN_UP, &request_body("ada@example.com")).await.refused(429, "throttled");
    let form = [("email", "bob@example.com"), ("password", "iloveyou123")];
    let form = app.visitor().submit("/rpc/signup", &form).await;
    assert!(form.leads_to().contains("code=throttled"), "{form:#?}");
}

#[rstest]
#[tokio::test]
async fn new_passwords_of_existing_users_count_too(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let printed = app.command(&["password-reset", "--email", &owner.email]).await;
    let link = String::from_utf8(printed.stdout).unwrap();
    let token = link.trim().rsplit('/').next().unwrap();
    for _ in 0..60 {
        let set = app.visitor().submit("/rpc/set-password", &[("token", token), ("password", "iloveyou123")]).await;
        assert!(set.leads_to().contains("wrong=password"), "{set:#?}");
    }
    let set = app.visitor().submit("/rpc/set-password", &[("token", token), ("password", "iloveyou123")]).await;
    assert!(set.leads_to().contains("throttled"), "{set:#?}");
}
