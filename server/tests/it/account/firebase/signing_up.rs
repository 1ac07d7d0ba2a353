//! Accounts by ID token: created once and linked only to their owner, with or without a password.

use billing::identity::firebase::testing::Draft;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use super::{ADA, LOG_IN, ME, SIGN_UP, STATUS, call, draft, dues_with_firebase, signup_body, text};
use crate::harness::{Answer, Engine, PASSWORD, TestApp};

const OTHER_PASSWORD: &str = "another battery staple";

fn unverified(draft: Draft) -> String {
    draft.claim("email_verified", false).signed()
}

fn with_password(token: &str, password: &str) -> Value {
    json!({ "idToken": token, "email": ADA, "password": password })
}

/// Logs in by password from a new browser.
async fn by_password(app: &TestApp, password: &str) -> Answer {
    app.visitor().post(LOG_IN, &json!({ "email": ADA, "password": password })).await
}

#[rstest]
#[tokio::test]
async fn a_token_creates_a_user_and_a_workspace_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    // An address without an account need not be verified.
    let token = unverified(draft());
    let visitor = app.visitor();
    let asked = json!({ "idToken": token, "email": " Ada@Example.com ", "tenantName": "Analytical Engines" });
    let made = visitor.post(SIGN_UP, &asked).await.expect(201);
    let names: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["userId", "email", "tenantId", "tenantName", "role", "created"]);
    assert_eq!((text(&made, "email"), text(&made, "tenantName")), (ADA, "Analytical Engines"));
    assert_eq!((text(&made, "role"), &made["created"]), ("owner", &json!(true)));

    let again = app.visitor().post(SIGN_UP, &signup_body(&unverified(draft().moved("iat", 30)), ADA)).await.expect(200);
    let expected = {
        let mut made = made.clone();
        made["created"] = json!(false);
        made
    };
    assert_eq!(again, expected);

    let status = call(&app.visitor(), STATUS, &token, Some(text(&made, "tenantId"))).await.expect(200);
    assert_eq!(status["data"]["plan"], "free");
    // The password of an account without one cannot be guessed.
    by_password(&app, "").await.refused(401, "invalid_credentials");
    by_password(&app, PASSWORD).await.refused(401, "invalid_credentials");
}

#[rstest]
#[tokio::test]
async fn fifty_concurrent_calls_on_two_nodes_create_one_account(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] with_a_password: bool,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let other_node = app.start_node().await;
    let nodes = [app.server.address, other_node.address];
    let visitors: Vec<_> = (0..50).map(|n| app.visitor().with_address(nodes[n % 2])).collect();
    let token = unverified(draft());
    let asked = if with_a_password { with_password(&token, PASSWORD) } else { signup_body(&token, ADA) };
    let answers = join_all(visitors.iter().map(|visitor| visitor.post(SIGN_UP, &asked))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(200)), (1, 49), "{answers:#?}");
    let first = answers[0].json();
    for answer in &answers {
        assert_eq!((&answer.json()["userId"], &answer.json()["tenantId"]), (&first["userId"], &first["tenantId"]));
    }
    let me = call(&app.visitor(), ME, &token, None).await.expect(200);
    assert_eq!(me["tenants"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn the_address_must_match_the_token(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let visitor = app.visitor();
    visitor.post(SIGN_UP, &signup_body(&draft().signed(), "eve@example.com")).await.refused_field("email");
    visitor.post(SIGN_UP, &signup_body(&draft().without("email").signed(), ADA)).await.refused_field("email");
    visitor.post(SIGN_UP, &json!({ "idToken": draft().signed() })).await.refused_field("email");
    visitor.post(SIGN_UP, &json!({ "idToken": 7, "email": ADA })).await.refused_field("idToken");
    visitor.post(SIGN_UP, &with_password(&draft().signed(), "short")).await.refused_field("password");
    visitor.post(LOG_IN, &json!({ "idToken": null })).await.refused_field("idToken");
    // No account was created.
    visitor.post(LOG_IN, &json!({ "idToken": draft().signed() })).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn an_existing_account_is_linked_only_by_a_verified_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let owner = app.owner().await;
    let asked = |token: &str| json!({ "idToken": token, "email": owner.email, "password": OTHER_PASSWORD });
    let of_owner = || draft().of("uid-owner", &owner.email);

    let refused = app.visitor().post(SIGN_UP, &asked(&unverified(of_owner()))).await;
    let body = refused.refused(409, "email_not_verified");
    assert!(text(&body, "message").contains("Verify"), "{body}");
    call(&app.visitor(), ME, &of_owner().signed(), None).await.refused(401, "unauthenticated");
    app.signed_in(&owner.email).await.get(ME).await.expect(200);

    let linked = app.visitor().post(SIGN_UP, &asked(&of_owner().signed())).await.expect(200);
    assert_eq!((text(&linked, "tenantId"), &linked["created"]), (owner.tenant.as_str(), &json!(false)));
    // Once linked, the subject identifies the account.
    app.visitor().post(SIGN_UP, &asked(&unverified(of_owner()))).await.expect(200);
    call(&app.visitor(), STATUS, &unverified(of_owner()), Some(owner.tenant.as_str())).await.expect(200);
    // Another subject with the same address is refused unless Firebase has verified the address.
    let other = unverified(draft().of("uid-other", &owner.email));
    app.visitor().post(SIGN_UP, &asked(&other)).await.refused(409, "email_not_verified");
}

#[rstest]
#[tokio::test]
async fn a_password_is_set_at_sign_up_and_no_token_changes_it_later(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let token = draft().signed();
    app.visitor().post(SIGN_UP, &signup_body(&token, ADA)).await.expect(201);
    by_password(&app, PASSWORD).await.refused(401, "invalid_credentials");

    // An account without a password can set one later with a token of its subject.
    app.visitor().post(SIGN_UP, &with_password(&token, PASSWORD)).await.expect(200);
    by_password(&app, PASSWORD).await.expect(200);
    app.visitor().post(SIGN_UP, &with_password(&token, OTHER_PASSWORD)).await.expect(200);
    by_password(&app, OTHER_PASSWORD).await.refused(401, "invalid_credentials");
    by_password(&app, PASSWORD).await.expect(200);

    // No other caller can change the password, with or without a token.
    let stranger = unverified(draft().of("uid-eve", ADA));
    app.visitor().post(SIGN_UP, &with_password(&stranger, OTHER_PASSWORD)).await.refused(409, "email_not_verified");
    let tokenless = json!({ "email": ADA, "password": OTHER_PASSWORD });
    app.visitor().post(SIGN_UP, &tokenless).await.refused(401, "invalid_credentials");
    by_password(&app, PASSWORD).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn verifying_the_address_removes_a_password_set_by_a_stranger(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let squatter = json!({ "email": ADA, "password": OTHER_PASSWORD });
    app.visitor().post(SIGN_UP, &squatter).await.expect(201);
    app.visitor().post(SIGN_UP, &with_password(&draft().signed(), PASSWORD)).await.expect(200);
    by_password(&app, OTHER_PASSWORD).await.refused(401, "invalid_credentials");
    by_password(&app, PASSWORD).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn verifying_the_address_removes_every_other_way_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    // The owner signs up with a verified token and no password: the squatter's password and session end.
    let squatter = app.visitor();
    squatter.post(SIGN_UP, &json!({ "email": ADA, "password": OTHER_PASSWORD })).await.expect(201);
    app.visitor().post(SIGN_UP, &signup_body(&draft().signed(), ADA)).await.expect(200);
    by_password(&app, OTHER_PASSWORD).await.refused(401, "invalid_credentials");
    squatter.get(ME).await.refused(401, "unauthenticated");
    // Once the address is verified, a password is added and the token still works.
    app.visitor().post(SIGN_UP, &with_password(&draft().signed(), PASSWORD)).await.expect(200);
    by_password(&app, PASSWORD).await.expect(200);

    // The owner sets a password by a mailed link: the squatter's unverified token and session end.
    let other = "bob@example.com";
    let unverified_token =
        draft().claim("email", other).claim("email_verified", false).claim("sub", "squatter").signed();
    let made = app.visitor().post(SIGN_UP, &signup_body(&unverified_token, other)).await.expect(201);
    call(&app.visitor(), ME, &unverified_token, None).await.expect(200);
    let squatter = app.visitor();
    squatter.post(LOG_IN, &json!({ "idToken": unverified_token })).await.expect(200);
    let key = squatter.post("/api/v1/tenant/api-keys", &json!({ "name": "kept", "scopes": ["read"] })).await;
    key.refused(403, "address_not_proven");
    let invited = squatter.post("/api/v1/tenant/members", &json!({ "email": "x@example.com", "role": "member" })).await;
    invited.refused(403, "address_not_proven");
    assert_eq!(squatter.get(ME).await.expect(200)["tenantId"], made["tenantId"]);
    app.set_password_by_link(other, PASSWORD).await;
    call(&app.visitor(), ME, &unverified_token, None).await.refused(401, "unauthenticated");
    squatter.get(ME).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn a_token_opens_a_browser_session_for_a_registered_user(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let login = json!({ "idToken": draft().signed() });
    let browser = app.visitor();
    let body = browser.post(LOG_IN, &login).await.refused(401, "unauthenticated");
    assert!(text(&body, "message").contains("Sign up"), "{body}");
    assert!(browser.cookie("dues_session").is_none());
    let bearer = call(&browser, ME, &draft().signed(), None).await.refused(401, "unauthenticated");
    assert_eq!(bearer["message"], body["message"]);

    let made = app.visitor().post(SIGN_UP, &signup_body(&draft().signed(), ADA)).await.expect(201);
    let me = browser.post(LOG_IN, &login).await.expect(200);
    assert_eq!((&me["userId"], &me["tenantId"]), (&made["userId"], &made["tenantId"]));
    assert_eq!(browser.get(ME).await.expect(200), me);
    assert_eq!(browser.get("/membership").await.status, 200);
}
