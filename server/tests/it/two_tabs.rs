//! One browser, two tabs: what one tab shows, another has left behind.

use std::collections::BTreeSet;

use domain::account::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, PASSWORD, TestApp};

/// Forms that are about no workspace and no person.
const ANYONES: [&str; 3] = ["/rpc/logout", "/rpc/theme", "/rpc/workspace"];

/// The addresses that the forms of a page post to.
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
async fn a_secret_written_for_one_workspace_is_not_kept_in_the_one_that_another_tab_has_opened(
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
    assert_eq!(owner.get("/tenant/secrets").await.expect(200)["items"], json!([]), "nothing is kept in the second");
    let told = owner.get(refused.leads_to()).await;
    for words in ["That form was for Acme 0.", "Zenith is open now", "Nothing was changed", "Go back to Acme 0"] {
        assert!(told.text.contains(words), "no “{words}” in {}", told.text);
    }

    // As that page says.
    let back = [("tenant", owner.tenant.as_str()), ("next", "/settings/secrets")];
    assert!(told.text.contains(&format!("value=\"{}\"", owner.tenant)), "{}", told.text);
    assert_eq!(owner.submit("/rpc/workspace", &back).await.leads_to(), "/settings/secrets");
    assert_eq!(owner.submit_to(form, &secret).await.leads_to(), "/settings/secrets?code=kept");
}

#[rstest]
#[tokio::test]
async fn a_form_of_one_person_is_not_sent_by_the_next(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let drawn = forms(&owner, "/settings/team").await;
    let invite = drawn.iter().find(|form| form.starts_with("/rpc/invite")).expect("a form");
    let credentials = json!({ "email": admin.email, "password": PASSWORD });
    owner.post("/api/v1/auth/login", &credentials).await.expect(200);
    let refused = owner.submit_to(invite, &[("email", "ada@example.com"), ("role", "admin")]).await;
    let told = owner.get(refused.leads_to()).await;
    assert!(told.text.contains("That form was for another person."), "{}", told.text);
    let invited = owner.get("/api/v1/tenant/invitations").await.expect(200);
    assert!(!invited.to_string().contains("ada@example.com"), "{invited}");
}

#[tokio::test]
async fn every_form_of_every_page_carries_whom_and_what_it_is_for() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner_on("pro").await;
    app.second_workspace_of(&owner).await;
    let member = app.member_id_of(&owner).await;
    owner.post("/tenant/secrets", &json!({ "key": "a_secret", "value": "hush" })).await.expect(201);
    let carried = owner.drawn_for().await;
    let mut seen = BTreeSet::new();
    for page in [
        "/membership",
        "/membership/cancel",
        "/membership/enterprise",
        "/checkout?plan=team",
        "/settings/team",
        &format!("/settings/team?remove={member}"),
        "/settings/team?leave=1",
        "/settings/billing",
        "/settings/keys",
        "/settings/secrets",
        "/settings/secrets?delete=a_secret",
        "/settings/webhooks",
    ] {
        for form in forms(&owner, page).await {
            let path = form.split('?').next().unwrap().to_owned();
            if !ANYONES.contains(&&*path) {
                assert!(form.ends_with(&carried), "{form} on {page} does not carry {carried}");
            }
            seen.insert(path);
        }
    }
    for form in ["/rpc/checkout", "/rpc/invite", "/rpc/make-key", "/rpc/set-secret", "/rpc/delete-secret", "/rpc/leave"]
    {
        assert!(seen.contains(form), "{form} was drawn by no page: {seen:?}");
    }
}
