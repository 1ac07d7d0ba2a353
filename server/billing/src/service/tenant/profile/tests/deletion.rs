//! Deletion and erasure of a tenant: what they end, when they are refused, and concurrent calls.

use domain::account::Account;

use super::*;
use crate::service::{
    LinkError,
    base::{
        idempotency::{IdempotencyClaim, KeyedRequest, StoredResponse},
        test_env::token,
    },
};

#[rstest]
#[tokio::test]
async fn an_invitation_into_a_deleted_tenant_is_unknown_until_it_is_restored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let by_id = TenantRef::Id(owner.current_membership.tenant_id.clone());
    let (invitations, tenants) = (env.services.invitations(), env.services.tenants());
    let confirmed = Confirmed::not_asked();
    let invited = invitations.invite(&owner, "ada@example.com", Role::Member, Some(&confirmed)).await.unwrap();
    let ada = env.stranger("ada@example.com").await;

    tenants.delete_tenant(&product(), &by_id, ErasureTime::Later).await.unwrap();
    let link = token(&invited.url);
    let shown = invitations.find_invitation(link).await;
    assert!(matches!(shown, Err(ServiceError::InvalidLink(LinkError::Unknown))), "{shown:?}");
    let accepted = invitations.accept_invitation(&ada, link).await;
    assert!(matches!(accepted, Err(ServiceError::InvalidLink(LinkError::Unknown))), "{accepted:?}");
    env.run_due_jobs().await;
    assert!(env.smtp.received().is_empty(), "nothing is mailed for a deleted tenant");

    tenants.restore_tenant(&product(), &by_id, None).await.unwrap();
    invitations.accept_invitation(&ada, link).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_pays_what_no_plan_sells_is_not_deleted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    env.made("1", "Acme").await;
    env.run(
        "INSERT INTO aside_subscriptions (tenant_id, provider, external_id, reason, described, is_shown, first_seen_at) \
         SELECT tenant_id, 'stripe', 'sub_1', 'no_plan', 'Support', TRUE, 0 FROM tenants WHERE external_id = '1'",
    )
    .await;
    for erasure in [ErasureTime::Later, ErasureTime::AtOnce] {
        assert!(matches!(env.delete("1", erasure).await, Err(ServiceError::SubscriptionLive)));
    }
    env.run("UPDATE aside_subscriptions SET is_shown = FALSE").await;
    env.delete("1", ErasureTime::AtOnce).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_workspace_whose_last_owner_is_gone_is_restored_with_a_new_owner(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("business", "owner@acme.test").await;
    let tenant = owner.current_membership.tenant_id.clone();
    let admin = env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let (confirmed, by_id) = (Confirmed::not_asked(), TenantRef::Id(tenant.clone()));
    let account = Account { user_id: owner.user_id.clone(), email: "owner@acme.test".parse().unwrap() };
    let tenants = env.services.tenants();
    let restore = async |owner: Option<&str>| tenants.restore_tenant(&product(), &by_id, owner).await.map(drop);
    let roles = async || {
        let mut reader = env.database.store.read().await.unwrap();
        let members = reader.connection().list_members(&tenant).await.unwrap();
        members.into_iter().map(|member| (member.email.to_string(), member.role)).collect::<Vec<_>>()
    };
    tenants.delete_workspace(&owner, "Acme Robotics", &confirmed).await.unwrap();
    env.services.accounts().delete_account(&account, "owner@acme.test", &confirmed).await.unwrap();

    for wrong in [None, Some(""), Some("owner@acme.test"), Some("nobody@acme.test")] {
        let refused = restore(wrong).await;
        let Err(ServiceError::Validation { fields, .. }) = &refused else { panic!("{wrong:?}: {refused:?}") };
        assert!(fields.contains_key("owner"), "{wrong:?}: {fields:?}");
    }
    let shown = tenants.profile(&product(), &by_id).await;
    assert!(matches!(shown, Err(ServiceError::TenantNotFound)), "a refused restore changes nothing");

    restore(Some("admin@acme.test")).await.unwrap();
    assert_eq!(roles().await, [("admin@acme.test".to_owned(), Role::Owner)]);
    restore(None).await.unwrap();

    // A person who was no member becomes the owner too.
    let gone = Account { user_id: admin.user_id.clone(), email: "admin@acme.test".parse().unwrap() };
    let new = env.viewer(&admin.user_id, &tenant).await;
    env.stranger("new@acme.test").await;
    tenants.delete_workspace(&new, "Acme Robotics", &confirmed).await.unwrap();
    env.services.accounts().delete_account(&gone, "admin@acme.test", &confirmed).await.unwrap();
    restore(Some("New@acme.test")).await.unwrap();
    assert_eq!(roles().await, [("new@acme.test".to_owned(), Role::Owner)]);

    // With an owner, none is needed and none is added.
    tenants.delete_tenant(&product(), &by_id, ErasureTime::Later).await.unwrap();
    env.stranger("other@acme.test").await;
    restore(Some("other@acme.test")).await.unwrap();
    assert_eq!(roles().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_purge_of_a_deleted_tenant_is_in_its_log(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    env.made("1", "Acme").await;
    for erasure in [ErasureTime::Later, ErasureTime::Later, ErasureTime::AtOnce] {
        env.delete("1", erasure).await.unwrap();
    }
    let entries = env.dump("SELECT details FROM audit_log WHERE action = 'tenant.deleted' ORDER BY details").await;
    assert_eq!(entries, "{\"purge\":false}\n{\"purge\":true}\n");
}

#[rstest]
#[tokio::test]
async fn the_answer_about_a_new_tenant_is_erased_with_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let idempotency = env.services.idempotency();
    let request = KeyedRequest::new(&[b"once"], &[b"{}"]);
    let IdempotencyClaim::New(held) = idempotency.claim_request(&request).await.unwrap() else {
        panic!("the key is new")
    };
    let made = env.made("1", "Acme").await;
    idempotency.note_tenant(&held, &made.id).await.unwrap();
    let answer = StoredResponse {
        status: 201,
        content_type: "application/json".to_owned(),
        body: b"{}".to_vec(),
        asked_confirmation: false,
    };
    idempotency.store_response(&held, &answer).await.unwrap();
    drop(held);
    env.delete("1", ErasureTime::AtOnce).await.unwrap();
    assert_eq!(env.dump("SELECT key_hash FROM idempotency_keys").await, "");
}

#[rstest]
#[tokio::test]
async fn calls_that_exchange_external_ids_are_answered(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (one, two) = (env.made("x", "One").await.id, env.made("y", "Two").await.id);
    let calls = [(&one, "y"), (&two, "x")].map(|(tenant, to)| {
        let (tenants, named) = (env.services.tenants().clone(), TenantRef::Id(tenant.clone()));
        let change = ProfileChange { external_id: FieldChange::Set(to.to_owned()), ..ProfileChange::default() };
        tokio::spawn(async move { tenants.change_tenant(&product(), &named, change).await.map(drop) })
    });
    for call in calls {
        let outcome = call.await.unwrap();
        assert!(matches!(outcome, Err(ServiceError::ExternalIdTaken)), "{outcome:?}");
    }
    assert_eq!(env.find("x").await.unwrap().0.tenant_plan.tenant.id, one);
}
