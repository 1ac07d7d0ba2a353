//! Making, opening and ending links.

use std::time::Duration;

use domain::{tenant::installation_scope::InstallationScope, time::Timestamp};
use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{BACK, COOKIE, LINKS, Product, SESSIONS, WAY_BACK, assert_portal_form, assert_portal_page};
use crate::harness::{APP_URL, Engine, EventStream, PASSWORD, TestApp, eventually, now_secs};

const LIVE: &str = "/live/usage";
const ROOMS: &str = "/api/v1/billing/features/websocket_rooms/consume";
const SOON: Duration = Duration::from_secs(20);

#[rstest]
#[tokio::test]
async fn a_link_starts_one_session_on_any_node(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let node = product.app.start_node().await;
    let link = product.link(&json!({})).await;
    assert!(link.starts_with(&format!("{APP_URL}/portal/")), "{link}");
    for _ in 0..2 {
        let visitor = product.app.visitor();
        let asked = visitor.send(visitor.request(Method::HEAD, &link)).await;
        assert!(asked.status < 300 && asked.header("set-cookie").is_none(), "HEAD uses nothing up: {asked:#?}");
    }
    let browsers: Vec<_> = (0..6)
        .map(|number| {
            let visitor = product.app.visitor();
            if number % 2 == 0 { visitor } else { visitor.with_address(node.address) }
        })
        .collect();
    let opened = join_all(browsers.iter().map(|browser| browser.get(&link))).await;
    let mut sessions = Vec::new();
    for (browser, answer) in browsers.iter().zip(&opened) {
        if answer.status == 303 {
            assert_eq!(answer.leads_to(), "/membership");
            sessions.push(browser);
        } else {
            assert_eq!(answer.status, 410, "{answer:#?}");
            assert!(answer.text.contains("already used") && answer.text.contains(WAY_BACK), "{}", answer.text);
            assert!(browser.cookie(COOKIE).is_none());
        }
    }
    let [session] = sessions.as_slice() else { panic!("{} sessions", sessions.len()) };
    for address in [product.app.server.address, node.address] {
        assert_portal_page(&session.with_address(address).get("/membership").await, "Acme");
    }
    let again = session.get(&link).await;
    assert_eq!(again.status, 410);
    assert_portal_form(&again);
}

#[rstest]
#[tokio::test]
async fn a_link_that_is_over_says_so(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let (revoked, visitor) = (product.link(&json!({})).await, product.app.visitor());
    let session = product.visit(&json!({})).await;
    for _ in 0..2 {
        assert_eq!(product.end_sessions().await.status, 204);
    }
    let expired = product.link(&json!({})).await;
    product.app.expire_portal_sessions().await;
    for link in [&revoked, &expired] {
        let page = visitor.get(link).await;
        assert_eq!(page.status, 410, "{page:#?}");
        assert!(page.text.contains("no longer works") && page.text.contains(WAY_BACK), "{}", page.text);
    }
    let ended = session.get("/usage").await;
    assert_eq!(ended.status, 410, "{ended:#?}");
    assert!(ended.text.contains("Your session has ended") && ended.text.contains(WAY_BACK), "{}", ended.text);
    let unknown = visitor.get(&format!("/portal/{}", "0".repeat(64))).await;
    assert_eq!(unknown.status, 404);
    assert!(!unknown.text.contains(WAY_BACK), "{}", unknown.text);
}

#[rstest]
#[tokio::test]
async fn a_session_speaks_beside_an_account_until_a_sign_in(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    let other = product.app.owner_granted("free").await;
    let opened = other.get(&product.link(&json!({ "page": "usage" })).await).await;
    assert_eq!(opened.leads_to(), "/usage");
    assert_portal_page(&other.get("/usage").await, "Acme");
    assert!(!other.get("/membership").await.text.contains("Granted"));
    let me = other.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["tenantId"], json!(other.tenant), "the API is for the account");

    let form = [("email", product.owner.email.as_str()), ("password", PASSWORD)];
    assert_eq!(other.submit_to("/rpc/login", &form).await.leads_to(), "/membership");
    let page = other.get("/membership").await;
    assert!(page.text.contains("/rpc/logout") && !page.text.contains(WAY_BACK), "{}", page.text);
    other.submit("/rpc/logout", &[]).await;
    assert_eq!(other.get("/membership").await.status, 410, "a sign-out does not bring it back");
}

#[rstest]
#[tokio::test]
async fn a_deleted_workspace_ends_its_sessions(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let (link, session) = (product.link(&json!({})).await, product.visit(&json!({})).await);
    product.app.mark_deleted(&product.owner).await;
    let opened = product.app.visitor().get(&link).await;
    for page in [opened, session.get("/membership").await] {
        assert!(page.status == 410 && page.text.contains(WAY_BACK), "{page:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn an_erased_workspace_leaves_no_link_and_no_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("ALLOWED_REDIRECT_ORIGINS", "https://shop.test").start().await;
    let owner = app.owner().await;
    let product = Product::of(app, owner).await;
    let (link, session) = (product.link(&json!({})).await, product.visit(&json!({})).await);
    let key = product.app.installation_key(&[InstallationScope::Tenants]).await.key;
    let visitor = product.app.visitor();
    let purge = format!("/api/v1/tenants/{}?purge=true", product.owner.tenant);
    assert_eq!(visitor.send(visitor.request(Method::DELETE, &purge).bearer_auth(&key)).await.status, 204);
    eventually("the link is erased", async || product.app.visitor().get(&link).await.status == 404).await;
    assert_eq!(session.get("/membership").await.leads_to(), "/login");
}

#[rstest]
#[tokio::test]
async fn a_link_leads_back_to_listed_addresses_only(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    for address in [
        "https://evil.test/",
        "https://shop.test.evil.test/",
        "https://shop.test@evil.test/",
        "https://user:password@shop.test/",
        "https://shop.test:8443/",
        "http://shop.test/",
        "//shop.test/",
        "/membership",
        "javascript:alert(1)",
        "",
    ] {
        product.ask(&product.key, &json!({ "returnUrl": address })).await.refused_field("returnUrl");
    }
    for address in [format!("{APP_URL}/membership"), "https://shop.test".to_owned()] {
        product.ask(&product.key, &json!({ "returnUrl": address })).await.expect(201);
    }
}

#[rstest]
#[tokio::test]
async fn a_link_waits_for_as_long_as_was_asked(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    for (secs, asked) in
        [(300, json!({})), (10, json!({ "expiresInSecs": 10 })), (3600, json!({ "expiresInSecs": 3600 }))]
    {
        let before = now_secs();
        let made = product.ask(&product.key, &asked).await.expect(201);
        let ends_at = Timestamp::parse_rfc3339(made["expiresAt"].as_str().unwrap()).unwrap().as_secs();
        assert!((before + secs..=now_secs() + secs).contains(&ends_at), "{secs}: {made}");
    }
    for secs in [json!(9), json!(3601), json!(-60), json!(60.5), json!("60")] {
        let refused = product.ask(&product.key, &json!({ "expiresInSecs": secs })).await;
        let body = refused.refused_field("expiresInSecs");
        assert!(body["fields"]["expiresInSecs"].as_str().unwrap().contains("10 to 3600"), "{body}");
    }
}

#[rstest]
#[tokio::test]
async fn a_link_begins_on_the_review_of_its_plan(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let browser = product.app.visitor();
    let link = product.link(&json!({ "plan": "scale", "cycle": "annual" })).await;
    assert_eq!(browser.get(&link).await.leads_to(), "/checkout?plan=scale&cycle=yearly");
}

#[rstest]
#[tokio::test]
async fn links_and_sessions_are_of_the_one_workspace_that_a_header_names(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    product.app.set_external_id(&product.owner, "org-1").await;
    let (visitor, id) = (product.app.visitor(), product.owner.tenant.as_str());
    let (by_id, by_external_id) = ("x-tenant-id", "x-tenant-external-id");
    let body = json!({ "user": { "externalId": "user 42" }, "role": "member", "returnUrl": BACK });
    let end = format!("{SESSIONS}?user=user+42");
    let send = async |method: Method, headers: &[(&str, &str)]| {
        let path = if method == Method::POST { LINKS } else { end.as_str() };
        let request = visitor.request(method.clone(), path).bearer_auth(&product.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        visitor.send(if method == Method::POST { request.json(&body) } else { request }).await
    };
    for method in [Method::POST, Method::DELETE] {
        let both = [(by_id, id), (by_external_id, "org-1")];
        send(method.clone(), &both).await.refused_field("X-Tenant-External-ID");
        send(method.clone(), &[]).await.refused(400, "tenant_required");
        for unknown in [(by_external_id, "org-2"), (by_id, "0199c0de-0000-7000-8000-000000000000")] {
            send(method.clone(), &[unknown]).await.refused(404, "tenant_not_found");
        }
    }
    let session = product.visit(&json!({})).await;
    let named = [(by_external_id, "org-1")];
    let link = send(Method::POST, &named).await.expect(201)["url"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        assert_eq!(send(Method::DELETE, &named).await.status, 204);
    }
    assert_eq!(session.get("/membership").await.status, 410);
    assert_eq!(product.app.visitor().get(&link).await.status, 410);
}

#[rstest]
#[tokio::test]
async fn live_updates_reach_a_session_until_it_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = Product::start(engine).await;
    let session = product.visit(&json!({ "role": "member" })).await;
    let other = product.app.owner().await;
    session.get(&format!("{LIVE}?tenant={}", other.tenant)).await.refused(404, "tenant_not_found");
    let mut stream = EventStream::at(&session, &format!("{LIVE}?tenant={}", product.owner.tenant)).await;
    let service = product.app.service_of(&product.owner.tenant, "usage").await;
    service.post(ROOMS, &json!({ "amount": 3 })).await.expect(200);
    stream.wait_for("<b>3</b> of 10").await;
    assert_eq!(product.end_sessions().await.status, 204);
    service.post(ROOMS, &json!({ "amount": 4 })).await.expect(200);
    stream.ends_within(SOON).await;
    assert!(!stream.received.text.contains("<b>7</b> of 10"), "{}", stream.received.text);
    session.get(LIVE).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn only_an_installation_key_with_the_scope_makes_links(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    let others: Vec<_> =
        InstallationScope::ALL.into_iter().filter(|scope| *scope != InstallationScope::Portal).collect();
    let bare = product.app.installation_key(&others).await.key;
    product.ask(&bare, &json!({})).await.refused(403, "scope_required");
    let workspace = product.app.api_key(&product.owner.tenant, "read,usage,billing,secrets").await;
    product.ask(&workspace, &json!({})).await.refused(403, "installation_key_required");
    product.ask("nothing", &json!({})).await.refused(401, "unauthenticated");
    product.owner.post(LINKS, &json!({})).await.refused(403, "installation_key_required");
    let visitor = product.app.visitor();
    let unnamed = visitor.request(Method::DELETE, &format!("{SESSIONS}?user=x")).bearer_auth(&product.key);
    visitor.send(unnamed).await.refused(400, "tenant_required");
    let unnamed = visitor.request(Method::DELETE, SESSIONS).bearer_auth(&product.key);
    let unnamed = unnamed.header("x-tenant-id", product.owner.tenant.as_str());
    visitor.send(unnamed).await.refused_field("user");
}

#[rstest]
#[case("returnUrl", json!({ "returnUrl": "https://evil.test/" }))]
#[case("returnUrl", json!({ "returnUrl": "https://shop.test@evil.test/" }))]
#[case("returnUrl", json!({ "returnUrl": null }))]
#[case("role", json!({ "role": "owner" }))]
#[case("user", json!({ "user": "user 42" }))]
#[case("user.externalId", json!({ "user": {} }))]
#[case("user.externalId", json!({ "user": { "externalId": "a\nb" } }))]
#[case("user.email", json!({ "user": { "externalId": "x", "email": "no address" } }))]
#[case("page", json!({ "page": "keys" }))]
#[case("plan", json!({ "page": "checkout", "plan": "tea" }))]
#[case("cycle", json!({ "page": "checkout", "plan": "pro", "cycle": "weekly" }))]
#[case("allow", json!({ "allow": ["desk"] }))]
#[case("expiresInSecs", json!({ "expiresInSecs": 9 }))]
#[case("expiresInSecs", json!({ "expiresInSecs": 3601 }))]
#[tokio::test]
async fn a_wrong_field_is_named(#[case] field: &str, #[case] fields: Value) {
    let product = Product::start(Engine::Sqlite).await;
    product.ask(&product.key, &fields).await.refused_field(field);
}

#[rstest]
#[tokio::test]
async fn a_repeat_with_an_idempotency_key_makes_no_second_link(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    let visitor = product.app.visitor();
    let body = json!({ "user": { "externalId": "x" }, "role": "member", "returnUrl": BACK });
    let send = async || {
        let request = visitor.request(Method::POST, LINKS).bearer_auth(&product.key).header("idempotency-key", "k");
        visitor.send(request.header("x-tenant-id", product.owner.tenant.as_str()).json(&body)).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
}

#[rstest]
#[tokio::test]
async fn on_https_the_cookie_is_bound_to_the_host(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("APP_URL", "https://dues.test");
    let app = app.with("ALLOWED_REDIRECT_ORIGINS", "https://shop.test").start().await;
    let owner = app.owner_granted("pro").await;
    let product = Product::of(app, owner).await;
    let link = product.link(&json!({})).await;
    let browser = product.app.visitor();
    let opened = browser.get(link.strip_prefix("https://dues.test").unwrap()).await;
    let cookie = opened.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-dues_portal="), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=28800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_portal_page(&browser.get("/membership").await, "Granted");
}
