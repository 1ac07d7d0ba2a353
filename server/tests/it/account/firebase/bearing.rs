//! ID tokens as bearer tokens: their verification and their workspace.

use billing::identity::firebase::testing::{Answer as KeyAnswer, KEY, OTHER_KEY, SPOILT, UncalledServer};
use domain::time::{Clock, SystemClock};
use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{ADA, LOG_IN, ME, SIGN_UP, STATUS, call, draft, dues_with_firebase, signup_body, text};
use crate::harness::{Engine, PASSWORD, TestApp};

#[rstest]
#[tokio::test]
async fn an_invalid_token_is_refused_everywhere(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let visitor = app.visitor();
    let made = visitor.post(SIGN_UP, &signup_body(&draft().signed(), ADA)).await.expect(201);
    let tenant = text(&made, "tenantId");
    let visitor = app.visitor();
    call(&visitor, STATUS, &draft().signed(), Some(tenant)).await.expect(200);
    for (name, _, spoil) in SPOILT {
        println!("{name}");
        let token = spoil(draft());
        call(&visitor, STATUS, &token, Some(tenant)).await.refused(401, "unauthenticated");
        call(&visitor, ME, &token, None).await.refused(401, "unauthenticated");
        visitor.post(SIGN_UP, &signup_body(&token, ADA)).await.refused(401, "unauthenticated");
        visitor.post(LOG_IN, &json!({ "idToken": token })).await.refused(401, "unauthenticated");
    }
    assert!(visitor.cookie("dues_session").is_none());
}

#[rstest]
#[tokio::test]
async fn urls_in_a_token_are_never_fetched(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, keys) = dues_with_firebase(engine).await;
    let uncalled = UncalledServer::start().await;
    let visitor = app.visitor();
    for header in ["jku", "x5u"] {
        for kid in [KEY.kid, OTHER_KEY.kid] {
            let token = draft().header("kid", kid).header(header, uncalled.url.clone()).signed_by(&OTHER_KEY);
            call(&visitor, ME, &token, None).await.refused(401, "unauthenticated");
            visitor.post(SIGN_UP, &signup_body(&token, ADA)).await.refused(401, "unauthenticated");
        }
    }
    assert_eq!(uncalled.visits().await, 0);
    assert!((1..=2).contains(&keys.fetches()), "{}", keys.fetches());
}

#[rstest]
#[tokio::test]
async fn a_call_must_name_a_workspace_of_the_user(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let (owner, stranger) = (app.owner().await, app.owner().await);
    let second = app.second_workspace_of(&owner).await;
    let token = draft().of("uid-owner", &owner.email).signed();
    let visitor = app.visitor();
    call(&visitor, STATUS, &token, Some(owner.tenant.as_str())).await.refused(401, "unauthenticated");
    visitor.post(SIGN_UP, &signup_body(&token, &owner.email)).await.expect(200);

    let caller = app.visitor();
    call(&caller, STATUS, &token, None).await.refused(400, "tenant_required");
    call(&caller, STATUS, &token, Some("")).await.refused(400, "tenant_required");
    call(&caller, STATUS, &token, Some(second.as_str())).await.expect(200);
    let foreign = call(&caller, STATUS, &token, Some(stranger.tenant.as_str())).await;
    let unknown = call(&caller, STATUS, &token, Some("nowhere")).await;
    assert_eq!(foreign.refused(404, "tenant_not_found"), unknown.refused(404, "tenant_not_found"));

    // A call about the user needs no workspace and lists all the user's workspaces.
    let me = call(&caller, ME, &token, None).await.expect(200);
    assert_eq!((text(&me, "tenantId"), text(&me, "role")), (owner.tenant.as_str(), "owner"));
    assert_eq!(me["tenants"].as_array().unwrap().len(), 2);
    let elsewhere = call(&caller, ME, &token, Some(second.as_str())).await.expect(200);
    assert_eq!(text(&elsewhere, "tenantId"), second.as_str());
}

#[rstest]
#[tokio::test]
async fn the_role_is_that_in_the_named_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    let email = text(&member.get(ME).await.expect(200), "email").to_owned();
    let token = draft().of("uid-member", &email).signed();
    let caller = app.visitor();
    caller.post(SIGN_UP, &signup_body(&token, &email)).await.expect(200);
    let me = call(&caller, ME, &token, Some(owner.tenant.as_str())).await.expect(200);
    assert_eq!(text(&me, "role"), "member");
    let checkout = caller.request(Method::POST, "/api/v1/billing/checkout").bearer_auth(&token);
    let checkout = checkout.header("x-tenant-id", owner.tenant.as_str()).json(&json!({ "plan": "starter" }));
    app.visitor().send(checkout).await.refused(403, "admin_required");
}

#[rstest]
#[tokio::test]
async fn an_owner_buys_with_a_token_only(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let token = draft().signed();
    let made = app.visitor().post(SIGN_UP, &signup_body(&token, ADA)).await.expect(201);
    let caller = app.visitor();
    let request = caller.request(Method::POST, "/api/v1/billing/checkout").bearer_auth(&token);
    let request = request.header("x-tenant-id", text(&made, "tenantId"));
    let body = json!({
        "type": "subscription",
        "planId": "standard",
        "successUrl": format!("{}/membership/membership-paid?checkout=success&plan=standard", crate::harness::APP_URL),
        "cancelUrl": format!("{}/membership", crate::harness::APP_URL),
    });
    let checkout = caller.send(request.json(&body)).await.expect(200);
    assert_eq!(text(&checkout, "type"), "subscription");
    assert!(text(&checkout, "checkoutUrl").starts_with("http"));
}

#[rstest]
#[tokio::test]
async fn a_cookie_beside_a_token_is_ignored(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let owner = app.owner().await;
    owner.get(ME).await.expect(200);
    for token in [draft().signed(), draft().claim("aud", "demo-other").signed()] {
        call(&owner, ME, &token, None).await.refused(401, "unauthenticated");
        call(&owner, STATUS, &token, Some(owner.tenant.as_str())).await.refused(401, "unauthenticated");
    }
}

#[rstest]
#[tokio::test]
async fn while_signing_keys_are_unavailable_a_token_gets_503(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, keys) = dues_with_firebase(engine).await;
    keys.answers(KeyAnswer::broken());
    let (visitor, token) = (app.visitor(), draft().signed());
    let answers = join_all((0..20).map(|_| call(&visitor, STATUS, &token, Some("any")))).await;
    for answer in answers {
        answer.refused(503, "firebase_unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    visitor.post(SIGN_UP, &signup_body(&token, ADA)).await.refused(503, "firebase_unavailable");
    assert_eq!(keys.fetches(), 1);
    // Other callers do not wait for Firebase.
    app.owner().await.get(STATUS).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn without_a_project_tokens_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (visitor, token) = (app.visitor(), draft().signed());
    visitor.post(SIGN_UP, &signup_body(&token, ADA)).await.refused(501, "firebase_not_configured");
    visitor.post(LOG_IN, &json!({ "idToken": token })).await.refused(501, "firebase_not_configured");
    call(&visitor, ME, &token, None).await.refused(401, "unauthenticated");
    visitor.post(SIGN_UP, &json!({ "idToken": token, "email": "ada" })).await.refused_field("email");
}

#[rstest]
#[tokio::test]
async fn an_account_with_a_second_factor_refuses_tokens_and_forms_never_accept_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let visitor = app.visitor();
    let token = draft().signed();
    let made = visitor.post(SIGN_UP, &signup_body(&token, ADA)).await.expect(201);
    let tenant = text(&made, "tenantId");
    call(&app.visitor(), STATUS, &token, Some(tenant)).await.expect(200);
    for form in ["remove-second-factor", "change-password", "end-sessions", "remove-sign-in", "change-address"] {
        let request = app.visitor().request(Method::POST, &format!("/rpc/{form}")).bearer_auth(&token);
        let refused = app.visitor().send(request.form(&[("email", "eve@evil.test")])).await;
        refused.refused(403, "session_required");
    }
    let page = visitor.get("/settings/account").await.text;
    assert!(page.contains("/rpc/remove-sign-in") && page.contains("Firebase project demo-dues"), "{page}");

    app.add_second_factor(ADA).await;
    for path in [STATUS, ME, "/billing/subscription", "/tenant/secrets"] {
        call(&app.visitor(), path, &token, Some(tenant)).await.refused(401, "second_factor_required");
    }
    app.visitor().post(LOG_IN, &json!({ "idToken": token })).await.refused(401, "second_factor_required");
    app.visitor().post(SIGN_UP, &signup_body(&token, ADA)).await.refused(401, "second_factor_required");
}

#[rstest]
#[tokio::test]
async fn signing_out_everywhere_ends_tokens_and_a_linked_sign_in_is_removed_on_the_page(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, _keys) = dues_with_firebase(engine).await;
    let owner = app.visitor();
    let token = draft().signed();
    owner.post(SIGN_UP, &json!({ "idToken": token, "email": ADA, "password": PASSWORD })).await.expect(201);
    owner.submit("/rpc/end-sessions", &[]).await;
    call(&app.visitor(), ME, &token, None).await.refused(401, "unauthenticated");
    app.visitor().post(LOG_IN, &json!({ "idToken": token })).await.refused(401, "unauthenticated");

    // A token of a later sign-in is accepted until the linked sign-in is removed from the account.
    let later = draft().claim("auth_time", SystemClock.now().as_secs() + 5).signed();
    call(&app.visitor(), ME, &later, None).await.expect(200);
    let owner = app.signed_in(ADA).await;
    let form = [("project", "demo-dues"), ("subject", "uid-1")];
    app.age_confirmations().await;
    assert!(owner.submit("/rpc/remove-sign-in", &form).await.leads_to().starts_with("/confirm?"));
    assert_eq!(owner.submit("/rpc/confirm", &[("password", PASSWORD)]).await.leads_to(), "/membership");
    let removed = owner.submit("/rpc/remove-sign-in", &form).await;
    assert_eq!(removed.leads_to(), "/settings/account?code=sign_in_removed");
    assert!(!owner.get(removed.leads_to()).await.text.contains("/rpc/remove-sign-in"));
    call(&app.visitor(), ME, &later, None).await.refused(401, "unauthenticated");
}
