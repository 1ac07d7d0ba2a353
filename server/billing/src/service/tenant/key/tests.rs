use std::time::{Duration, Instant};

use rstest::rstest;

use super::*;
use crate::{
    service::{
        Services,
        base::test_env::{HERE, NOW, TestEnv},
        tenant::team::KeysOfMember,
    },
    store::{Store, testing::Engine},
};
use domain::account::Role;

const HOUR_SECS: i64 = 3600;

/// A tenant with its owner.
struct Desk {
    env: TestEnv,
    services: Services,
    owner: Viewer,
}

impl Desk {
    async fn open(engine: Engine) -> Self {
        let env = TestEnv::new(engine).await;
        let owner = env.owner("free", "owner@acme.test").await;
        Self { services: env.services.clone(), env, owner }
    }

    async fn make(&self, name: &str, expires_at: Option<Timestamp>) -> CreatedKey {
        let request = NewApiKey { name: name.to_owned(), scopes: vec![Scope::Read], expires_at, sources: Vec::new() };
        self.services
            .api_keys()
            .create_key(KeyAuthority::Person(&self.owner), &Confirmed::not_asked(), request)
            .await
            .unwrap()
    }

    async fn listed(&self) -> Vec<ListedKey> {
        self.services.api_keys().list_keys(&self.owner.current_membership.tenant_id).await.unwrap()
    }

    async fn last_use(&self) -> Option<Timestamp> {
        self.listed().await.into_iter().next().unwrap().last_used_at
    }

    async fn use_key(&self, key: &CreatedKey) {
        assert!(self.services.api_keys().authenticate_key(&key.key, HERE).await.unwrap().is_some());
    }
}

fn request(name: &str, scopes: &[Scope], expires_at: Option<Timestamp>) -> NewApiKey {
    NewApiKey { name: name.to_owned(), scopes: scopes.to_vec(), expires_at, sources: Vec::new() }
}

#[rstest]
#[tokio::test]
async fn a_key_is_listed_with_its_creator_and_without_its_secret(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::open(engine).await;
    let api_keys = desk.services.api_keys();
    let end = NOW.plus_secs(HOUR_SECS);
    let asked = request(" Gateway ", &[Scope::Billing, Scope::Read], Some(Timestamp::from_micros(end.as_micros() + 7)));
    let made = api_keys.create_key(KeyAuthority::Person(&desk.owner), &Confirmed::not_asked(), asked).await.unwrap();
    assert_eq!((made.name.as_str(), made.expires_at), ("Gateway", Some(end)), "trimmed, and cut to whole seconds");
    let Some(AuthenticatedKey::Workspace(holder)) = api_keys.authenticate_key(&made.key, HERE).await.unwrap() else {
        panic!("the key is unknown");
    };
    assert_eq!(holder.tenant, desk.owner.current_membership.tenant_id);
    assert_eq!(*holder.scopes, [Scope::Read, Scope::Billing]);
    let operators = KeyAuthority::Operator(&desk.owner.current_membership.tenant_id);
    desk.env.clock.advance(1);
    api_keys.create_key(operators, &Confirmed::not_asked(), request("Script", &[Scope::Billing], None)).await.unwrap();
    let listed = desk.listed().await;
    let seen: Vec<_> = listed.iter().map(|key| (key.name.as_str(), key.created_by.as_deref())).collect();
    assert_eq!(seen, [("Script", None), ("Gateway", Some("owner@acme.test"))], "the newest first");
    let secret = made.key.rsplit('_').next().unwrap();
    assert!(!format!("{listed:?}").contains(secret));
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_fails_at_once_here_and_within_a_second_elsewhere(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::open(engine).await;
    let neighbour = desk.env.another_node().await;
    let (key, other) = (desk.make("one", None).await, desk.make("other", None).await);
    assert!(neighbour.api_keys().authenticate_key(&key.key, HERE).await.unwrap().is_some());
    let by = KeyAuthority::Person(&desk.owner);
    desk.services.api_keys().revoke_key(by, &key.id).await.unwrap();
    assert_eq!(desk.services.api_keys().authenticate_key(&key.key, HERE).await.unwrap(), None);
    let begun = Instant::now();
    while neighbour.api_keys().authenticate_key(&key.key, HERE).await.unwrap().is_some() {
        assert!(begun.elapsed() < Duration::from_secs(1), "still accepted elsewhere");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(neighbour.api_keys().authenticate_key(&other.key, HERE).await.unwrap().is_some());
    assert_eq!(desk.listed().await.len(), 1);
    desk.services.api_keys().revoke_key(by, &key.id).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_key_expires_to_the_second_and_stays_listed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let desk = Desk::open(engine).await;
    let key = desk.make("brief", Some(NOW.plus_secs(HOUR_SECS))).await;
    desk.env.clock.advance(HOUR_SECS - 1);
    assert!(!desk.listed().await[0].is_expired);
    desk.use_key(&key).await;
    desk.env.clock.advance(1);
    assert_eq!(desk.services.api_keys().authenticate_key(&key.key, HERE).await.unwrap(), None);
    assert!(desk.listed().await[0].is_expired);
}

#[rstest]
#[tokio::test]
async fn neither_another_tenant_nor_a_member_can_revoke_a_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::open(engine).await;
    let key = desk.make("mine", None).await;
    let stranger = desk.env.owner("free", "owner@zenith.test").await;
    for id in [key.id.as_str(), "0123456789abcdef", "", "%", "\0", "'"] {
        let refused = desk.services.api_keys().revoke_key(KeyAuthority::Person(&stranger), id).await;
        assert!(matches!(refused, Err(ServiceError::NotFound(_))), "{id:?}: {refused:?}");
    }
    let mut member = desk.owner.clone();
    member.current_membership.role = Role::Member;
    let by = KeyAuthority::Person(&member);
    assert!(matches!(desk.services.api_keys().revoke_key(by, &key.id).await, Err(ServiceError::AdminRequired)));
    let refused =
        desk.services.api_keys().create_key(by, &Confirmed::not_asked(), request("theirs", &[Scope::Read], None)).await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)));
    desk.use_key(&key).await;
}

#[rstest]
#[case("", &[Scope::Read], None, &["name"])]
#[case("a\nb", &[], Some(-1), &["expiresAt", "name", "scopes"])]
#[case("ok", &[Scope::Read, Scope::Billing, Scope::Read], None, &["scopes"])]
#[case("ok", &[Scope::Read], Some(0), &["expiresAt"])]
#[tokio::test]
async fn all_mistakes_of_a_request_are_reported_together(
    #[case] name: &str,
    #[case] scopes: &[Scope],
    #[case] ends_in_secs: Option<i64>,
    #[case] wrong: &[&str],
) {
    let desk = Desk::open(Engine::Sqlite).await;
    let request = request(name, scopes, ends_in_secs.map(|secs| NOW.plus_secs(secs)));
    let refused =
        desk.services.api_keys().create_key(KeyAuthority::Person(&desk.owner), &Confirmed::not_asked(), request).await;
    let Err(ServiceError::Validation { fields, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), wrong);
    assert!(desk.listed().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn the_key_limit_is_exact_for_concurrent_creations(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let desk = Desk::open(engine).await;
    for number in 4..MAX_KEYS {
        desk.make(&number.to_string(), None).await;
    }
    let by = KeyAuthority::Person(&desk.owner);
    let confirmed = Confirmed::not_asked();
    let made = futures::future::join_all(
        (0..8).map(|_| desk.services.api_keys().create_key(by, &confirmed, request("x", &[Scope::Read], None))),
    );
    let (made, refused): (Vec<_>, Vec<_>) = made.await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (4, 4));
    assert!(refused.iter().all(|outcome| matches!(outcome, Err(ServiceError::TooManyKeys { .. }))), "{refused:?}");
    desk.services.api_keys().revoke_key(by, &made[0].as_ref().unwrap().id).await.unwrap();
    desk.make("room again", None).await;
}

#[rstest]
#[tokio::test]
async fn the_last_use_is_written_by_the_worker_at_most_once_a_minute(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::open(engine).await;
    let key = desk.make("busy", None).await;
    desk.use_key(&key).await;
    assert_eq!(desk.last_use().await, None, "a call writes nothing");
    desk.services.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, Some(NOW));
    desk.env.clock.advance(59);
    desk.use_key(&key).await;
    desk.services.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, Some(NOW), "too soon to say anything new");
    desk.env.clock.advance(1);
    desk.use_key(&key).await;
    desk.services.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, Some(NOW.plus_secs(60)));
}

#[rstest]
#[tokio::test]
async fn a_late_write_does_not_overwrite_a_later_use(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let desk = Desk::open(engine).await;
    let neighbour = desk.env.another_node().await;
    let key = desk.make("shared", None).await;
    assert!(neighbour.api_keys().authenticate_key(&key.key, HERE).await.unwrap().is_some());
    desk.env.clock.advance(HOUR_SECS);
    desk.use_key(&key).await;
    desk.services.api_keys().write_key_uses().await.unwrap();
    neighbour.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, Some(NOW.plus_secs(HOUR_SECS)));
}

#[rstest]
#[tokio::test]
async fn a_wrong_secret_does_not_count_as_a_use(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let desk = Desk::open(engine).await;
    let key = desk.make("guessed at", None).await;
    let guess = format!("dues_{}_{}", key.id, "0".repeat(64));
    assert_eq!(desk.services.api_keys().authenticate_key(&guess, HERE).await.unwrap(), None);
    desk.services.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, None);
}

#[tokio::test]
async fn uses_and_networks_whose_write_failed_are_written_later() {
    let desk = Desk::open(Engine::Sqlite).await;
    let key = desk.make("patient", None).await;
    desk.use_key(&key).await;
    let Store::Sqlite(sqlite) = &desk.env.database.store else { panic!("this is SQLite") };
    let run = async |statement: &'static str| sqlx::query(statement).execute(&sqlite.writer).await.map(drop).unwrap();
    for table in ["key_networks", "api_keys"] {
        run(Box::leak(format!("ALTER TABLE {table} RENAME TO mislaid").into_boxed_str())).await;
        assert!(desk.services.api_keys().write_key_uses().await.is_err());
        run(Box::leak(format!("ALTER TABLE mislaid RENAME TO {table}").into_boxed_str())).await;
    }
    desk.services.api_keys().write_key_uses().await.unwrap();
    assert_eq!(desk.last_use().await, Some(NOW));
    let networks = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM key_networks").fetch_one(&sqlite.writer).await;
    assert_eq!(networks.unwrap(), 1);
}

#[rstest]
#[tokio::test]
async fn a_removed_or_demoted_user_can_neither_create_nor_revoke_keys(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::open(engine).await;
    let tenants = desk.services.tenants();
    let key = desk.make("kept", None).await;
    let admin = desk.env.colleague(&desk.owner, "admin@acme.test", Role::Admin).await;
    let by = KeyAuthority::Person(&admin);
    let request =
        || NewApiKey { name: "late".to_owned(), scopes: vec![Scope::Read], expires_at: None, sources: Vec::new() };
    tenants
        .change_role(&desk.owner, &admin.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    assert_eq!(
        desk.services.api_keys().create_key(by, &Confirmed::not_asked(), request()).await.unwrap_err().code(),
        "admin_required"
    );
    assert_eq!(desk.services.api_keys().revoke_key(by, &key.id).await.unwrap_err().code(), "admin_required");
    tenants.remove_member(&desk.owner, &admin.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!(
        desk.services.api_keys().create_key(by, &Confirmed::not_asked(), request()).await.unwrap_err().code(),
        "tenant_not_found"
    );
    assert_eq!(desk.listed().await.len(), 1);
}
