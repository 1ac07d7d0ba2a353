//! Pages show a member nothing that the API refuses them.

use domain::account::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp};

const REFUSED: [&str; 8] = [
    "/api/v1/tenant/api-keys",
    "/api/v1/tenant/members",
    "/api/v1/tenant/invitations",
    "/api/v1/tenant/audit",
    "/api/v1/tenant/webhook-endpoints",
    "/api/v1/billing/invoices",
    "/api/v1/billing/invoices.csv",
    "/tenant/secrets",
];

#[rstest]
#[tokio::test]
async fn no_page_shows_a_member_what_the_api_refuses(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("WEBHOOKS_ALLOW_PRIVATE", "1").start().await;
    let owner = app.owner_on("business").await;
    let admin = app.colleague_of(&owner, Role::Admin).await;
    let member = app.colleague_of(&owner, Role::Member).await;
    let key = json!({ "name": "Planted key", "scopes": ["read"] });
    let key = owner.post("/api/v1/tenant/api-keys", &key).await.expect(201)["id"].as_str().unwrap().to_owned();
    owner.post("/tenant/secrets", &json!({ "key": "planted_secret", "value": "x" })).await.expect(201);
    let endpoint = json!({ "url": "http://127.0.0.1:1025/planted-hook" });
    let endpoint = owner.post("/api/v1/tenant/webhook-endpoints", &endpoint).await.expect(201);
    let endpoint = format!("/settings/webhooks/{}", endpoint["id"].as_str().unwrap());
    let invitation = json!({ "email": "planted@example.com", "role": "member" });
    owner.post("/api/v1/tenant/invitations", &invitation).await.expect(201);
    let admin_id = admin.get("/api/v1/auth/me").await.expect(200)["userId"].as_str().unwrap().to_owned();
    for path in REFUSED {
        member.get(path).await.refused(403, "admin_required");
    }

    let filled = |route: String| match route.as_str() {
        "/usage/{feature}" => "/usage/ai_tokens".to_owned(),
        "/settings/webhooks/{id}" => endpoint.clone(),
        _ => route.replace(['{', '}'], ""),
    };
    let routes = app::Page::all().map(|page| filled(page.path().to_owned()));
    let pages: Vec<_> = routes
        .chain([
            "/checkout?plan=scale".to_owned(),
            format!("/settings/team?remove={admin_id}"),
            format!("/settings/keys?revoke={key}"),
        ])
        .collect();
    let planted = [
        "Planted key",
        "planted_secret",
        "planted-hook",
        "planted@example.com",
        admin.email.as_str(),
        owner.email.as_str(),
        admin_id.as_str(),
    ];
    let mut seen_by_owner = String::new();
    for page in &pages {
        let shown = member.get(page).await;
        for secret in planted {
            // The path of the page is known to the member who typed it.
            let text = shown.text.replace(page.as_str(), "");
            assert!(!text.contains(secret), "{page} shows a member {secret}: {}", shown.text);
        }
        seen_by_owner.push_str(&owner.get(page).await.text);
    }
    for secret in planted {
        assert!(seen_by_owner.contains(secret), "no page shows {secret} to an owner either");
    }
    let team = member.get("/settings/team").await.text;
    assert!(team.contains("3 people") && team.contains(&member.email), "{team}");
}

#[rstest]
#[tokio::test]
async fn an_account_verifies_its_address_by_link_and_then_invites_and_creates_keys(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let ada = app.visitor();
    let email = "ada@example.com";
    let sign_up = json!({ "email": email, "password": crate::harness::PASSWORD });
    ada.post("/api/v1/auth/signup", &sign_up).await.expect(201);
    let invite = json!({ "email": "friend@example.com", "role": "member" });
    let key = json!({ "name": "x", "scopes": ["read"] });
    for (path, body) in [
        ("/api/v1/tenant/members", &invite),
        ("/api/v1/tenant/invitations", &invite),
        ("/api/v1/tenant/api-keys", &key),
    ] {
        let body = ada.post(path, body).await.refused(403, "address_not_proven");
        assert!(body["message"].as_str().unwrap().contains("Open the link"), "{body}");
    }
    let operator = app.command(&["operator", "add", "--email", email]).await;
    assert!(!operator.status.success() && String::from_utf8_lossy(&operator.stderr).contains("not verified"));
    for page in ["/settings/team", "/settings/keys"] {
        let html = ada.get(page).await.text;
        assert!(html.contains("server prove-address") && !html.contains("/rpc/invite"), "{html}");
        assert!(!html.contains("/rpc/make-key"), "{html}");
    }
    // An unverified account may view and pay.
    assert_eq!(ada.get("/membership").await.status, 200);
    ada.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await.expect(200);

    let link = app.command(&["prove-address", "--email", email]).await;
    let link = String::from_utf8(link.stdout).unwrap();
    let page = link.trim().strip_prefix("http://dues.test").unwrap();
    // Opening the link verifies nothing, nor does its form from another account.
    assert!(ada.get(page).await.text.contains("/rpc/prove-address"));
    assert!(app.visitor().get(page).await.text.contains("/login?next="));
    let token = page.rsplit('/').next().unwrap();
    let eve = app.owner().await;
    assert!(eve.get(page).await.text.contains("Sign out and sign in again"));
    assert!(eve.submit("/rpc/prove-address", &[("token", token)]).await.leads_to().contains("code=other_address"));
    assert_eq!(
        app.visitor().submit("/rpc/prove-address", &[("token", token)]).await.leads_to().split('?').next(),
        Some("/login")
    );
    ada.post("/api/v1/tenant/api-keys", &key).await.refused(403, "address_not_proven");

    let answer = ada.submit("/rpc/prove-address", &[("token", token)]).await;
    assert_eq!(answer.leads_to(), "/membership?code=address_proven");
    assert!(ada.get(answer.leads_to()).await.text.contains("Address confirmed"));
    ada.post("/api/v1/tenant/members", &invite).await.expect(201);
    ada.post("/api/v1/tenant/api-keys", &key).await.expect(201);
    assert_eq!(ada.get(page).await.status, 404, "it works once");
    let operator = app.command(&["operator", "add", "--email", email]).await;
    let output = String::from_utf8(operator.stdout).unwrap();
    assert!(operator.status.success() && output.contains("account ") && output.contains(", made 20"), "{output}");
}
