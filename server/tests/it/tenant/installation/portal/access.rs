//! Every page and every form, for the admin and the member of a portal session.

use std::collections::BTreeSet;

use leptos::server_fn::axum::server_fn_paths;
use rstest::rstest;
use serde_json::json;

use super::{LINKS, NOT_IN_PORTAL, Product, WAY_BACK, assert_portal_form, assert_portal_page, drawn_for};
use crate::harness::Engine;

/// What a portal session gets at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// The page of the workspace.
    Open,
    /// The page says that it needs an account.
    NeedsAccount,
    /// The page responds with 404.
    Unknown,
    /// Open to every visitor, or a redirect.
    Anyone,
}

/// Returns the path with values for its parameters, and what a portal session gets there. A new page needs a row.
fn page(route: &str) -> (&str, Page) {
    match route {
        "/membership"
        | "/membership/cancel"
        | "/membership/invoices"
        | "/membership/seats"
        | "/membership/enterprise"
        | "/usage"
        | "/settings/team"
        | "/settings/billing"
        | "/settings/billing/activity"
        | "/form-refused" => (route, Page::Open),
        "/membership/membership-paid" => ("/membership/membership-paid?checkout=success", Page::Open),
        "/checkout" => ("/checkout?plan=scale&cycle=yearly", Page::Open),
        "/usage/{feature}" => ("/usage/ai_tokens", Page::Open),
        "/settings/account"
        | "/settings/customers"
        | "/settings/customers/products"
        | "/settings/customers/subscriptions"
        | "/settings/audit"
        | "/settings/workspace"
        | "/settings/webhooks"
        | "/settings/keys"
        | "/settings/secrets"
        | "/confirm" => (route, Page::NeedsAccount),
        "/settings/webhooks/{id}" => ("/settings/webhooks/x", Page::NeedsAccount),
        "/account/address/{token}" => ("/account/address/x", Page::NeedsAccount),
        "/operator/imports/{id}" => ("/operator/imports/x", Page::Unknown),
        "/operator/tenants/{id}" => ("/operator/tenants/x", Page::Unknown),
        "/operator/webhooks/{id}" => ("/operator/webhooks/x", Page::Unknown),
        "/portal/{token}" => ("/portal/x", Page::Unknown),
        "/unsubscribe/{token}" => ("/unsubscribe/x", Page::Unknown),
        "/login/oidc/{id}" => ("/login/oidc/x", Page::Unknown),
        "/login/oidc/{id}/callback" => ("/login/oidc/x/callback", Page::Unknown),
        // This page does not exist without the setting `PUBLIC_PLANS`.
        "/pricing" => (route, Page::Unknown),
        // Without an order it leads to the membership page.
        "/membership/provider" => (route, Page::Anyone),
        "/" | "/login" | "/login/code" | "/signup" | "/password/forgot" | "/docs" | "/docs/search" | "/docs/api" => {
            (route, Page::Anyone)
        }
        "/docs/api/{tag}" => ("/docs/api/billing", Page::Anyone),
        "/docs/{page}" => ("/docs/concepts", Page::Anyone),
        "/invitations/{token}" => ("/invitations/x", Page::Anyone),
        "/account/prove/{token}" => ("/account/prove/x", Page::Anyone),
        "/password/{token}" => ("/password/x", Page::Anyone),
        _ if route.starts_with("/operator") => (route, Page::Unknown),
        _ => panic!("{route} needs a row in installation/portal/access.rs"),
    }
}

/// The forms that only a portal session of an admin may send.
const ADMINS_FORMS: [&str; 4] = ["change-role", "remove-member", "set-limit", "withdraw-invitation"];
/// The forms that a portal session of an admin or of the role billing may send.
const BILLERS_FORMS: [&str; 7] =
    ["cancel-subscription", "change-seats", "checkout", "portal", "resume-subscription", "sync", "try-again"];
/// The forms that every portal session may send.
const EVERYONES_FORMS: [&str; 9] = [
    "enterprise-signup",
    "forgot-password",
    "join",
    "language",
    "login",
    "login-code",
    "set-password",
    "signup",
    "theme",
];
/// The forms that a portal session of an admin may send if its link's `allow` lists the permission.
const ALLOWED_FORMS: [(&str, &str); 4] =
    [("make-key", "keys"), ("revoke-key", "keys"), ("set-secret", "secrets"), ("delete-secret", "secrets")];

#[rstest]
#[tokio::test]
async fn every_page_is_in_its_portal_form_or_closed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("admin", "billing", "member")] role: &str,
) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "role": role })).await;
    for route in app::Page::all() {
        let (path, expected) = page(route.path());
        let shown = session.get(path).await;
        match expected {
            Page::Open => assert_portal_page(&shown, "Acme"),
            Page::NeedsAccount => {
                assert_eq!(shown.status, 403, "{path}: {shown:#?}");
                assert_portal_form(&shown);
            }
            Page::Unknown => {
                assert_eq!(shown.status, 404, "{path}: {shown:#?}");
                assert_portal_form(&shown);
            }
            Page::Anyone if shown.status == 303 => {}
            Page::Anyone => assert_portal_form(&shown),
        }
    }
    let checkout = session.get("/checkout?plan=scale&cycle=yearly").await.text;
    assert_eq!(checkout.contains("/rpc/checkout?"), role != "member", "{checkout}");
    assert!(checkout.contains("Scale"), "{checkout}");
    let team = session.get("/settings/team").await.text;
    assert_eq!(team.contains(&product.owner.email), role == "admin", "{team}");
    for closed in ["/rpc/invite", "/rpc/leave", "takeOverKeys", "/settings/keys", "/settings/audit"] {
        assert!(!team.contains(closed), "{closed} in {team}");
    }
}

#[rstest]
#[tokio::test]
async fn every_form_acts_for_the_role_or_is_closed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("admin", "billing", "member")] role: &str,
) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "role": role })).await;
    let carried = drawn_for(&session).await;
    assert!(carried.contains("user=portal-"), "{carried}");
    let member = product.app.absent_member_id(&product.owner).await.to_string();
    let fields = [
        ("plan", "scale"),
        ("cycle", "monthly"),
        ("door", "home"),
        ("member", &*member),
        ("role", "member"),
        ("id", "x"),
        ("job", "x"),
    ];
    let all: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.trim_start_matches("/rpc/")).collect();
    let open: BTreeSet<_> = ADMINS_FORMS.into_iter().chain(BILLERS_FORMS).chain(EVERYONES_FORMS).collect();
    assert!(open.is_subset(&all), "{open:?}");

    product.app.stripe.drop_webhooks().await;
    let before = product.app.tenant_rows(&product.owner).await;
    for form in all.difference(&open) {
        let answer = session.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
        assert_eq!(answer.leads_to(), NOT_IN_PORTAL, "{form}");
    }
    let (allowed, refused) = match role {
        "admin" => ([&ADMINS_FORMS[..], &BILLERS_FORMS[..]].concat(), Vec::new()),
        "billing" => (BILLERS_FORMS.to_vec(), ADMINS_FORMS.to_vec()),
        _ => (Vec::new(), [&ADMINS_FORMS[..], &BILLERS_FORMS[..]].concat()),
    };
    for form in refused {
        let answer = session.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
        assert!(answer.leads_to().contains("code=admin_required"), "{form}: {answer:#?}");
    }
    assert_eq!(product.app.tenant_rows(&product.owner).await, before, "a closed form has changed something");
    let notice = session.get(NOT_IN_PORTAL).await.text;
    assert!(notice.contains("You need an account for this"), "{notice}");
    for form in EVERYONES_FORMS {
        let answer = session.submit_to(&format!("/rpc/{form}{carried}"), &[]).await;
        assert_ne!(answer.leads_to(), NOT_IN_PORTAL, "{form}");
    }
    for form in allowed {
        let answer = session.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
        let to = answer.leads_to();
        assert!(to != NOT_IN_PORTAL && !to.contains("admin_required"), "{form}: {answer:#?}");
    }
    if role == "admin" {
        let members = product.owner.get("/api/v1/tenant/members").await.expect(200);
        assert!(!members.to_string().contains(&member), "{members}");
        let log = product.owner.get("/api/v1/tenant/audit").await.expect(200).to_string();
        assert!(log.contains("portal_user") && log.contains("user 42"), "{log}");
    }
}

#[rstest]
#[tokio::test]
async fn no_route_of_the_api_takes_a_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "allow": ["keys", "secrets"] })).await;
    for path in [
        "/api/v1/auth/me",
        "/api/v1/billing/subscription",
        "/api/v1/entitlements",
        "/api/v1/tenant/api-keys",
        "/api/v1/tenant/audit",
        "/billing/plans",
        "/tenant/secrets",
    ] {
        session.get(path).await.refused(401, "unauthenticated");
    }
    for path in
        ["/api/v1/billing/checkout", "/api/v1/billing/portal", "/api/v1/tenant/api-keys", "/tenant/secrets", LINKS]
    {
        session.post(path, &json!({})).await.refused(401, "unauthenticated");
    }
}

#[rstest]
#[tokio::test]
async fn a_session_downloads_the_usage_that_its_page_shows(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "role": "member" })).await;
    let page = session.get("/usage/ai_tokens").await.text;
    assert!(page.contains("/usage/history.csv?feature=ai_tokens") && !page.contains("/api/v1/usage/history"), "{page}");
    let table = session.get("/usage/history.csv?feature=ai_tokens").await;
    assert_eq!((table.status, table.text.lines().count()), (200, 31));
}

#[rstest]
#[tokio::test]
async fn a_form_of_another_session_does_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let (one, other) = (product.visit(&json!({})).await, product.visit(&json!({})).await);
    let own = product.owner.drawn_for().await;
    for carried in [drawn_for(&other).await, own, String::new()] {
        let answer = one.submit_to(&format!("/rpc/cancel-subscription{carried}"), &[]).await;
        assert!(answer.leads_to().starts_with("/form-refused"), "{carried}: {answer:#?}");
        let page = one.get(answer.leads_to()).await;
        assert!(page.text.contains("Nothing was changed") && page.text.contains(WAY_BACK), "{}", page.text);
    }
    let carried = drawn_for(&one).await;
    let refused = product.owner.submit_to(&format!("/rpc/cancel-subscription{carried}"), &[]).await;
    assert!(refused.leads_to().starts_with("/form-refused"), "{refused:#?}");
}

#[rstest]
#[tokio::test]
async fn keys_and_secrets_open_to_an_admin_whose_link_allows_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    let forms = [
        ("make-key", vec![("name", "Nightly"), ("scopes[0]", "read")], "/settings/keys"),
        ("set-secret", vec![("key", "smtp_password"), ("value", "hush")], "/settings/secrets"),
    ];
    for (allow, role) in [("keys", "admin"), ("secrets", "admin"), ("keys", "member"), ("secrets", "member")] {
        let session = product.visit(&json!({ "role": role, "allow": [allow] })).await;
        let carried = drawn_for(&session).await;
        for (form, fields, page) in &forms {
            let is_open = role == "admin" && ALLOWED_FORMS.contains(&(*form, allow));
            assert_eq!(session.get(page).await.status, if is_open { 200 } else { 403 }, "{allow} {role} {page}");
            let answer = session.submit_to(&format!("/rpc/{form}{carried}"), fields).await;
            assert_eq!(answer.leads_to() == NOT_IN_PORTAL, !is_open, "{allow} {role} {form}: {answer:#?}");
        }
        if (allow, role) == ("keys", "admin") {
            let shown = session.get("/settings/keys").await.text;
            assert!(shown.contains("dues_") && shown.contains("Nightly"), "{shown}");
            let meter = [("name", "Meter"), ("scopes[0]", "usage")];
            let refused = session.submit_to(&format!("/rpc/make-key{carried}"), &meter).await;
            assert!(refused.leads_to().contains("code=scope_required"), "{refused:#?}");
        }
    }
    let keys = product.owner.get("/api/v1/tenant/api-keys").await.expect(200);
    assert_eq!(keys["items"].as_array().unwrap().len(), 1, "{keys}");
    let secrets = product.owner.get("/tenant/secrets").await.expect(200).to_string();
    assert!(secrets.contains("smtp_password"), "{secrets}");
}

#[rstest]
#[tokio::test]
async fn the_product_chooses_the_language_of_a_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "locale": "de-AT" })).await;
    let page = session.get("/membership").await.text;
    assert!(page.contains("<html lang=\"de\""), "{page}");
    // A choice at the foot of a page takes precedence.
    session.submit_to(&format!("/rpc/language{}", drawn_for(&session).await), &[("language", "en")]).await;
    assert!(session.get("/membership").await.text.contains("<html lang=\"en\""));
    let plain = product.visit(&json!({})).await;
    assert!(plain.get("/membership").await.text.contains("<html lang=\"en\""));
}
