//! The account page: second factor, sessions and reconfirmation.

use domain::account::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Factor, Owner, PASSWORD, SmtpFailure, TestApp, TestSmtp, eventually};

const LOG_IN: &str = "/api/v1/auth/login";
const ACCOUNT: &str = "/settings/account";
const SECRETS_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const KEYS: &str = "/api/v1/tenant/api-keys";

fn credentials(owner: &Owner, code: Option<&str>) -> Value {
    match code {
        Some(code) => json!({ "email": owner.email, "password": PASSWORD, "code": code }),
        None => json!({ "email": owner.email, "password": PASSWORD }),
    }
}

#[rstest]
#[tokio::test]
async fn login_requires_the_second_factor_on_api_and_page(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let factor = Factor::set_up(&owner).await;

    app.visitor().post(LOG_IN, &credentials(&owner, None)).await.refused(401, "second_factor_required");
    let half = app.visitor();
    half.post(LOG_IN, &credentials(&owner, None)).await.refused(401, "second_factor_required");
    half.get("/api/v1/auth/me").await.refused(401, "unauthenticated");
    let next = factor.code(1);
    app.visitor().post(LOG_IN, &credentials(&owner, Some(&next))).await.expect(200);
    app.visitor().post(LOG_IN, &credentials(&owner, Some(&next))).await.refused(401, "invalid_code");
    app.visitor().post(LOG_IN, &credentials(&owner, Some(&factor.codes[0]))).await.expect(200);
    app.visitor().post(LOG_IN, &credentials(&owner, Some(&factor.codes[0]))).await.refused(401, "invalid_code");
    let sign_up = json!({ "email": owner.email, "password": PASSWORD });
    app.visitor().post("/api/v1/auth/signup", &sign_up).await.refused(401, "second_factor_required");

    // On the page, without JavaScript.
    let browser = app.visitor();
    let form = [("email", owner.email.as_str()), ("password", PASSWORD), ("next", "/usage")];
    let step = browser.submit("/rpc/login", &form).await;
    assert_eq!(step.leads_to(), "/login/code?next=%2Fusage");
    assert!(browser.get("/membership").await.leads_to().starts_with("/login"), "no session before the second step");
    assert!(browser.get(step.leads_to()).await.text.contains("/rpc/login-code"));
    let wrong = browser.submit("/rpc/login-code", &[("code", "000000"), ("next", "/usage")]).await;
    assert!(wrong.leads_to().starts_with("/login/code?"), "{wrong:#?}");
    let right = browser.submit("/rpc/login-code", &[("code", &factor.codes[1]), ("next", "/usage")]).await;
    assert_eq!(right.leads_to(), "/usage");
    browser.get("/api/v1/auth/me").await.expect(200);
    // A code alone does not sign in: this browser has not passed the password step.
    let stranger = app.visitor().submit("/rpc/login-code", &[("code", &factor.codes[2])]).await;
    assert!(stranger.leads_to().starts_with("/login?code=code_too_late"), "{stranger:#?}");

    // A password reset by mail keeps the second factor.
    app.set_password_by_link(&owner.email, "another battery staple").await;
    let renewed = json!({ "email": owner.email, "password": "another battery staple" });
    app.visitor().post(LOG_IN, &renewed).await.refused(401, "second_factor_required");
    let output = app.command(&["second-factor", "reset", "--email", &owner.email, "--json"]).await;
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["reset"], true, "{output:?}");
    app.visitor().post(LOG_IN, &renewed).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn sensitive_actions_require_reconfirmation_after_15_minutes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let service = app.service_of(&owner.tenant, "secrets").await;
    let key = json!({ "name": "x", "scopes": ["read"] });
    let secret = json!({ "key": "a_secret", "value": "hush" });
    owner.post(KEYS, &key).await.expect(201);
    owner.post("/tenant/secrets", &secret).await.expect(201);
    app.age_confirmations().await;

    owner.post(KEYS, &key).await.refused(403, "confirmation_required");
    owner.post("/tenant/secrets", &secret).await.refused(403, "confirmation_required");
    let delete = owner.request(reqwest::Method::DELETE, "/tenant/secrets/a_secret");
    owner.send(delete).await.refused(403, "confirmation_required");
    service.post("/tenant/secrets", &json!({ "key": "by_key", "value": "hush" })).await.expect(201);
    owner.get(KEYS).await.expect(200);

    let back = owner.submit("/rpc/make-key", &[("name", "Gateway"), ("scopes[]", "read")]).await;
    assert_eq!(back.leads_to(), "/confirm?next=%2Fsettings%2Fkeys");
    let page = owner.get(back.leads_to()).await.text;
    assert!(page.contains("Nothing has been saved yet"), "{page}");
    let written = owner.submit("/rpc/set-secret", &[("key", "typed"), ("value", "planted")]).await;
    assert_eq!(written.leads_to(), "/confirm?next=%2Fsettings%2Fsecrets");
    assert!(!owner.cookie("draft").unwrap_or_default().contains("planted"), "a secret's value is in the draft");
    for form in ["begin-second-factor", "remove-second-factor", "change-address"] {
        let asked = owner.submit(&format!("/rpc/{form}"), &[("email", "new@example.com")]).await;
        assert_eq!(asked.leads_to(), "/confirm?next=%2Fsettings%2Faccount", "{form}");
    }

    owner.post("/api/v1/auth/confirm", &json!({ "password": "not the one" })).await.refused(401, "invalid_credentials");
    owner.post(KEYS, &key).await.refused(403, "confirmation_required");
    let confirm = owner.request(reqwest::Method::POST, "/api/v1/auth/confirm").json(&json!({ "password": PASSWORD }));
    assert_eq!(owner.send(confirm).await.status, 204);
    owner.post(KEYS, &key).await.expect(201);

    app.age_confirmations().await;
    let form = [("password", PASSWORD), ("next", "/settings/keys")];
    assert_eq!(owner.submit("/rpc/confirm", &form).await.leads_to(), "/settings/keys?confirmed=1");
    assert!(owner.get("/settings/keys?confirmed=1").await.text.contains("Send the form again"));
    owner.post("/tenant/secrets", &secret).await.expect(201);
}

#[rstest]
#[tokio::test]
async fn operator_actions_require_a_second_factor_and_a_fresh_confirmation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, here) = (app.owner().await, app.owner().await);
    app.command(&["operator", "add", "--email", &owner.email]).await;
    let form = [("tenant", here.tenant.as_str()), ("plan", "team")];
    for page in ["/operator", "/operator/work"] {
        assert!(owner.get(page).await.leads_to().starts_with("/settings/account?code=operator_needs_second_factor"));
    }
    assert_eq!(owner.submit("/rpc/operator-plan", &form).await.leads_to(), "/operator");
    assert_eq!(here.status().await["plan"], "free");

    Factor::set_up(&owner).await;
    assert_eq!(owner.get("/operator").await.status, 200);
    app.age_confirmations().await;
    let asked = owner.submit("/rpc/operator-plan", &form).await;
    assert!(asked.leads_to().starts_with("/confirm?next=%2Foperator%2Ftenants%2F"), "{asked:#?}");
    assert_eq!(here.status().await["plan"], "free");
    owner.submit("/rpc/confirm", &[("password", PASSWORD)]).await;
    owner.submit("/rpc/operator-plan", &form).await;
    assert_eq!(here.status().await["plan"], "team");
}

#[rstest]
#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let other = app.colleague_of(&owner, Role::Admin).await;
    let phone = app.visitor();
    let request =
        phone.request(reqwest::Method::POST, LOG_IN).header("user-agent", "Mozilla/5.0 (iPhone) Safari/604.1");
    phone.send(request.json(&credentials(&owner, None))).await.expect(200);
    let page = owner.get(ACCOUNT).await.text;
    assert!(page.contains("Safari on iPhone") && page.contains("(this browser)"), "{page}");
    let row = page.split("<tr").find(|row| row.contains("Safari on iPhone")).unwrap();
    let handle = row.split("name=\"handle\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    other.submit("/rpc/end-session", &[("handle", handle)]).await;
    phone.get("/api/v1/auth/me").await.expect(200);
    let ended = owner.submit("/rpc/end-session", &[("handle", handle)]).await;
    assert_eq!(ended.leads_to(), "/settings/account?code=session_ended");
    phone.get("/api/v1/auth/me").await.refused(401, "unauthenticated");
    owner.get("/api/v1/auth/me").await.expect(200);

    let again = app.signed_in(&owner.email).await;
    assert_eq!(owner.submit("/rpc/end-sessions", &[]).await.leads_to(), "/login?code=signed_out");
    again.get("/api/v1/auth/me").await.refused(401, "unauthenticated");
    other.get("/api/v1/auth/me").await.expect(200);
}

#[rstest]
#[tokio::test]
async fn changing_the_password_ends_the_other_sessions(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let elsewhere = app.signed_in(&owner.email).await;
    let wrong =
        owner.submit("/rpc/change-password", &[("current", "no"), ("password", "another battery staple")]).await;
    assert!(wrong.leads_to().contains("wrong=current"), "{wrong:#?}");
    let form = [("current", PASSWORD), ("password", "another battery staple")];
    let changed = owner.submit("/rpc/change-password", &form).await;
    assert_eq!(changed.leads_to(), "/settings/account?code=password_changed");
    assert_eq!(owner.get("/api/v1/auth/me").await.expect(200)["tenantId"], owner.tenant.as_str());
    elsewhere.get("/api/v1/auth/me").await.refused(401, "unauthenticated");
    app.visitor().post(LOG_IN, &credentials(&owner, None)).await.refused(401, "invalid_credentials");
}

#[rstest]
#[tokio::test]
async fn member_and_endpoint_changes_and_repeated_secrets_require_reconfirmation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("SECRETS_KEY", SECRETS_KEY).start().await;
    let owner = app.owner_on("team").await;
    let other = app.colleague_of(&owner, Role::Owner).await;
    let endpoints = "/api/v1/tenant/webhook-endpoints";
    let endpoint = json!({ "url": "https://example.com/hook" });
    let key = json!({ "name": "x", "scopes": ["read"] });
    let first = owner.post_keyed(KEYS, "key-1", &key).await;
    first.expect(201);
    let admin = json!({ "email": "new@example.com", "role": "admin" });
    let invitation = owner.post_keyed("/api/v1/tenant/invitations", "invitation-1", &admin).await.expect(201);
    assert_eq!(invitation["mailed"], false, "no mail is sent here");
    let member = json!({ "email": "plain@example.com", "role": "member" });
    owner.post_keyed("/api/v1/tenant/invitations", "invitation-2", &member).await.expect(201);
    app.age_confirmations().await;

    owner.post_keyed(KEYS, "key-1", &key).await.refused(403, "confirmation_required");
    owner.post_keyed("/api/v1/tenant/invitations", "invitation-1", &admin).await.refused(403, "confirmation_required");
    let again = owner.post_keyed("/api/v1/tenant/invitations", "invitation-2", &member).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again:#?}");
    for role in ["admin", "owner"] {
        let request_body = json!({ "email": format!("{role}@example.com"), "role": role });
        owner.post("/api/v1/tenant/invitations", &request_body).await.refused(403, "confirmation_required");
        owner.post("/api/v1/tenant/members", &request_body).await.refused(403, "confirmation_required");
    }
    owner.post(endpoints, &endpoint).await.refused(403, "confirmation_required");
    owner.post(&format!("{endpoints}/ep_00/rotate-secret"), &json!({})).await.refused(403, "confirmation_required");
    let members = owner.get("/api/v1/tenant/members").await.expect(200);
    let items = members["items"].as_array().unwrap();
    let id = items.iter().find(|member| member["email"] == *other.email).unwrap()["userId"].as_str().unwrap();
    let path = format!("/api/v1/tenant/members/{id}");
    let demote = owner.request(reqwest::Method::PATCH, &path).json(&json!({ "role": "member" }));
    owner.send(demote).await.refused(403, "confirmation_required");
    owner.send(owner.request(reqwest::Method::DELETE, &path)).await.refused(403, "confirmation_required");
    for (form, fields) in [
        ("invite", vec![("email", "form@example.com"), ("role", "admin")]),
        ("change-role", vec![("member", id), ("role", "member")]),
        ("remove-member", vec![("member", id)]),
        ("add-webhook", vec![("url", "https://example.com/hook")]),
        ("rotate-webhook", vec![("id", "ep_00")]),
    ] {
        let asked = owner.submit(&format!("/rpc/{form}"), &fields).await;
        assert!(asked.leads_to().starts_with("/confirm?next="), "{form}: {asked:#?}");
    }

    let confirm = owner.request(reqwest::Method::POST, "/api/v1/auth/confirm").json(&json!({ "password": PASSWORD }));
    assert_eq!(owner.send(confirm).await.status, 204);
    let again = owner.post_keyed(KEYS, "key-1", &key).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
    owner.send(owner.request(reqwest::Method::DELETE, &path)).await;
}

#[rstest]
#[tokio::test]
async fn a_failed_mail_is_reported_on_its_page_and_a_pending_address_is_shown(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    smtp.fail_next([SmtpFailure::Unknown]);
    let ada = app.visitor();
    ada.post("/api/v1/auth/signup", &json!({ "email": "ada@example.com", "password": PASSWORD })).await.expect(201);
    let refused = "The email to ada@example.com wasn’t delivered";
    eventually("the proof is refused", async || ada.get(ACCOUNT).await.text.contains(refused)).await;
    for page in ["/settings/team", "/settings/keys"] {
        let text = ada.get(page).await.text;
        assert!(text.contains(refused) && text.contains("Send the email again"), "{page}: {text}");
    }
    let form = [("next", ACCOUNT)];
    assert_eq!(ada.submit("/rpc/send-address-proof", &form).await.leads_to(), "/settings/account?proof=sent");
    eventually("the next mail is delivered", async || smtp.received().len() == 1).await;
    assert!(!ada.get(ACCOUNT).await.text.contains(refused));

    // The public page for password resets reveals nothing.
    smtp.fail_next([SmtpFailure::Unknown]);
    let forgot = ada.submit("/rpc/forgot-password", &[("email", "ada@example.com")]).await;
    eventually("the mail is refused", async || app.server.log().matches("failed to run a job, giving up").count() == 2)
        .await;
    assert!(!ada.get(forgot.leads_to()).await.text.contains("could not be delivered"));

    let change = async |email| {
        let asked = ada.submit("/rpc/change-address", &[("email", email)]).await;
        assert_eq!(asked.leads_to(), "/settings/account?code=address_link_sent");
    };
    let connections = smtp.connections();
    smtp.fail_next([SmtpFailure::Unknown]);
    change("typo@example.com").await;
    let refused = "The email to typo@example.com wasn’t delivered";
    eventually("the link is refused", async || ada.get(ACCOUNT).await.text.contains(refused)).await;
    assert_eq!(smtp.connections(), connections + 1, "a refused mail is not retried");
    change("new@example.com").await;
    let page = ada.get(ACCOUNT).await.text;
    assert!(page.contains("We sent a link to new@example.com. It works until ") && !page.contains(refused), "{page}");
    let kept = ada.submit("/rpc/withdraw-address-change", &[]).await;
    assert_eq!(kept.leads_to(), "/settings/account?code=address_kept");
    let page = ada.get(kept.leads_to()).await.text;
    assert!(page.contains("Address not changed") && !page.contains("We sent a link to"), "{page}");
}

#[rstest]
#[tokio::test]
async fn joining_by_password_requires_the_code(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, guest) = (app.owner_on("team").await, app.owner().await);
    let request_body = json!({ "email": guest.email, "role": "member" });
    let made = owner.post("/api/v1/tenant/invitations", &request_body).await.expect(201);
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let factor = Factor::set_up(&guest).await;
    let browser = app.visitor();
    let joined = browser.submit("/rpc/join", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(joined.leads_to(), format!("/login/code?next=%2Finvitations%2F{token}"));
    let belongs = async || {
        let members = owner.get("/api/v1/tenant/members").await.expect(200);
        members["items"].as_array().unwrap().iter().any(|member| member["email"] == *guest.email)
    };
    assert!(!belongs().await, "the password alone joins nothing");
    let page = format!("/invitations/{token}");
    let shown = browser.submit("/rpc/login-code", &[("code", &factor.codes[0]), ("next", &page)]).await;
    assert_eq!(shown.leads_to(), page);
    assert_eq!(
        browser.submit("/rpc/accept-invitation", &[("token", &token)]).await.leads_to(),
        "/membership?code=joined"
    );
    assert!(belongs().await);
}
