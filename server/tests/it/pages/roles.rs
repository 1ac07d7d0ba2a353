//! What a role's hint on the team page names is open to the role, and nothing else is.

use domain::account::Role;
use rstest::rstest;

use crate::harness::{Engine, TestApp};

/// Pages, each with the roles that it is open to.
const PAGES: [(&str, &[Role]); 9] = [
    ("/membership", &Role::ALL),
    ("/usage", &Role::ALL),
    ("/membership/invoices", &[Role::Owner, Role::Admin, Role::Billing]),
    ("/settings/billing", &[Role::Owner, Role::Admin, Role::Billing]),
    ("/settings/keys", &[Role::Owner, Role::Admin]),
    ("/settings/customers", &[Role::Owner, Role::Admin]),
    ("/settings/secrets", &[Role::Owner, Role::Admin]),
    ("/settings/webhooks", &[Role::Owner, Role::Admin]),
    ("/settings/audit", &[Role::Owner, Role::Admin]),
];

#[rstest]
#[tokio::test]
async fn a_role_opens_the_pages_that_its_hint_names(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).start().await;
    let owner = app.owner_on("business").await;
    let invite = owner.get("/settings/team").await.text;
    for hint in [
        "Can view the plan and usage",
        "Can also view invoices, change the plan and update the card",
        "Can also manage members, API keys, secrets and webhooks",
        "Can also add and remove owners",
    ] {
        assert!(invite.contains(hint), "{hint} is missing in {invite}");
    }
    for role in Role::ALL {
        let colleague = app.colleague_of(&owner, role).await;
        let settings = colleague.get("/settings/team").await.text;
        for (path, open_to) in PAGES {
            let shown = colleague.get(path).await;
            assert_eq!(shown.status, 200, "{path} for {role:?}: {}", shown.text);
            let is_open = open_to.contains(&role);
            let is_refused = path != "/membership" && shown.text.contains("Only owners");
            assert_eq!(!is_refused, is_open, "{path} for {role:?}");
            if path.starts_with("/settings/") {
                let link = format!("href=\"{path}\"");
                assert_eq!(settings.contains(&link), is_open, "the link to {path} for {role:?}: {settings}");
            }
        }
        let plan = colleague.get("/membership").await.text;
        assert_eq!(plan.contains("/rpc/portal"), role.may_bill(), "{role:?}: {plan}");
        let order = colleague.get("/checkout?plan=scale").await.text;
        assert_eq!(order.contains("/rpc/checkout"), role.may_bill(), "{role:?}: {order}");
        assert_eq!(settings.contains("/rpc/invite"), role.is_admin(), "{role:?}: {settings}");
        assert_eq!(settings.contains(&owner.email), role.is_admin(), "{role:?}: {settings}");
    }
}

#[rstest]
#[tokio::test]
async fn billing_is_given_by_an_admin_and_pays(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).start().await;
    let owner = app.owner_on("business").await;
    let billing = app.colleague_of(&owner, Role::Billing).await;
    let me = billing.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["role"], "billing", "{me}");
    billing.get("/api/v1/billing/invoices").await.expect(200);
    let portal = billing.post("/api/v1/billing/portal", &serde_json::json!({})).await.expect(200);
    assert!(portal["url"].as_str().unwrap().starts_with("http"), "{portal}");
    for closed in ["/api/v1/tenant/members", "/api/v1/tenant/api-keys", "/tenant/secrets", "/billing/tenant/products"] {
        billing.get(closed).await.refused(403, "admin_required");
    }
    let member = app.member_of(&owner).await;
    let refused = member.get("/api/v1/billing/invoices").await.refused(403, "admin_required");
    assert!(refused["message"].as_str().unwrap().contains("role billing"), "{refused}");
}
