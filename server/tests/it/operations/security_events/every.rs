//! Causes every documented security event.

use billing::{
    identity::firebase::testing::{KeyServer, PROJECT},
    security_event::NAMES,
};
use domain::{account::Role, tenant::installation_scope::InstallationScope};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{events_in, lines, log_in, wait_for_event};
use crate::harness::{
    APP_URL, Browser, Engine, Factor, Owner, PASSWORD, TestApp, TestSmtp, eventually, id_token, mailed_link,
};

const KEYS: &str = "/api/v1/tenant/api-keys";
const NEW_PASSWORD: &str = "another battery staple";

/// A server with every feature that causes events.
struct Setup {
    app: TestApp,
    smtp: TestSmtp,
    _keys: KeyServer,
}

/// Identifies the log line of an event.
struct Cause {
    field: &'static str,
    value: String,
    /// The log of the command that caused it; `None` for the server's log.
    log: Option<String>,
}

impl Cause {
    fn by(user: String) -> Self {
        Self { field: "user", value: user, log: None }
    }

    fn of_key(id: &Value) -> Self {
        Self { field: "key", value: id.as_str().unwrap().to_owned(), log: None }
    }
}

async fn user_id(browser: &Browser) -> String {
    browser.get("/api/v1/auth/me").await.expect(200)["userId"].as_str().unwrap().to_owned()
}

/// Creates a key and returns its id and the key.
async fn made_key(owner: &Owner) -> (Value, String) {
    let made = owner.post(KEYS, &json!({ "name": "k", "scopes": ["read"] })).await.expect(201);
    (made["id"].clone(), made["key"].as_str().unwrap().to_owned())
}

/// Tries passwords of an account that does not exist, from the owner's browser, until logins are throttled.
async fn get_throttled(owner: &Owner) {
    let form = [("email", "unknown@planted-domain.test"), ("password", "planted password")];
    for _ in 0..60 {
        if owner.submit("/rpc/login", &form).await.leads_to().contains("code=throttled") {
            return;
        }
    }
    panic!("never throttled");
}

impl Setup {
    async fn start(engine: Engine) -> Self {
        let smtp = TestSmtp::start().await;
        let plan = TestApp::on(engine).in_a_process().with("SMTP_URL", &smtp.url()).with("LOG_FORMAT", "json");
        let (plan, keys) = plan.with("RUST_LOG", "error,server::run=info").with_firebase().await;
        Self { app: plan.start().await, smtp, _keys: keys }
    }

    /// Runs a command and returns its log.
    async fn command(&self, arguments: &[&str]) -> String {
        let ran = self.app.command(arguments).await;
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stderr).unwrap()
    }

    /// Sets a new password with a reset link.
    async fn reset_password(&self, email: &str) {
        let printed = self.app.command(&["password-reset", "--email", email]).await;
        let link = String::from_utf8(printed.stdout).unwrap();
        let token = link.trim().rsplit('/').next().unwrap().to_owned();
        let set = [("token", token.as_str()), ("password", NEW_PASSWORD)];
        assert_eq!(self.app.visitor().submit("/rpc/set-password", &set).await.status, 303);
    }

    /// Changes the account's address with the link that is mailed to the new address.
    async fn change_address(&self, owner: &Owner) {
        let email = format!("new-{}", owner.email);
        let asked = owner.submit("/rpc/change-address", &[("email", &email)]).await;
        assert_eq!(asked.leads_to(), "/settings/account?code=address_link_sent");
        let link = mailed_link(&self.smtp, &email, "/account/address/").await;
        let taken = owner.submit("/rpc/take-address", &[("token", link.rsplit('/').next().unwrap())]).await;
        assert_eq!(taken.leads_to(), "/settings/account?code=address_changed");
    }

    /// Causes an event with a new user or key, so that the log line of the event is unambiguous.
    async fn cause(&self, event: &str) -> Cause {
        let owner = self.app.owner().await;
        let user = user_id(&owner).await;
        match event {
            // The owner has already signed in.
            "sign_in" => {}
            "sign_in_failed" => {
                assert_eq!(log_in(&self.app.visitor(), &owner.email, "a wrong battery staple").await, 401);
            }
            "sign_out" => drop(owner.send(owner.request(Method::POST, "/api/v1/auth/logout")).await),
            "portal_session_started" => {
                let key = self.app.installation_key(&[InstallationScope::Portal]).await.key;
                let visitor = self.app.visitor();
                let link = json!({ "user": { "externalId": "user 42" }, "role": "member", "returnUrl": APP_URL });
                let asked = visitor.request(Method::POST, "/api/v1/portal-links").bearer_auth(&key).json(&link);
                let made = visitor.send(asked.header("x-tenant-id", owner.tenant.as_str())).await.expect(201);
                assert_eq!(visitor.get(made["url"].as_str().unwrap()).await.status, 303);
                return Cause { field: "tenant", value: owner.tenant.to_string(), log: None };
            }
            "throttled" => get_throttled(&owner).await,
            "second_factor_passed" | "second_factor_failed" => {
                let factor = Factor::set_up(&owner).await;
                let passes = event == "second_factor_passed";
                let code = if passes { factor.code(1) } else { "000000".to_owned() };
                let shown = json!({ "email": owner.email, "password": PASSWORD, "code": code });
                let answer = self.app.visitor().post("/api/v1/auth/login", &shown).await;
                assert_eq!(answer.status, if passes { 200 } else { 401 }, "{answer:#?}");
            }
            "second_factor_enabled" => drop(Factor::set_up(&owner).await),
            "second_factor_disabled" => {
                // Abandoning a set-up is no event.
                owner.submit("/rpc/begin-second-factor", &[]).await;
                owner.submit("/rpc/remove-second-factor", &[]).await;
                Factor::set_up(&owner).await;
                let removed = owner.submit("/rpc/remove-second-factor", &[]).await;
                assert_eq!(removed.leads_to(), "/settings/account?code=second_factor_off");
            }
            "authorization_refused" => {
                let member = self.app.member_of(&owner).await;
                member.get(KEYS).await.refused(403, "admin_required");
                return Cause::by(user_id(&member).await);
            }
            "origin_refused" => {
                let crossed = owner.request(Method::POST, "/rpc/logout").header("sec-fetch-site", "cross-site");
                assert_eq!(owner.send(crossed.form(&[("next", "/")])).await.status, 403);
            }
            "key_made" => return Cause::of_key(&made_key(&owner).await.0),
            "key_used_from_new_address" => {
                let (id, key) = made_key(&owner).await;
                let service = Browser::with_key(self.app.server.address, &key);
                service.get("/api/v1/billing/status").await.expect(200);
                return Cause::of_key(&id);
            }
            "key_revoked" => {
                let id = made_key(&owner).await.0;
                let path = format!("{KEYS}/{}", id.as_str().unwrap());
                assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
                return Cause::of_key(&id);
            }
            "operator_added" | "operator_removed" => {
                let mut log = self.command(&["operator", "add", "--email", &owner.email]).await;
                if event == "operator_removed" {
                    log = self.command(&["operator", "remove", "--email", &owner.email]).await;
                }
                return Cause { log: Some(log), ..Cause::by(user) };
            }
            "password_changed" => {
                let form = [("current", PASSWORD), ("password", NEW_PASSWORD)];
                let changed = owner.submit("/rpc/change-password", &form).await;
                assert_eq!(changed.leads_to(), "/settings/account?code=password_changed");
            }
            "password_reset" => self.reset_password(&owner.email).await,
            "password_reset_link_made" | "address_proof_link_made" => {
                let command = if event == "address_proof_link_made" { "prove-address" } else { "password-reset" };
                let log = self.command(&[command, "--email", &owner.email]).await;
                return Cause { log: Some(log), ..Cause::by(user) };
            }
            "address_changed" => self.change_address(&owner).await,
            "sessions_ended" => {
                assert_eq!(owner.submit("/rpc/end-sessions", &[]).await.leads_to(), "/login?code=signed_out");
            }
            "account_deleted" => {
                self.app.colleague_of(&owner, Role::Owner).await;
                let deleted = owner.submit("/rpc/delete-account", &[("typed_address", owner.email.as_str())]).await;
                assert_eq!(deleted.leads_to(), "/login?code=account_deleted");
            }
            "account_linked" => drop(self.app.known_id_token(&owner.email).await),
            "account_unlinked" => {
                self.app.known_id_token(&owner.email).await;
                let form = [("project", PROJECT), ("subject", owner.email.as_str())];
                let removed = owner.submit("/rpc/remove-sign-in", &form).await;
                assert_eq!(removed.leads_to(), "/settings/account?code=sign_in_removed");
            }
            _ => panic!("say here what causes {event}"),
        }
        Cause::by(user)
    }

    fn lines_of(&self, event: &str, cause: &Cause) -> Vec<Value> {
        let Cause { field, value, log } = cause;
        let all = log.as_deref().map_or_else(|| lines(&self.app), events_in);
        let is_it = |line: &Value| line["fields"]["event"] == event && line["fields"][*field] == value.as_str();
        all.into_iter().filter(is_it).collect()
    }
}

#[rstest]
#[tokio::test]
async fn every_event_is_one_line_that_names_its_subject(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let setup = Setup::start(engine).await;
    let mut caused = Vec::new();
    for event in NAMES {
        let cause = setup.cause(event).await;
        eventually(&format!("{event} is in the log"), async || !setup.lines_of(event, &cause).is_empty()).await;
        caused.push((event, cause));
    }
    for (event, cause) in caused {
        let lines = setup.lines_of(event, &cause);
        assert_eq!(lines.len(), 1, "{event}: {lines:#?}");
        assert_eq!((&lines[0]["level"], &lines[0]["target"]), (&json!("INFO"), &json!("security")), "{event}");
    }
}

#[rstest]
#[tokio::test]
async fn what_a_new_password_or_address_ends_is_logged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let setup = Setup::start(engine).await;
    let app = &setup.app;
    let by = |user: String| move |line: &Value| line["fields"]["user"] == user.as_str();

    let (forgetful, moved) = (app.owner().await, app.owner().await);
    let (forgetful_id, moved_id) = (user_id(&forgetful).await, user_id(&moved).await);
    app.known_id_token(&forgetful.email).await;
    app.known_id_token(&moved.email).await;
    setup.reset_password(&forgetful.email).await;
    setup.change_address(&moved).await;
    for user in [forgetful_id, moved_id] {
        assert_eq!(wait_for_event(app, "account_unlinked", by(user)).await["fields"]["reason"], "firebase");
    }

    // A password reset removes the second factor of an account with an unverified address: it may be a stranger's.
    let (visitor, email) = (app.visitor(), "pre-made@example.com");
    visitor.post("/api/v1/auth/signup", &json!({ "email": email, "password": PASSWORD })).await.expect(201);
    let user = user_id(&visitor).await;
    app.add_second_factor(email).await;
    setup.reset_password(email).await;
    wait_for_event(app, "second_factor_disabled", by(user)).await;

    // The first token with a verified address takes the account over and is linked.
    let (visitor, email) = (app.visitor(), "ada@example.com");
    let unverified = json!({ "email": email, "password": PASSWORD });
    visitor.post("/api/v1/auth/signup", &unverified).await.expect(201);
    let user = user_id(&visitor).await;
    let token = json!({ "idToken": id_token(email), "email": email });
    app.visitor().post("/api/v1/auth/signup", &token).await.expect(200);
    wait_for_event(app, "account_linked", by(user)).await;
}

#[rstest]
#[tokio::test]
async fn the_command_that_removes_a_second_factor_logs_what_it_does(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let setup = Setup::start(engine).await;
    let owner = setup.app.owner().await;
    let user = user_id(&owner).await;
    setup.app.add_second_factor(&owner.email).await;
    let logged = events_in(&setup.command(&["second-factor", "reset", "--email", &owner.email]).await);
    let events: Vec<_> = logged.iter().map(|line| (&line["fields"]["event"], &line["fields"]["user"])).collect();
    let user = json!(user);
    assert_eq!(events, [(&json!("second_factor_disabled"), &user), (&json!("sessions_ended"), &user)]);
    let again = events_in(&setup.command(&["second-factor", "reset", "--email", &owner.email]).await);
    assert_eq!(again.iter().map(|line| &line["fields"]["event"]).collect::<Vec<_>>(), ["sessions_ended"]);
}
