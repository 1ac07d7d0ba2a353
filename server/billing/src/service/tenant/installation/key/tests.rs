use std::time::{Duration, Instant};

use rstest::rstest;

use super::*;
use crate::{
    service::{
        Services,
        base::{
            permission::{AuthenticatedKey, KeyKind},
            test_env::{HERE, NOW, TestEnv},
        },
        tenant::audit::AuditFilter,
    },
    store::testing::Engine,
};
use domain::tenant::scope::Scope;

const BY: InstallationAuthority<'static> = InstallationAuthority::CommandLine;

fn request(scopes: &[InstallationScope], expires_at: Option<Timestamp>) -> NewInstallationKey {
    NewInstallationKey { name: "back end".to_owned(), scopes: scopes.to_vec(), expires_at, sources: Vec::new() }
}

async fn is_accepted(services: &Services, key: &str) -> bool {
    services.api_keys().authenticate_key(key, HERE).await.unwrap().is_some()
}

#[rstest]
#[tokio::test]
async fn a_key_opens_in_a_tenant_what_its_scopes_say(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let keys = env.services.installation_keys();
    let made = keys.create(BY, request(&InstallationScope::ALL, None)).await.unwrap();
    let Some(AuthenticatedKey::Installation(holder)) =
        env.services.api_keys().authenticate_key(&made.key, HERE).await.unwrap()
    else {
        panic!("the key is unknown");
    };
    assert_eq!(*holder.principal.scopes, InstallationScope::ALL);
    let in_tenant = holder.in_tenant("acme".parse().unwrap());
    assert_eq!((&*in_tenant.key, in_tenant.kind), (made.id.as_str(), KeyKind::Installation));
    assert_eq!(*in_tenant.scopes, [Scope::Read, Scope::Usage, Scope::Billing], "never secrets");

    env.services.api_keys().write_key_uses().await.unwrap();
    let listed = keys.list().await.unwrap();
    let secret = made.key.rsplit('_').next().unwrap();
    assert!(!format!("{listed:?}").contains(secret));
    assert_eq!((listed.len(), listed[0].last_used_at), (1, Some(NOW)));
    let log = env.services.tenants().audit(&TenantId::installation(), &AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!((log.entries[0].action.as_str(), &log.entries[0].target), ("installation_key.made", &made.id));
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_fails_at_once_here_and_within_a_second_elsewhere(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let neighbour = env.another_node().await;
    let keys = env.services.installation_keys();
    let made = keys.create(BY, request(&[InstallationScope::Read], None)).await.unwrap();
    let other = keys.create(BY, request(&[InstallationScope::Read], None)).await.unwrap();
    for node in [&env.services, &neighbour] {
        assert!(is_accepted(node, &made.key).await);
    }
    keys.revoke(BY, &made.id).await.unwrap();
    assert!(!is_accepted(&env.services, &made.key).await);
    let begun = Instant::now();
    while is_accepted(&neighbour, &made.key).await {
        assert!(begun.elapsed() < Duration::from_secs(1), "still accepted elsewhere");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_accepted(&neighbour, &other.key).await);
    keys.revoke(BY, &made.id).await.unwrap();
    assert!(matches!(keys.revoke(BY, "0011223344556677").await, Err(ServiceError::NotFound(_))));
    assert_eq!(keys.list().await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_key_expires_to_the_second(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let end = NOW.plus_secs(60);
    let keys = env.services.installation_keys();
    let made = keys.create(BY, request(&[InstallationScope::Usage], Some(end))).await.unwrap();
    env.clock.advance(59);
    assert!(is_accepted(&env.services, &made.key).await);
    env.clock.advance(1);
    assert!(!is_accepted(&env.services, &made.key).await);
    assert!(keys.list().await.unwrap()[0].is_expired);
}

#[rstest]
#[tokio::test]
async fn the_installation_has_no_workspace_keys(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use crate::{
        identity::factors::Confirmed,
        service::tenant::key::{KeyAuthority, NewApiKey},
    };
    let env = TestEnv::new(engine).await;
    let installation = TenantId::installation();
    let asked = NewApiKey { name: "x".to_owned(), scopes: vec![Scope::Read], expires_at: None, sources: Vec::new() };
    let by = KeyAuthority::Operator(&installation);
    let refused = env.services.api_keys().create_key(by, &Confirmed::not_asked(), asked).await;
    assert!(matches!(refused, Err(ServiceError::TenantNotFound)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn mistakes_are_named(#[values(Engine::Sqlite)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let asked = NewInstallationKey { name: " ".to_owned(), ..request(&[], Some(NOW)) };
    let Err(ServiceError::Validation { fields, .. }) = env.services.installation_keys().create(BY, asked).await else {
        panic!("accepted");
    };
    assert_eq!(fields.keys().copied().collect::<Vec<_>>(), ["expiresAt", "name", "scopes"]);
}
