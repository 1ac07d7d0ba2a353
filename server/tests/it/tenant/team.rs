//! Members and invitations: over the API, by forms and by mail, on several nodes.

use std::time::{Duration, Instant};

use domain::account::Role;
use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{APP_URL, Answer, Browser, Engine, Owner, PASSWORD, SmtpFailure, TestApp, TestSmtp, eventually};

const MEMBERS: &str = "/api/v1/tenant/members";
const INVITATIONS: &str = "/api/v1/tenant/invitations";
const ACCEPT: &str = "/api/v1/invitations/accept";
const ME: &str = "/api/v1/auth/me";

fn invitation(email: &str, role: &str) -> Value {
    json!({ "email": email, "role": role })
}

/// Returns the path of the invitation's page.
fn page(invited: &Value) -> String {
    invited["url"].as_str().unwrap().strip_prefix(APP_URL).unwrap().to_owned()
}

fn token(invited: &Value) -> &str {
    invited["url"].as_str().unwrap().rsplit('/').next().unwrap()
}

/// Creates a user with a separate workspace.
async fn guest(app: &TestApp, email: &str) -> Browser {
    let browser = app.visitor();
    browser.post("/api/v1/auth/signup", &json!({ "email": email, "password": PASSWORD })).await.expect(201);
    browser
}

async fn delete(browser: &Browser, path: &str) -> Answer {
    browser.send(browser.request(Method::DELETE, path)).await
}

async fn patch(browser: &Browser, path: &str, body: &Value) -> Answer {
    browser.send(browser.request(Method::PATCH, path).json(body)).await
}

async fn member(owner: &Owner, email: &str) -> Value {
    let members = owner.get(MEMBERS).await.expect(200);
    members["items"].as_array().unwrap().iter().find(|member| member["email"] == email).unwrap().clone()
}

async fn emails(owner: &Owner) -> Vec<String> {
    let members = owner.get(MEMBERS).await.expect(200);
    members["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn an_invitation_over_the_api_becomes_a_membership(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    let invited = owner.post(INVITATIONS, &invitation(" Ada@Example.com", "admin")).await.expect(201);
    let names: Vec<_> = invited.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "email", "role", "url", "mailed", "expiresAt"]);
    assert_eq!((&invited["email"], &invited["role"]), (&json!("ada@example.com"), &json!("admin")));

    let listed = owner.get(INVITATIONS).await;
    let item = listed.expect(200)["items"][0].clone();
    let names: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "email", "role", "createdAt", "expiresAt"]);
    assert_eq!((&item["id"], &item["expiresAt"]), (&invited["id"], &invited["expiresAt"]));
    assert!(!listed.text.contains(token(&invited)), "{listed:#?}");

    let ada = guest(&app, "ada@example.com").await;
    let shown = ada.get(&page(&invited)).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("as an admin") && shown.text.contains("Join Granted"), "{shown:#?}");
    let joined = ada.post(ACCEPT, &json!({ "token": token(&invited) })).await.expect(200);
    assert_eq!(joined, json!({ "tenantId": owner.tenant, "tenantName": "Granted", "role": "admin" }));
    assert_eq!(
        ada.post(ACCEPT, &json!({ "token": token(&invited) })).await.expect(200),
        joined,
        "accepting twice is safe"
    );
    assert_eq!(ada.get(ME).await.expect(200)["tenants"].as_array().unwrap().len(), 2);

    let listed = member(&owner, "ada@example.com").await;
    let names: Vec<_> = listed.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["userId", "email", "role", "joinedAt"]);
    assert_eq!(owner.get(INVITATIONS).await.expect(200)["items"], json!([]));
    assert_eq!(app.visitor().get(&page(&invited)).await.status, 410);
    assert_eq!(app.visitor().get(&format!("/invitations/{}", "0".repeat(64))).await.status, 404);
    owner.post(MEMBERS, &invitation("ada@example.com", "member")).await.refused(409, "already_member");
}

#[rstest]
#[tokio::test]
async fn a_new_user_joins_by_the_form_without_creating_a_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).logging_everything().start().await;
    let owner = app.owner_granted("team").await;
    assert_eq!(
        owner.submit("/rpc/invite", &[("email", "ada@example.com"), ("role", "member")]).await.leads_to(),
        "/settings/team"
    );
    let shown = owner.get("/settings/team").await.text;
    let link = shown.split(&format!("{APP_URL}/invitations/")).nth(1).unwrap();
    let token: String = link.chars().take_while(char::is_ascii_alphanumeric).collect();
    assert!(!owner.get("/settings/team").await.text.contains(&token), "it is shown once");

    let ada = app.visitor();
    let path = format!("/invitations/{token}");
    assert!(ada.get(&path).await.text.contains("choose a password"));
    let weak = ada.submit("/rpc/join", &[("token", &token), ("password", "short")]).await;
    assert_eq!(weak.leads_to(), format!("{path}?code=validation_error&wrong=password"));
    let joined = ada.submit("/rpc/join", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(joined.leads_to(), "/membership?code=joined");
    let me = ada.get(ME).await.expect(200);
    assert_eq!((&me["email"], &me["tenantName"]), (&json!("ada@example.com"), &json!("Granted")));
    assert_eq!(me["tenants"].as_array().unwrap().len(), 1, "{me}");
    app.server.assert_not_logged("the token of a link", &token);

    let again = app.visitor().submit("/rpc/join", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(again.leads_to(), format!("{path}?code=link_over"));
}

#[rstest]
#[tokio::test]
async fn an_invited_user_signs_in_or_switches_and_has_the_workspace_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    guest(&app, "ada@example.com").await;
    let eve = guest(&app, "eve@evil.test").await;
    let invited = owner.post(INVITATIONS, &invitation("ada@example.com", "member")).await.expect(201);
    let (path, token) = (page(&invited), token(&invited));

    let shown = eve.get(&path).await.text;
    assert!(shown.contains("You’re signed in as eve@evil.test") && !shown.contains("/rpc/accept"), "{shown}");
    eve.post(ACCEPT, &json!({ "token": token })).await.refused(403, "other_address");
    assert_eq!(eve.submit("/rpc/logout", &[("next", &path)]).await.leads_to(), path);
    eve.get(ME).await.refused(401, "unauthenticated");

    let shown = eve.get(&path).await.text;
    let to_login = format!("/login?next=%2Finvitations%2F{token}");
    assert!(shown.contains(&to_login), "{shown}");
    let in_between = eve.submit("/rpc/accept-invitation", &[("token", token)]).await;
    assert_eq!(in_between.leads_to(), format!("/login?code=session_over&next=%2Finvitations%2F{token}"));
    let form = [("email", "ada@example.com"), ("password", PASSWORD), ("next", &path)];
    assert_eq!(eve.submit("/rpc/login", &form).await.leads_to(), path);
    let joined = eve.submit("/rpc/accept-invitation", &[("token", token)]).await;
    assert_eq!(joined.leads_to(), "/membership?code=joined");
    assert!(eve.get("/membership?code=joined").await.text.contains("You joined Granted"));
    assert_eq!(eve.get(ME).await.expect(200)["tenantName"], "Granted");
}

#[rstest]
#[tokio::test]
async fn a_removed_member_loses_access_at_once_on_every_node_and_can_start_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    let ada = app.member_of(&owner).await;
    let other_node = app.start_node().await;
    let there = ada.with_address(other_node.address);
    for browser in [&ada, &there] {
        assert_eq!(browser.get("/api/v1/billing/status").await.status, 200);
    }
    let me = ada.get(ME).await.expect(200);
    let path = format!("{MEMBERS}/{}", me["userId"].as_str().unwrap());
    assert_eq!(delete(&owner, &path).await.status, 204);
    for browser in [&ada, &there] {
        browser.get("/api/v1/billing/status").await.refused(404, "tenant_not_found");
        browser.get(MEMBERS).await.refused(404, "tenant_not_found");
        let me = browser.get(ME).await.expect(200);
        assert_eq!((&me["tenantId"], &me["tenants"]), (&Value::Null, &json!([])));
    }
    delete(&owner, &path).await.refused(404, "not_found");

    // The removed member can still log in, and has no workspace.
    let back = app.signed_in(me["email"].as_str().unwrap()).await;
    assert_eq!(back.get("/").await.leads_to(), "/membership");
    for page in ["/membership", "/usage", "/settings/team"] {
        let shown = back.get(page).await;
        assert!(shown.status == 200 && shown.text.contains("You don’t belong to a workspace."), "{shown:#?}");
    }
    let long = "x".repeat(81);
    let wrong = back.submit("/rpc/open-workspace", &[("workspace", &long)]).await;
    assert_eq!(wrong.leads_to(), "/membership?code=validation_error&wrong=workspace");
    for _ in 0..2 {
        assert_eq!(back.submit("/rpc/open-workspace", &[("workspace", "Anew")]).await.leads_to(), "/membership");
    }
    let me = back.get(ME).await.expect(200);
    assert_eq!((&me["tenantName"], &me["role"]), (&json!("Anew"), &json!("owner")));
    assert_eq!(me["tenants"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn only_owners_change_owners_and_the_last_owner_stays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    let admin = app.colleague_of(&owner, Role::Admin).await.browser;
    let plain = app.member_of(&owner).await;
    let owner_path = format!("{MEMBERS}/{}", member(&owner, &owner.email).await["userId"].as_str().unwrap());
    let plain_email = plain.get(ME).await.expect(200)["email"].as_str().unwrap().to_owned();
    let of_plain = format!("{MEMBERS}/{}", member(&owner, &plain_email).await["userId"].as_str().unwrap());

    for answer in [
        patch(&admin, &owner_path, &json!({ "role": "admin" })).await,
        patch(&admin, &of_plain, &json!({ "role": "owner" })).await,
        delete(&admin, &owner_path).await,
        admin.post(INVITATIONS, &invitation("ada@example.com", "owner")).await,
        admin.post(MEMBERS, &invitation("ada@example.com", "owner")).await,
    ] {
        answer.refused(403, "owner_required");
    }
    for answer in [delete(&owner, &owner_path).await, patch(&owner, &owner_path, &json!({ "role": "member" })).await] {
        answer.refused(409, "last_owner");
    }
    assert_eq!(owner.submit("/rpc/leave", &[]).await.leads_to(), "/settings/team?code=last_owner");
    for answer in [delete(&plain, &owner_path).await, plain.post(INVITATIONS, &invitation("a@x.test", "member")).await]
    {
        answer.refused(403, "admin_required");
    }
    let changed = patch(&admin, &of_plain, &json!({ "role": "admin" })).await.expect(200);
    assert_eq!((&changed["email"], &changed["role"]), (&json!(plain_email), &json!("admin")));
    patch(&owner, &of_plain, &json!({ "role": "owner" })).await.expect(200);
    assert_eq!(delete(&owner, &owner_path).await.status, 204, "an owner may leave if there is another");
    assert_eq!(owner.submit("/rpc/leave", &[]).await.leads_to(), "/membership");
}

#[rstest]
#[tokio::test]
async fn the_member_limit_holds_under_concurrent_joins(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("starter").await;
    let mut guests = Vec::new();
    for number in 0..6 {
        let email = format!("guest{number}@example.com");
        let invited = owner.post(INVITATIONS, &invitation(&email, "member")).await.expect(201);
        guests.push((guest(&app, &email).await, token(&invited).to_owned()));
    }
    let tries = guests.iter().map(async |(guest, token)| guest.post(ACCEPT, &json!({ "token": token })).await);
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 2, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        let refused = answer.refused(402, "limit_reached");
        assert_eq!(refused["error"], "Usage limit exceeded");
        assert_eq!(refused["message"], "Team member limit reached (3)");
        assert_eq!((&refused["allowed"], &refused["upgrade"]), (&json!(false), &json!({ "plan": "pro", "limit": 5 })));
    }
    for path in [INVITATIONS, MEMBERS] {
        owner.post(path, &invitation("late@example.com", "member")).await.refused(402, "limit_reached");
    }
    let check = owner.get("/settings/team").await.text;
    assert!(check.contains("3 people, all seats taken") && check.contains("All seats are taken"), "{check}");
    assert!(!check.contains("/rpc/invite"), "{check}");
    let (late, link) = &guests[answers.iter().position(|answer| answer.status != 200).unwrap()];
    let full = late.submit("/rpc/accept-invitation", &[("token", link)]).await;
    assert_eq!(full.leads_to(), format!("/invitations/{link}?code=limit_reached"));
    assert!(late.get(full.leads_to()).await.text.contains("Granted has no seats left"));
}

#[rstest]
#[tokio::test]
async fn invalid_input_is_refused_and_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("team").await;
    let before = emails(&owner).await;
    for email in [json!(null), json!(""), json!("ada"), json!("a b@x.test"), json!("a<b>@x.test"), json!(7)] {
        owner.post(INVITATIONS, &json!({ "email": email, "role": "member" })).await.refused_field("email");
    }
    for role in [json!(null), json!(""), json!("Owner"), json!("boss"), json!(1), json!(["member"])] {
        let body = json!({ "email": "ada@example.com", "role": role });
        for path in [INVITATIONS, MEMBERS] {
            owner.post(path, &body).await.refused_field("role");
        }
        let owner_path = format!("{MEMBERS}/{}", member(&owner, &owner.email).await["userId"].as_str().unwrap());
        patch(&owner, &owner_path, &json!({ "role": role })).await.refused_field("role");
    }
    for id in ["unknown", "%20", "a%2Fb", "%FF", &"x".repeat(300)] {
        patch(&owner, &format!("{MEMBERS}/{id}"), &json!({ "role": "admin" })).await.refused(404, "not_found");
        delete(&owner, &format!("{MEMBERS}/{id}")).await.refused(404, "not_found");
        delete(&owner, &format!("{INVITATIONS}/{id}")).await.refused(404, "not_found");
    }
    for token in ["", "x", &"0".repeat(64), &"é".repeat(64)] {
        owner.post(ACCEPT, &json!({ "token": token })).await.refused(404, "link_unknown");
    }
    app.visitor().post(ACCEPT, &json!({ "token": "0".repeat(64) })).await.refused(401, "unauthenticated");
    assert_eq!(emails(&owner).await, before);
    assert_eq!(owner.get(INVITATIONS).await.expect(200)["items"], json!([]));

    let invited = owner.post(INVITATIONS, &invitation("ada@example.com", "member")).await.expect(201);
    let path = format!("{INVITATIONS}/{}", invited["id"].as_str().unwrap());
    let other = app.owner_granted("team").await;
    delete(&other, &path).await.refused(404, "not_found");
    assert_eq!(delete(&owner, &path).await.status, 204);
    delete(&owner, &path).await.refused(404, "not_found");
    assert_eq!(app.visitor().get(&page(&invited)).await.status, 410);
}

#[rstest]
#[tokio::test]
async fn an_unresponsive_mail_server_delays_no_request_and_loses_no_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([SmtpFailure::Busy, SmtpFailure::Silent]);
    let app =
        TestApp::on(engine).with("SMTP_URL", &smtp.url()).with("MAIL_FROM", "Billing <b@dues.test>").start().await;
    let owner = app.owner_granted("team").await;
    let began = Instant::now();
    let first = owner.post(INVITATIONS, &invitation("ada@example.com", "member")).await.expect(201);
    let second = owner.post(INVITATIONS, &invitation("bob@example.com", "member")).await.expect(201);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    eventually("one mail is delivered", async || smtp.received().len() == 1).await;
    let mail = smtp.received().remove(0);
    assert_eq!(mail.header("From"), Some("Billing <b@dues.test>"));
    let link = mail.link().unwrap();
    assert!(![&first, &second].iter().any(|invited| invited["url"] == *link), "a new link");
    assert!(app.visitor().get(&link).await.text.contains(&mail.to[0]));
    // The mail arrives a moment before its job is deleted.
    eventually("the other mail waits", async || app.jobs().await == 1).await;
}
