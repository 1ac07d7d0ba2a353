//! Portal links and sessions on both engines: a link opens once; a session ends, and allows only what its link allows.

use futures::future::join_all;
use rstest::rstest;

use super::*;
use crate::{
    service::{
        Services,
        base::test_env::{TestEnv, token},
    },
    store::testing::Engine,
};

const HOUR: i64 = 3600;

fn by() -> AuditActor {
    AuditActor::InstallationKey("0a1b".to_owned())
}

fn wanted() -> NewPortalLink {
    NewPortalLink {
        user: "user:42 é".parse().unwrap(),
        email: None,
        name: Some("Ada".to_owned()),
        role: PortalRole::Admin,
        return_url: "https://dues.test/back".to_owned(),
        return_label: Some("Shop".to_owned()),
        page: None,
        plan: None,
        cycle: None,
        allow: Vec::new(),
        expires_in_secs: None,
        locale: None,
    }
}

async fn tenant(env: &TestEnv) -> TenantId {
    env.owner("pro", "ada@portal.test").await.current_membership.tenant_id
}

async fn link(env: &TestEnv, tenant: &TenantId) -> String {
    let made = env.services.portal().create_link(tenant, by(), wanted()).await.unwrap();
    token(&made.url).to_owned()
}

async fn session(env: &TestEnv, tenant: &TenantId, account_session: Option<&str>) -> String {
    match env.services.portal().open_link(&link(env, tenant).await, account_session).await.unwrap() {
        PortalOpening::Started { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

async fn access(services: &Services, session: &str, account_session: Option<&str>) -> PortalAccess {
    services.portal().access(session, account_session, PortalActivity::Request).await.unwrap()
}

async fn is_live(services: &Services, session: &str) -> bool {
    matches!(access(services, session, None).await, PortalAccess::Live(_))
}

#[rstest]
#[tokio::test]
async fn a_link_opens_once_on_any_node(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    let (link, other) = (link(&env, &tenant).await, env.another_node().await);
    let nodes = [&env.services, &other, &env.services, &other];
    let opened = join_all(nodes.map(|node| node.portal().open_link(&link, None))).await;
    let sessions: Vec<_> = opened
        .into_iter()
        .filter_map(|opened| match opened.unwrap() {
            PortalOpening::Started { token, start_path } => {
                assert_eq!(start_path, "/membership");
                Some(token)
            }
            PortalOpening::Used(back) => {
                assert_eq!(back.product(), Some("Shop"));
                None
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let [session] = sessions.as_slice() else { panic!("{} sessions", sessions.len()) };
    for node in [&env.services, &other] {
        let PortalAccess::Live(viewer) = access(node, session, None).await else { panic!("it is not live") };
        assert_eq!(viewer.viewer().current_membership.tenant_id, tenant);
        assert_eq!(viewer.viewer().current_membership.plan.as_str(), "pro");
        assert_eq!((viewer.user().as_str(), viewer.viewer().user_id()), ("user:42 é", None));
        assert!(!viewer.may(PortalPermission::Keys) && viewer.grant(PortalPermission::Secrets).is_none());
    }
    let stored = env.dump("SELECT link_hash || COALESCE(session_hash, '') FROM portal_sessions").await;
    assert!(!stored.contains(&link) && !stored.contains(session), "only hashes are stored: {stored}");
    let log = env.dump("SELECT actor_kind || ' ' || actor_id || ' ' || action FROM audit_log WHERE action LIKE 'portal%' ORDER BY at, entry_id").await;
    assert_eq!(log, "installation_key 0a1b portal_link.made\nportal_user user:42 é portal_session.begun\n");
}

#[rstest]
#[tokio::test]
async fn a_link_and_a_session_end(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    let portal = env.services.portal();
    let expired = link(&env, &tenant).await;
    env.clock.advance(LINK_SECS);
    assert!(matches!(portal.open_link(&expired, None).await.unwrap(), PortalOpening::Over(_)));
    for unknown in ["", "x", &"0".repeat(64)] {
        assert_eq!(portal.open_link(unknown, None).await.unwrap(), PortalOpening::Unknown);
        assert_eq!(access(&env.services, unknown, None).await, PortalAccess::Unknown);
    }

    let idle = session(&env, &tenant, None).await;
    env.clock.advance(HOUR - 1);
    assert!(is_live(&env.services, &idle).await);
    env.clock.advance(HOUR - 1);
    let open_page = portal.access(&idle, None, PortalActivity::OpenPage).await.unwrap();
    assert!(matches!(open_page, PortalAccess::Live(_)));
    env.clock.advance(1);
    assert!(!is_live(&env.services, &idle).await, "an open page is no activity");

    let long = session(&env, &tenant, None).await;
    for _ in 0..15 {
        env.clock.advance(HOUR / 2);
        assert!(is_live(&env.services, &long).await);
    }
    env.clock.advance(HOUR / 2);
    assert!(!is_live(&env.services, &long).await, "it ends after eight hours");

    let (unopened, revoked) = (link(&env, &tenant).await, session(&env, &tenant, None).await);
    let user = "user:42 é".parse().unwrap();
    for _ in 0..2 {
        portal.end_sessions_of(&tenant, by(), &user).await.unwrap();
    }
    assert!(!is_live(&env.another_node().await, &revoked).await);
    assert!(matches!(portal.open_link(&unopened, None).await.unwrap(), PortalOpening::Over(_)));

    let (unopened, deleted) = (link(&env, &tenant).await, session(&env, &tenant, None).await);
    env.run("UPDATE tenants SET deleted_at = 1 WHERE tenant_id <> 'installation'").await;
    assert!(!is_live(&env.services, &deleted).await);
    assert!(matches!(portal.open_link(&unopened, None).await.unwrap(), PortalOpening::Over(_)));
}

#[rstest]
#[tokio::test]
async fn a_sign_in_ends_the_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    for before in [None, Some("before")] {
        let session = session(&env, &tenant, before).await;
        for signed_in in [before, None] {
            assert!(matches!(access(&env.services, &session, signed_in).await, PortalAccess::Live(_)));
        }
        assert!(matches!(access(&env.services, &session, Some("after")).await, PortalAccess::Over(_)));
        assert!(!is_live(&env.services, &session).await, "it does not come back after a sign-out");
    }
}

#[rstest]
#[case("user.name", NewPortalLink { name: Some(String::new()), ..wanted() })]
#[case("returnLabel", NewPortalLink { return_label: Some("x".repeat(81)), ..wanted() })]
#[case("returnLabel", NewPortalLink { return_label: Some("a\u{202e}b".to_owned()), ..wanted() })]
#[case("returnUrl", NewPortalLink { return_url: "https://evil.test/".to_owned(), ..wanted() })]
#[case("returnUrl", NewPortalLink { return_url: "https://dues.test@evil.test/".to_owned(), ..wanted() })]
#[case("returnUrl", NewPortalLink { return_url: "javascript:alert(1)".to_owned(), ..wanted() })]
#[case("locale", NewPortalLink { locale: Some("tlh".to_owned()), ..wanted() })]
#[case("locale", NewPortalLink { locale: Some("de, en".to_owned()), ..wanted() })]
#[case("expiresInSecs", NewPortalLink { expires_in_secs: Some(9), ..wanted() })]
#[case("expiresInSecs", NewPortalLink { expires_in_secs: Some(3601), ..wanted() })]
#[case("plan", NewPortalLink { page: Some(PortalPage::Checkout), ..wanted() })]
#[case("plan", NewPortalLink { page: Some(PortalPage::Usage), plan: Some("pro".to_owned()), ..wanted() })]
#[case("plan", NewPortalLink { plan: Some("tea".to_owned()), ..wanted() })]
#[case("plan", NewPortalLink { plan: Some("free".to_owned()), ..wanted() })]
#[case("cycle", NewPortalLink { cycle: Some(Cycle::Yearly), ..wanted() })]
#[tokio::test]
async fn a_wrong_field_is_named(#[case] field: &str, #[case] link: NewPortalLink) {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    match env.services.portal().create_link(&tenant, by(), link).await {
        Err(ServiceError::Validation { fields, .. }) => assert!(fields.contains_key(field), "{fields:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(env.dump("SELECT link_hash FROM portal_sessions").await, "");
}

#[test]
fn each_page_begins_on_its_path() {
    let paths = PortalPage::ALL.map(|page| start_path(page, Some("pro"), Some(Cycle::Yearly)));
    let expected =
        ["/membership", "/usage", "/membership/invoices", "/settings/team", "/checkout?plan=pro&cycle=yearly"];
    assert_eq!(paths, expected);
}
