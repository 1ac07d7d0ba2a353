use domain::{
    account::Role,
    ids::TenantId,
    tenant::{actor::Actor, scope::Scope, secret::SecretName},
};
use futures::future::join_all;
use rstest::rstest;
use secrecy::ExposeSecret;

use super::{Rotated, SecretsAuthority};
use crate::{
    identity::{ClientAddress, factors::Confirmed, seal::SealingKey},
    service::{
        ServiceError, Services,
        base::{
            permission::AuthenticatedKey,
            test_env::{HERE, TestEnv},
        },
        tenant::{
            audit::AuditFilter,
            key::{KeyAuthority, NewApiKey},
            team::KeysOfMember,
        },
    },
    store::{tenant::sealed::SealedColumn, testing::Engine},
};

const NAME: &str = "polar_api_key";
const VALUE: &str = "polar_sk_planted_value";

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

/// Returns the value of a secret that a node uses, or the code of its error.
async fn used(services: &Services, authority: &SecretsAuthority, text: &str) -> Result<Option<String>, &'static str> {
    let used = services.secrets().use_secret(&authority.tenant, &name(text), "a test", &authority.by).await;
    used.map(|value| value.map(|value| value.expose_secret().to_owned())).map_err(|error| error.code().as_str())
}

async fn audit_lines(env: &TestEnv, tenant: &TenantId) -> Vec<String> {
    let page = env.services.tenants().audit(tenant, &AuditFilter::default(), None, 100).await.unwrap();
    let about = page.entries.into_iter().filter(|entry| entry.action.starts_with("secret."));
    about.map(|entry| format!("{} {} {}", entry.action, entry.target, entry.details)).collect()
}

#[rstest]
#[tokio::test]
async fn a_secret_is_stored_used_replaced_and_deleted_with_audit_entries(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let owner = env.owner("free", "owner@acme.test").await;
    let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
    let made = services.secrets().set_secret(&authority, NAME, &VALUE.into()).await.unwrap();
    assert_eq!((made.name.as_str(), made.created_at, made.last_used_at), (NAME, made.updated_at, None));
    assert_eq!(used(services, &authority, NAME).await, Ok(Some(VALUE.to_owned())));
    assert_eq!(used(services, &authority, "other").await, Ok(None));
    env.clock.advance(5);
    let again = services.secrets().set_secret(&authority, NAME, &"another".into()).await.unwrap();
    assert_eq!((again.created_at, again.updated_at), (made.created_at, made.created_at.plus_secs(5)));
    assert_eq!(services.secrets().list(&authority).await.unwrap()[0].last_used_at, Some(made.created_at));
    assert_eq!(used(&env.another_node().await, &authority, NAME).await, Ok(Some("another".to_owned())));
    for table in [
        "SELECT name || sealed_value FROM secrets",
        "SELECT sealed_key FROM tenant_data_keys",
        "SELECT target || details FROM audit_log",
    ] {
        let dump = env.dump(table).await;
        assert!(!dump.contains(VALUE) && !dump.contains("another"), "{table}: {dump}");
    }
    services.secrets().delete_secret(&authority, NAME).await.unwrap();
    for unknown in [NAME, "", "\0", "é"] {
        let refused = services.secrets().delete_secret(&authority, unknown).await.unwrap_err();
        assert!(matches!(refused, ServiceError::NotFound("secret")), "{refused:?}");
    }
    let expected = [
        "secret.deleted polar_api_key {}",
        r#"secret.used polar_api_key {"purpose":"a test"}"#,
        r#"secret.set polar_api_key {"replaced":true}"#,
        r#"secret.used polar_api_key {"purpose":"a test"}"#,
        r#"secret.set polar_api_key {"replaced":false}"#,
    ];
    assert_eq!(audit_lines(&env, &owner.current_membership.tenant_id).await, expected);
}

#[rstest]
#[tokio::test]
async fn a_sealed_value_opens_only_for_its_name_and_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let (here, there) = (env.owner("free", "a@acme.test").await, env.owner("free", "b@acme.test").await);
    let (here, there) = (
        SecretsAuthority::admin(&here).unwrap().confirmed(&Confirmed::not_asked()),
        SecretsAuthority::admin(&there).unwrap().confirmed(&Confirmed::not_asked()),
    );
    for (authority, text, value) in [(&here, "one", "1"), (&here, "two", "2"), (&there, "one", "3")] {
        services.secrets().set_secret(authority, text, &value.into()).await.unwrap();
    }
    assert_eq!(used(services, &there, "two").await, Ok(None), "of the other workspace");
    env.run("UPDATE secrets SET sealed_value = (SELECT max(s.sealed_value) FROM secrets s WHERE s.name = 'two') WHERE name = 'one'").await;
    for authority in [&here, &there] {
        assert_eq!(used(services, authority, "one").await, Err("secrets_key_lost"));
    }
    assert_eq!(used(services, &here, "two").await, Ok(Some("2".to_owned())));
    // A data key is bound to its tenant: another tenant's copy of it does not open.
    env.run("UPDATE tenant_data_keys SET sealed_key = (SELECT max(k.sealed_key) FROM tenant_data_keys k)").await;
    let outcomes = [used(services, &here, "two").await, used(services, &there, "one").await];
    assert!(outcomes.contains(&Err("secrets_key_lost")), "{outcomes:?}");
}

#[rstest]
#[tokio::test]
async fn without_secrets_key_storing_and_using_are_errors(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
    env.services.secrets().set_secret(&authority, NAME, &VALUE.into()).await.unwrap();
    let other = env.sealing_with(SealingKey::from_bytes(&[1; 32]).unwrap()).await;
    let passing = env.sealing_with(SealingKey::random().unwrap()).await;
    for (services, code) in [(other, "secrets_key_lost"), (passing, "secrets_not_configured")] {
        assert_eq!(used(&services, &authority, NAME).await, Err(code));
        let refused = services.secrets().set_secret(&authority, "new", &VALUE.into()).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert_eq!(services.secrets().list(&authority).await.unwrap().len(), 1);
        assert_eq!(services.secrets().can_open_stored_secrets().await.unwrap(), code != "secrets_key_lost");
    }
    assert!(env.services.secrets().can_open_stored_secrets().await.unwrap());
    assert_eq!(
        audit_lines(&env, &owner.current_membership.tenant_id).await.len(),
        1,
        "what was refused is not written down"
    );
}

#[rstest]
#[tokio::test]
async fn secrets_key_is_rotated_while_nodes_run(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let key = |text: &str| text.parse::<SealingKey>().unwrap();
    let (old, new) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HBscGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAAAA=");
    let (before, during) = (env.sealing_with(key(old)).await, env.sealing_with(key(&format!("{old},{new}"))).await);
    let rotating = env.sealing_with(key(&format!("{new},{old}"))).await;
    let after = env.sealing_with(key(new)).await;
    let mut authorities = Vec::new();
    for number in 0..3 {
        let owner = env.owner("free", &format!("owner{number}@acme.test")).await;
        let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
        before.secrets().set_secret(&authority, NAME, &VALUE.into()).await.unwrap();
        authorities.push(authority);
    }
    assert_eq!(used(&after, &authorities[0], NAME).await, Err("secrets_key_lost"));
    let keys = |sealed, anew, unopened| Rotated { column: SealedColumn::DATA_KEYS, sealed, anew, unopened };
    assert_eq!(rotating.secrets().rotate_secrets().await.unwrap()[0], keys(3, 3, 0));
    assert_eq!(rotating.secrets().rotate_secrets().await.unwrap()[0], keys(3, 0, 0), "safe to repeat");
    for services in [&during, &rotating, &after] {
        for authority in &authorities {
            assert_eq!(used(services, authority, NAME).await, Ok(Some(VALUE.to_owned())));
        }
    }
    assert_eq!(
        used(&before, &authorities[0], NAME).await,
        Err("secrets_key_lost"),
        "the old key is of no use any more"
    );
    assert_eq!(before.secrets().rotate_secrets().await.unwrap()[0], keys(0, 0, 3));
}

#[rstest]
#[tokio::test]
async fn the_limit_of_secrets_is_exact_under_concurrency(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
    let nodes = [env.services.clone(), env.another_node().await];
    let names: Vec<_> = (0..12).map(|number| format!("s{number}")).collect();
    let value = VALUE.into();
    let set = |at: usize| nodes[at % 2].secrets().set_secret(&authority, &names[at], &value);
    let outcomes = join_all((0..12).map(set)).await;
    let kept: Vec<_> = (0..12).filter(|at| outcomes[*at].is_ok()).collect();
    assert_eq!(kept.len(), 5, "{outcomes:?}");
    let refused = outcomes.iter().find_map(|outcome| outcome.as_ref().err()).unwrap();
    assert_eq!((refused.code().as_str(), refused.to_string().as_str()), ("limit_reached", "Secret limit reached (5)"));
    let ServiceError::LimitReached(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.upgrade.as_ref().unwrap().plan.as_str(), "starter");

    set(kept[0]).await.unwrap();
    let tenant = &owner.current_membership.tenant_id;
    assert_eq!(env.services.usage().check(tenant, "secrets", 1).await.unwrap().used, 5);
    env.services.secrets().delete_secret(&authority, &names[kept[0]]).await.unwrap();
    assert_eq!(env.services.usage().check(tenant, "secrets", 1).await.unwrap().used, 4, "at once");
    env.services.secrets().set_secret(&authority, "room_again", &value).await.unwrap();
    assert_eq!(audit_lines(&env, tenant).await.len(), 5 + 3, "rejected changes are not audited");
    for refused in [
        env.services.usage().consume(tenant, "secrets", 1, None).await.unwrap_err(),
        env.services.usage().release(tenant, "secrets", 1, None).await.unwrap_err(),
        env.services.usage().set_usage(tenant, "secrets", 0, None).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), "counted_by_dues");
        assert!(refused.to_string().contains("secrets instead"), "{refused}");
    }
}

#[rstest]
#[tokio::test]
async fn a_demoted_or_removed_admin_can_not_change_secrets(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("team", "owner@acme.test").await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    assert!(matches!(SecretsAuthority::admin(&member), Err(ServiceError::AdminRequired)));
    let admin = env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let authority = SecretsAuthority::admin(&admin).unwrap().confirmed(&Confirmed::not_asked());
    env.services.secrets().set_secret(&authority, NAME, &VALUE.into()).await.unwrap();
    tenants
        .change_role(&owner, &admin.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    let refused = env.services.secrets().set_secret(&authority, NAME, &VALUE.into()).await.unwrap_err();
    assert_eq!(refused.code(), "admin_required");
    assert_eq!(env.services.secrets().delete_secret(&authority, NAME).await.unwrap_err().code(), "admin_required");
    tenants.remove_member(&owner, &admin.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    let refused = env.services.secrets().delete_secret(&authority, NAME).await.unwrap_err();
    assert_eq!(refused.code(), "tenant_not_found");
    assert_eq!(env.services.secrets().list(&authority).await.unwrap().len(), 1);
}

#[rstest]
#[case("", "x", &["key"])]
#[case("1st", "x", &["key"])]
#[case("a/b", "", &["key", "value"])]
#[case("ok", "", &["value"])]
#[tokio::test]
async fn mistakes_of_a_secret_are_reported_by_field(#[case] key: &str, #[case] value: &str, #[case] wrong: &[&str]) {
    let env = TestEnv::new(Engine::Sqlite).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
    let refused = env.services.secrets().set_secret(&authority, key, &value.into()).await.unwrap_err();
    let ServiceError::Validation { fields, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(fields.keys().copied().collect::<Vec<_>>(), wrong);
    let long = "x".repeat(16 * 1024);
    env.services.secrets().set_secret(&authority, "long", &long.as_str().into()).await.unwrap();
    let refused =
        env.services.secrets().set_secret(&authority, "longer", &format!("{long}x").into()).await.unwrap_err();
    assert_eq!(refused.code(), "validation_error");
    let by = Actor::Key("0011".to_owned());
    let opened = env.services.secrets().use_secret(&authority.tenant, &name("long"), "a test", &by).await.unwrap();
    assert_eq!(opened.unwrap().expose_secret(), long);
}

#[rstest]
#[tokio::test]
async fn every_admin_gets_a_mail_about_a_changed_secret_that_directs_payments(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let api_keys = env.services.api_keys();
    let owner = env.owner("team", "owner@acme.test").await;
    env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    env.colleague(&owner, "member@acme.test", Role::Member).await;
    let tenant = &owner.current_membership.tenant_id;
    let from = ClientAddress([203, 0, 113, 7].into());
    let person = SecretsAuthority::admin(&owner).unwrap().calling_from(from).confirmed(&Confirmed::not_asked());
    let request = NewApiKey {
        name: "Nightly evil.example".to_owned(),
        scopes: vec![Scope::Secrets],
        expires_at: None,
        sources: Vec::new(),
    };
    let made = api_keys.create_key(KeyAuthority::Person(&owner), &Confirmed::not_asked(), request).await.unwrap();
    let Some(AuthenticatedKey::Workspace(holder)) = api_keys.authenticate_key(&made.key, HERE).await.unwrap() else {
        panic!("the key is unknown");
    };
    let key = SecretsAuthority::key(&holder).unwrap().calling_from(from).confirmed(&Confirmed::not_asked());

    env.services.secrets().set_secret(&person, "crm_token", &VALUE.into()).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received(), [], "it leads no payment anywhere");

    env.services.secrets().set_secret(&key, "stripe_secret_key", &VALUE.into()).await.unwrap();
    env.run_due_jobs().await;
    let mails = env.smtp.received();
    let mut to: Vec<_> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["admin@acme.test", "owner@acme.test"]);
    for mail in &mails {
        assert_eq!(mail.header("Subject"), Some("Acme Robotics: payment secret updated"));
        let text = mail.text();
        for words in [
            "The API key Nightly evil example set the secret stripe_secret_key of Acme Robotics",
            "The request came from 203.0.113.7.",
            "/settings/team",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains(VALUE), "{text}");
    }
    env.clock.advance(3600);
    env.services.secrets().delete_secret(&person, "stripe_secret_key").await.unwrap();
    env.services.secrets().set_secret(&person, "polar_api_key", &VALUE.into()).await.unwrap();
    env.run_due_jobs().await;
    let mails = env.smtp.received().split_off(2);
    for (subject, words) in [
        ("Acme Robotics: payment secret deleted", "deleted the secret stripe_secret_key"),
        ("Acme Robotics: payment secret updated", "set the secret polar_api_key"),
    ] {
        let of_change = mails.iter().filter(|mail| mail.header("Subject") == Some(subject));
        assert_eq!(of_change.filter(|mail| mail.text().contains(words)).count(), 2, "{words}: {mails:#?}");
    }

    let entries = env.services.tenants().audit(tenant, &AuditFilter::default(), None, 100).await.unwrap().entries;
    let of_secrets: Vec<_> = entries.iter().filter(|entry| entry.action.starts_with("secret.")).collect();
    assert_eq!(of_secrets.len(), 4);
    assert!(of_secrets.iter().all(|entry| entry.details["from"] == "203.0.113.7"), "{of_secrets:?}");
}

#[rstest]
#[tokio::test]
async fn a_rotation_is_in_the_audit_log_of_each_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let tenant = owner.current_membership.tenant_id.clone();
    let (old, new) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HBscGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAAAA=");
    let before = env.sealing_with(old.parse().unwrap()).await;
    before
        .secrets()
        .set_secret(&SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked()), NAME, &VALUE.into())
        .await
        .unwrap();
    let resealed = async || {
        let entries = env.services.tenants().audit(&tenant, &AuditFilter::default(), None, 100).await.unwrap().entries;
        entries
            .into_iter()
            .filter(|entry| entry.action == "secret.resealed")
            .map(|entry| entry.actor_kind)
            .collect::<Vec<_>>()
    };
    before.secrets().rotate_secrets().await.unwrap();
    assert!(resealed().await.is_empty(), "nothing was sealed anew");
    let other = env.sealing_with(format!("{new},{old}").parse().unwrap()).await;
    other.secrets().rotate_secrets().await.unwrap();
    other.secrets().rotate_secrets().await.unwrap();
    assert_eq!(resealed().await, ["operator"]);
}

#[rstest]
#[tokio::test]
async fn secret_notices_go_to_verified_addresses_once_an_hour_without_free_text(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    env.run("UPDATE users SET has_proven_address = FALSE WHERE email = 'admin@acme.test'").await;
    let authority = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
    let set =
        async |name: &str| drop(env.services.secrets().set_secret(&authority, name, &VALUE.into()).await.unwrap());
    for _ in 0..5 {
        set("stripe_.Your-account-is-locked.Go-to.www.evil-bank.example").await;
        env.run_due_jobs().await;
    }
    let mails = env.smtp.received();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, ["owner@acme.test"], "an address that is not proven gets none");
    let (subject, text) = (mails[0].header("Subject").unwrap().to_owned(), mails[0].text());
    assert_eq!(subject, "Acme Robotics: payment secret updated");
    assert!(text.contains("owner@acme.test set a secret of Acme Robotics") && !text.contains("evil"), "{text}");
    assert!(!mails[0].html().contains("evil"), "{}", mails[0].html());
    // Another secret is mailed at once, the same one at the end of the hour.
    set("stripe_secret_key").await;
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), 2);
    env.clock.advance(3600);
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), 3, "the changes in between come in one");
    // The number of mails in an hour is limited across all names.
    for number in 0..30 {
        set(&format!("polar_{number}")).await;
        env.services.secrets().delete_secret(&authority, &format!("polar_{number}")).await.unwrap();
    }
    env.run_due_jobs().await;
    assert!(env.smtp.received().len() <= 3 + 20, "{}", env.smtp.received().len());
}
