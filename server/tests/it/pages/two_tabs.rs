//! One browser with two tabs: a tab may show a user or workspace that the other has left.

use std::collections::BTreeSet;

use domain::{account::Role, tenant::scope::Scope};
use rstest::rstest;
use serde_json::json;

use crate::{
    api::isolation::forms::{Carried, forms as all_forms},
    harness::{Browser, Engine, Factor, Owner, PASSWORD, TestApp, TestSmtp, eventually, mailed_link},
};

/// Returns the paths and queries to which the forms of a page post.
async fn forms(browser: &Browser, page: &str) -> Vec<String> {
    let shown = browser.get(page).await;
    assert_eq!(shown.status, 200, "{page}: {shown:#?}");
    let forms = shown.text.split("<form").skip(1).map(|rest| rest.split('>').next().unwrap());
    let posted = forms.filter(|form| form.contains("method=\"post\""));
    let actions = posted.map(|form| form.split("action=\"").nth(1).unwrap().split('"').next().unwrap());
    actions.map(|action| action.replace("&amp;", "&")).collect()
}

#[rstest]
#[tokio::test]
async fn a_secret_for_one_workspace_is_not_stored_in_one_opened_in_another_tab(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let second = app.second_workspace_of(&owner).await;
    let drawn = forms(&owner, "/settings/secrets").await;
    let form = drawn.iter().find(|form| form.starts_with("/rpc/set-secret")).expect("a form");

    owner.submit("/rpc/workspace", &[("tenant", second.as_str())]).await;
    let secret = [("key", "polar_api_key"), ("value", "hush")];
    let request = owner.request(reqwest::Method::POST, form).header("accept", "text/html");
    let refused = owner.send(request.header("referer", "http://dues.test/settings/secrets").form(&secret)).await;
    assert_eq!(
        owner.get("/tenant/secrets").await.expect(200)["items"],
        json!([]),
        "the secret was stored in the second workspace"
    );
    let body = owner.get(refused.leads_to()).await;
    for words in ["This form was for Acme 0.", "Zenith is open now", "Nothing was changed", "Go back to Acme 0"] {
        assert!(body.text.contains(words), "no “{words}” in {}", body.text);
    }

    // The page has a form that opens the first workspace again.
    let back = [("tenant", owner.tenant.as_str()), ("next", "/settings/secrets")];
    assert!(body.text.contains(&format!("value=\"{}\"", owner.tenant)), "{}", body.text);
    assert_eq!(owner.submit("/rpc/workspace", &back).await.leads_to(), "/settings/secrets");
    assert_eq!(owner.submit_to(form, &secret).await.leads_to(), "/settings/secrets?code=kept");
}

#[rstest]
#[tokio::test]
async fn a_form_of_one_user_is_refused_from_the_next(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let drawn = forms(&owner, "/settings/team").await;
    let invite = drawn.iter().find(|form| form.starts_with("/rpc/invite")).expect("a form");
    let credentials = json!({ "email": admin.email, "password": PASSWORD });
    owner.post("/api/v1/auth/login", &credentials).await.expect(200);
    let refused = owner.submit_to(invite, &[("email", "ada@example.com"), ("role", "admin")]).await;
    let body = owner.get(refused.leads_to()).await;
    assert!(body.text.contains("This form was for another person."), "{}", body.text);
    let invited = owner.get("/api/v1/tenant/invitations").await.expect(200);
    assert!(!invited.to_string().contains("ada@example.com"), "{invited}");
}

#[rstest]
#[tokio::test]
async fn leaving_applies_to_the_workspace_of_the_form(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    // Adds a second owner, so that the first owner may leave.
    app.colleague_of(&owner, Role::Owner).await;
    let second = app.second_workspace_of(&owner).await;
    owner.submit("/rpc/workspace", &[("tenant", second.as_str())]).await;
    let drawn = forms(&owner, "/settings/team?leave=1").await;
    let leave = drawn.iter().find(|form| form.starts_with("/rpc/leave")).expect("a form");

    owner.submit("/rpc/workspace", &[("tenant", owner.tenant.as_str())]).await;
    let before = owner.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(before["tenantId"], owner.tenant.as_str());
    let refused = owner.submit_to(leave, &[]).await;
    let body = owner.get(refused.leads_to()).await.text;
    assert!(body.contains("This form was for Zenith.") && body.contains("Nothing was changed"), "{body}");
    assert_eq!(owner.get("/api/v1/auth/me").await.expect(200), before);
    assert_eq!(owner.submit("/rpc/leave", &[]).await.leads_to(), "/membership?code=left");
}

#[rstest]
#[tokio::test]
async fn an_account_form_is_accepted_in_every_workspace_but_from_no_other_user(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner().await;
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let second = app.second_workspace_of(&owner).await;
    let drawn = forms(&owner, "/settings/account").await;
    let about = |form: &str| drawn.iter().find(|drawn| drawn.starts_with(form)).expect("a form").as_str();
    let forms = ["change-password", "begin-second-factor", "change-address", "end-session?", "end-sessions"];
    let forms = forms.map(|form| about(&format!("/rpc/{form}")));

    owner.submit("/rpc/workspace", &[("tenant", second.as_str())]).await;
    let password = [("current", PASSWORD), ("password", "another battery staple")];
    let changed = owner.submit_to(forms[0], &password).await;
    assert_eq!(changed.leads_to(), "/settings/account?code=password_changed");

    let credentials = json!({ "email": admin.email, "password": PASSWORD });
    owner.post("/api/v1/auth/login", &credentials).await.expect(200);
    let fields = [("current", PASSWORD), ("password", "a third battery staple"), ("email", "new@example.com")];
    for form in forms {
        let refused = owner.submit_to(form, &fields).await;
        assert!(refused.leads_to().starts_with("/form-refused"), "{form}: {refused:#?}");
        let body = owner.get(refused.leads_to()).await.text;
        assert!(body.contains("This form was for another person."), "{form}: {body}");
    }
    // The admin's password, sessions and second factor are unchanged.
    assert_eq!(owner.get("/api/v1/auth/me").await.expect(200)["email"], admin.email.as_str());
    admin.get("/api/v1/auth/me").await.expect(200);
    app.signed_in(&admin.email).await;
    assert!(owner.get("/settings/account").await.text.contains("/rpc/begin-second-factor"));
    assert!(smtp.received().iter().all(|mail| mail.to != ["new@example.com"]));
}

/// The forms seen on pages.
#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    /// Asserts that the query of each form on a page is the one in the table of forms: nothing, the user, or the user
    /// and the workspace.
    async fn check_page(&mut self, browser: &Browser, page: &str) {
        let both = browser.drawn_for().await;
        let person = both.split(['?', '&']).find(|pair| pair.starts_with("user="));
        let person = person.map(|pair| format!("?{pair}")).unwrap_or_default();
        for form in forms(browser, page).await {
            let (path, carried) = form.split_at(form.find('?').unwrap_or(form.len()));
            let (_, expected) = all_forms().find(|(known, _)| known == path).unwrap();
            let expected = match expected {
                Carried::Nothing => "",
                Carried::Person => person.as_str(),
                Carried::PersonAndWorkspace => both.as_str(),
            };
            assert_eq!(carried, expected, "{path} on {page}");
            self.0.insert(path.to_owned());
        }
    }

    async fn check_each_page(&mut self, browser: &Browser, pages: &[&str]) {
        for page in pages {
            self.check_page(browser, page).await;
        }
    }
}

/// The forms that no page in this test shows: `/rpc/change-seats` needs a plan that is sold by the seat (see `seats.rs`),
/// `/rpc/try-again` retries a failed job, `/rpc/operator-cancel-import` is on the page of an import that runs.
const NOT_ON_PAGES: [&str; 3] = ["/rpc/change-seats", "/rpc/try-again", "/rpc/operator-cancel-import"];

#[rstest]
#[tokio::test]
async fn every_form_of_every_page_names_its_user_and_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let plan = TestApp::on(engine).with("SMTP_URL", &smtp.url()).with("WEBHOOKS_ALLOW_PRIVATE", "1");
    let (plan, _keys) = plan.with_firebase().await;
    let app = plan.start().await;
    let owner = app.owner_on("pro").await;
    app.second_workspace_of(&owner).await;
    let mut seen = Seen::default();
    check_workspace_pages(&app, &owner, &mut seen).await;
    check_customer_pages(&app, &owner, &mut seen).await;
    check_account_page(&app, &smtp, &owner, &mut seen).await;
    check_operator_pages(&app, &owner, &mut seen).await;
    check_pages_of_others(&app, &smtp, &owner, &mut seen).await;
    let carrying = all_forms().filter(|(_, carried)| *carried != Carried::Nothing).map(|(path, _)| path);
    let missing: Vec<_> = carrying.filter(|path| !seen.0.contains(path) && !NOT_ON_PAGES.contains(&&**path)).collect();
    assert!(missing.is_empty(), "these forms are on none of the opened pages: {missing:?}");
}

async fn check_workspace_pages(app: &TestApp, owner: &Owner, seen: &mut Seen) {
    let member = app.absent_member_id(owner).await;
    owner.post("/tenant/secrets", &json!({ "key": "a_secret", "value": "hush" })).await.expect(201);
    let key = app.key_of(owner, &[Scope::Read]).await.id;
    let invitation = json!({ "email": "ada@example.com", "role": "member" });
    owner.post("/api/v1/tenant/invitations", &invitation).await.expect(201);
    let endpoints = "/api/v1/tenant/webhook-endpoints";
    let endpoint = owner.post(endpoints, &json!({ "url": "http://127.0.0.1:1025/" })).await.expect(201);
    let endpoint = endpoint["id"].as_str().unwrap();
    owner.post(&format!("{endpoints}/{endpoint}/test"), &json!({})).await.expect(202);
    let endpoint = format!("/settings/webhooks/{endpoint}");
    let [delete, rotate] = ["delete", "rotate"].map(|asked| format!("{endpoint}?{asked}=1"));
    let (remove, revoke) = (format!("/settings/team?remove={member}"), format!("/settings/keys?revoke={key}"));
    let pages = [
        "/membership",
        "/membership/cancel",
        "/membership/enterprise",
        "/usage/ai_tokens",
        "/checkout?plan=team",
        "/settings/team",
        &remove,
        "/settings/team?leave=1",
        "/settings/billing",
        "/settings/billing/activity",
        "/settings/keys",
        &revoke,
        "/settings/secrets",
        "/settings/secrets?delete=a_secret",
        "/settings/webhooks",
        "/settings/workspace",
        &endpoint,
        &delete,
        &rotate,
        "/confirm",
    ];
    seen.check_each_page(owner, &pages).await;
    owner.post("/api/v1/billing/cancel", &json!({})).await.expect(200);
    seen.check_page(owner, "/membership").await;
}

/// Opens the pages of the workspace's customers.
async fn check_customer_pages(app: &TestApp, owner: &Owner, seen: &mut Seen) {
    let key = json!({ "key": "stripe_secret_key", "value": "sk_test_51acme" });
    owner.post("/tenant/secrets", &key).await.expect(201);
    let price = json!({ "amount": 9900, "currency": "usd", "interval": "month" });
    let product = json!({ "name": "Enterprise Plan", "description": "For large teams", "prices": [price] });
    let product = owner.post("/billing/tenant/products", &product).await.expect(201);
    let price = product["prices"][0]["id"].as_str().unwrap();
    let order = json!({ "productPriceId": price, "successUrl": "https://yourapp.com/success" });
    let checkout = owner.post("/billing/tenant/checkout", &order).await.expect(200);
    app.stripe.pay(checkout["url"].as_str().unwrap()).await;
    let paid = owner.get("/billing/tenant/subscriptions").await.expect(200);
    let paid = paid["items"][0]["id"].as_str().unwrap();
    let sell = format!("/settings/customers/products?sell={price}");
    let end = format!("/settings/customers/subscriptions?end={paid}");
    let pages =
        ["/settings/customers", "/settings/customers/products", &sell, "/settings/customers/subscriptions", &end];
    seen.check_each_page(owner, &pages).await;
}

/// Opens the account page with a linked sign-in, and with a second factor that is off, being set up, and on.
async fn check_account_page(app: &TestApp, smtp: &TestSmtp, owner: &Owner, seen: &mut Seen) {
    app.known_id_token(&owner.email).await;
    seen.check_page(owner, "/settings/account").await;
    owner.submit("/rpc/change-address", &[("email", "moved@example.com")]).await;
    let link = mailed_link(smtp, "moved@example.com", "/account/address/").await;
    seen.check_page(owner, &link).await;
    owner.submit("/rpc/begin-second-factor", &[]).await;
    seen.check_page(owner, "/settings/account").await;
    Factor::set_up(owner).await;
    seen.check_each_page(owner, &["/settings/account", "/confirm"]).await;
}

async fn check_operator_pages(app: &TestApp, owner: &Owner, seen: &mut Seen) {
    assert!(app.command(&["operator", "add", "--email", &owner.email]).await.status.success());
    let request_body = json!({ "company": "Acme", "email": "ada@example.com" });
    owner.post("/api/v1/enterprise/enterprise-signup", &request_body).await.expect(201);
    app.insert_unreadable_job().await;
    // Recording usage wakes the worker, which then takes the job.
    app.record_usage(owner, &[("projects", 1)]).await;
    let has_failed = async || owner.get("/operator/work").await.text.contains("Job from a newer version");
    eventually("the job has failed", has_failed).await;
    app.note_about(owner).await;
    let tenant = format!("/operator/tenants/{}", owner.tenant);
    seen.check_each_page(owner, &["/operator", &tenant, "/operator/work", "/operator/requests", "/operator/revenue"])
        .await;
    let form = [("name", "back end"), ("scopes[]", "tenants")];
    assert!(owner.submit("/rpc/make-installation-key", &form).await.leads_to().ends_with("/operator/keys"));
    let key = owner.cookie("fresh_desk_key").unwrap();
    let id = key.split('_').nth(1).unwrap();
    seen.check_each_page(owner, &["/operator/keys", &format!("/operator/keys?revoke={id}")]).await;
    let form = [("url", "http://127.0.0.1:1025/")];
    let made = owner.submit("/rpc/operator-add-webhook", &form).await;
    let endpoint = made.leads_to().split('?').next().unwrap();
    let id = endpoint.strip_prefix("/operator/webhooks/").unwrap();
    let pinged = owner.submit("/rpc/operator-test-webhook", &[("id", id)]).await;
    assert!(pinged.leads_to().ends_with("?code=pinged"), "{pinged:#?}");
    let [delete, rotate] = ["delete", "rotate"].map(|asked| format!("{endpoint}?{asked}=1"));
    seen.check_each_page(owner, &["/operator/webhooks", endpoint, &delete, &rotate]).await;
    seen.check_each_page(owner, &["/operator/mails", "/operator/mails/invitation"]).await;
    app.stripe.post("/v1/customers", &[("email", "ada@moving.test")]).await;
    let form = [("provider", "stripe"), ("from", "email")];
    let started = owner.submit("/rpc/operator-start-import", &form).await;
    let import = started.leads_to().split('?').next().unwrap();
    let is_done = async || owner.get(import).await.text.contains("/rpc/operator-adopt-import");
    eventually("the dry run is done", is_done).await;
    seen.check_each_page(owner, &["/operator/imports", import]).await;
}

/// Opens pages as an invited guest, a user with an unverified address, a user without a workspace, and a visitor.
async fn check_pages_of_others(app: &TestApp, smtp: &TestSmtp, owner: &Owner, seen: &mut Seen) {
    let guest = app.owner().await;
    let request_body = json!({ "email": guest.email, "role": "member" });
    let invited = owner.post("/api/v1/tenant/invitations", &request_body).await.expect(201);
    let invitation = invited["url"].as_str().unwrap();
    seen.check_page(&guest, invitation).await;

    let (unverified, email) = (app.visitor(), "unproven@example.com");
    unverified.post("/api/v1/auth/signup", &json!({ "email": email, "password": PASSWORD })).await.expect(201);
    let link = mailed_link(smtp, email, "/account/prove/").await;
    seen.check_each_page(&unverified, &["/settings/team", &link]).await;

    seen.check_page(&guest, "/settings/workspace").await;
    // The owner can't delete their account.
    seen.check_page(&app.member_of(owner).await, "/settings/account").await;
    let nowhere = app.member_of(owner).await;
    assert_eq!(nowhere.submit("/rpc/leave", &[]).await.status, 303);
    seen.check_page(&nowhere, "/membership").await;

    let pages = ["/login", "/signup", "/password/forgot", "/membership/enterprise", invitation];
    seen.check_each_page(&app.visitor(), &pages).await;
}
