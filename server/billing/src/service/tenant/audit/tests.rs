use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{
    account::Role,
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        scope::Scope,
    },
    time::Timestamp,
};
use rstest::rstest;
use serde_json::json;

use super::{AuditFilter, AuditPage, AuditPosition};
use crate::{
    identity::factors::Confirmed,
    service::{
        base::test_env::{HERE, NOW, PASSWORD, TestEnv},
        operator::overrides::{OverrideChange, PlanGrantChange},
        tenant::{
            key::{KeyAuthority, NewApiKey},
            team::KeysOfMember,
        },
        webhook::endpoint::{EndpointChange, EndpointSettings},
    },
    store::{Connection, Store, Tx, testing::Engine},
};

const ALL: AuditFilter = AuditFilter { action: None, from: None, to: None };

/// Every entry as actor, action and target, oldest first.
async fn audit_lines(env: &TestEnv, tenant: &domain::ids::TenantId) -> Vec<String> {
    let AuditPage { mut entries, next } = env.services.tenants().audit(tenant, &ALL, None, 100).await.unwrap();
    assert_eq!(next, None);
    entries.reverse();
    let name = |entry: &domain::tenant::audit::AuditEntry| entry.actor_name.clone().unwrap_or(entry.actor_kind.clone());
    entries.iter().map(|entry| format!("{} {} {}", name(entry), entry.action, entry.target)).collect()
}

#[rstest]
#[tokio::test]
async fn changes_of_members_and_keys_are_audited_with_their_actor(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let tenants = services.tenants();
    let invitations = services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let tenant = &owner.current_membership.tenant_id;
    let ada = env.colleague(&owner, "ada@acme.test", Role::Admin).await;
    tenants
        .change_role(&owner, &ada.user_id, (Role::Owner, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    tenants
        .change_role(&owner, &ada.user_id, (Role::Owner, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    let withdrawn =
        invitations.invite(&owner, "eve@acme.test", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    invitations.withdraw_invitation(&owner, &withdrawn.id).await.unwrap();
    let invited = invitations.invite(&ada, "bob@acme.test", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    invitations.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap();
    invitations.invite(&ada, "late@acme.test", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let request =
        NewApiKey { name: "Gateway".to_owned(), scopes: vec![Scope::Read], expires_at: None, sources: Vec::new() };
    let key =
        services.api_keys().create_key(KeyAuthority::Person(&ada), &Confirmed::not_asked(), request).await.unwrap();
    services.api_keys().revoke_key(KeyAuthority::Operator(tenant), &key.id).await.unwrap();
    services.api_keys().revoke_key(KeyAuthority::Operator(tenant), &key.id).await.unwrap();
    tenants.remove_member(&owner, &ada.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    let expected = [
        "operator member.joined owner@acme.test",
        "operator plan.granted team",
        "operator member.joined ada@acme.test",
        "owner@acme.test member.role_changed ada@acme.test",
        "owner@acme.test member.invited eve@acme.test",
        "owner@acme.test invitation.withdrawn eve@acme.test",
        "ada@acme.test member.invited bob@acme.test",
        "bob@acme.test member.joined bob@acme.test",
        "ada@acme.test member.invited late@acme.test",
        &format!("ada@acme.test api_key.made {}", key.id),
        &format!("operator api_key.revoked {}", key.id),
        "owner@acme.test member.removed ada@acme.test",
        "owner@acme.test invitation.withdrawn late@acme.test",
    ];
    assert_eq!(audit_lines(&env, tenant).await, expected);
    let all = env.dump("SELECT details FROM audit_log").await;
    let secret = key.key.rsplit('_').next().unwrap();
    assert!(!all.contains(secret) && !all.contains(invited.token()), "{all}");
}

#[rstest]
#[tokio::test]
async fn a_rejected_change_leaves_no_audit_entry(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let tenants = services.tenants();
    let invitations = services.invitations();
    let owner = env.owner("free", "owner@acme.test").await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    let before = audit_lines(&env, &owner.current_membership.tenant_id).await;
    tenants.remove_member(&owner, &owner.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap_err();
    tenants
        .change_role(&member, &owner.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap_err();
    invitations.invite(&owner, "third@acme.test", Role::Member, Some(&Confirmed::not_asked())).await.unwrap_err();
    tenants.remove_member(&member, &owner.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap_err();
    services.api_keys().revoke_key(KeyAuthority::Person(&owner), "0123456789abcdef").await.unwrap_err();
    assert_eq!(audit_lines(&env, &owner.current_membership.tenant_id).await, before);
}

fn entry(target: &str) -> NewAuditEntry {
    NewAuditEntry {
        by: AuditActor::System,
        action: AuditAction::MemberLeft,
        target: target.to_owned(),
        details: json!({}),
    }
}

#[rstest]
#[tokio::test]
async fn an_audit_entry_is_rolled_back_with_its_transaction(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let before = audit_lines(&env, &owner.current_membership.tenant_id).await;
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_audit(&owner.current_membership.tenant_id, &entry("unknown"), NOW).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(audit_lines(&env, &owner.current_membership.tenant_id).await, before);
}

#[rstest]
#[tokio::test]
async fn audit_entries_can_not_be_changed_or_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let by_owner = NewAuditEntry { by: AuditActor::User(owner.user_id.clone()), ..entry("ada@acme.test") };
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_audit(&owner.current_membership.tenant_id, &by_owner, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let before = env.dump("SELECT entry_id || action || target FROM audit_log ORDER BY 1").await;
    let mut tried = vec![
        "UPDATE audit_log SET target = 'forged'",
        "UPDATE audit_log SET actor_id = 'forged'",
        "UPDATE audit_log SET actor_id = NULL WHERE actor_kind = 'user'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE action = 'member.joined'",
    ];
    match engine {
        Engine::Sqlite => tried.push("INSERT OR REPLACE INTO audit_log SELECT tenant_id, entry_id, 0, 'dues', NULL, NULL, 'x', 'y', '{}' FROM audit_log"),
        Engine::Postgres => tried.push("TRUNCATE audit_log"),
    }
    for statement in tried {
        let outcome = match &env.database.store {
            Store::Sqlite(sqlite) => sqlx::query(statement).execute(&sqlite.writer).await.map(drop),
            Store::Postgres(pool) => sqlx::query(statement).execute(pool).await.map(drop),
        };
        let refused = outcome.unwrap_err().to_string();
        assert!(refused.contains("the audit log is only added to"), "{statement}: {refused}");
    }
    assert_eq!(env.dump("SELECT entry_id || action || target FROM audit_log ORDER BY 1").await, before);
}

#[rstest]
#[tokio::test]
async fn audit_pages_have_no_gaps_and_contain_one_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (here, there) = (env.owner("free", "a@acme.test").await, env.owner("free", "b@acme.test").await);
    let mut tx = env.database.store.begin().await.unwrap();
    for number in 0..25 {
        // Some entries have the same time.
        let at = NOW.plus_secs(number / 4);
        tx.connection()
            .insert_audit(&here.current_membership.tenant_id, &entry(&number.to_string()), at)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let filter = AuditFilter { action: Some(AuditAction::MemberLeft), ..ALL };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let AuditPage { entries, next } =
            env.services.tenants().audit(&here.current_membership.tenant_id, &filter, after.as_ref(), 7).await.unwrap();
        assert!(entries.len() <= 7);
        seen.extend(entries.into_iter().map(|entry| entry.target));
        // Entries that are added meanwhile are on no later page.
        let mut tx = env.database.store.begin().await.unwrap();
        tx.connection()
            .insert_audit(&here.current_membership.tenant_id, &entry("new"), NOW.plus_secs(100))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, (0..25).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    let within = |from: Timestamp, to: Timestamp| AuditFilter { from: Some(from), to: Some(to), ..filter.clone() };
    let second = within(NOW.plus_secs(1), NOW.plus_secs(2));
    let second = env.services.tenants().audit(&here.current_membership.tenant_id, &second, None, 100).await.unwrap();
    assert_eq!(second.entries.iter().map(|entry| entry.target.as_str()).collect::<Vec<_>>(), ["7", "6", "5", "4"]);
    assert_eq!(audit_lines(&env, &there.current_membership.tenant_id).await.len(), 2, "only its two");
}

/// Work of the database for a transaction: virtual machine instructions of SQLite, or rows of the log that PostgreSQL
/// read.
struct Work(Arc<AtomicU64>);

impl Work {
    async fn of(tx: &mut Tx) -> Self {
        let instructions = Arc::new(AtomicU64::new(0));
        if let Connection::Sqlite(connection) = tx.connection() {
            let counted = instructions.clone();
            connection.lock_handle().await.unwrap().set_progress_handler(1, move || {
                counted.fetch_add(1, Ordering::Relaxed);
                true
            });
        }
        Self(instructions)
    }

    async fn done(&self, tx: &mut Tx) -> u64 {
        let rows = "SELECT seq_tup_read + COALESCE(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables \
                    WHERE relname = 'audit_log'";
        match tx.connection() {
            Connection::Sqlite(_) => self.0.load(Ordering::Relaxed),
            Connection::Postgres(connection) => {
                let rows: i64 = sqlx::query_scalar(rows).fetch_one(&mut *connection).await.unwrap();
                rows.unsigned_abs()
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn an_audit_page_reads_nothing_before_its_cursor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let tenant = &owner.current_membership.tenant_id;
    let mut tx = env.database.store.begin().await.unwrap();
    for number in 0..2000 {
        tx.connection().insert_audit(tenant, &entry(&number.to_string()), NOW.plus_secs(number)).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = env.database.store.begin().await.unwrap();
    let all = tx.connection().list_audit(tenant, &ALL, None, 3000).await.unwrap();
    let work = Work::of(&mut tx).await;
    let mut costs = Vec::new();
    for behind in [10, 1900] {
        let place = AuditPosition { at: all[behind].at, id: all[behind].id.clone() };
        let before = work.done(&mut tx).await;
        let page = tx.connection().list_audit(tenant, &ALL, Some(&place), 50).await.unwrap();
        costs.push(work.done(&mut tx).await - before);
        assert_eq!(page, all[behind + 1..=behind + 50]);
    }
    assert!(costs[1] > 0 && costs[1] < 2 * costs[0], "the first and the last page cost {costs:?}");
}

#[rstest]
#[tokio::test]
async fn overrides_are_audited_only_when_they_change_something(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "owner@acme.test").await;
    let change = OverrideChange { plan: PlanGrantChange::Grant("team".to_owned()), ..OverrideChange::default() };
    for _ in 0..2 {
        env.services.operators().override_tenant(&owner.current_membership.tenant_id, &change).await.unwrap();
    }
    let lines = audit_lines(&env, &owner.current_membership.tenant_id).await;
    assert_eq!(lines[2..], ["operator overrides.changed Acme Robotics"]);
}

#[rstest]
#[tokio::test]
async fn changes_of_webhook_endpoints_are_audited_without_their_secrets(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let owner = env.owner("team", "owner@acme.test").await;
    let request =
        EndpointSettings { url: "http://127.0.0.1:9999/a".to_owned(), description: "CRM".to_owned(), events: None };
    let made = services.endpoints().create_endpoint(&owner, &Confirmed::not_asked(), request).await.unwrap();
    let id = made.endpoint.id.as_str();
    let moved = EndpointChange { url: Some("http://127.0.0.1:9999/b".to_owned()), ..EndpointChange::default() };
    services.endpoints().change_endpoint(&owner, id, moved.clone(), Some(&Confirmed::not_asked())).await.unwrap();
    services.endpoints().change_endpoint(&owner, id, moved, Some(&Confirmed::not_asked())).await.unwrap();
    let off = EndpointChange { enabled: Some(false), ..EndpointChange::default() };
    services.endpoints().change_endpoint(&owner, id, off, Some(&Confirmed::not_asked())).await.unwrap();
    let rotated = services.endpoints().rotate_endpoint_secret(&owner, &Confirmed::not_asked(), id).await.unwrap();
    services.endpoints().delete_endpoint(&owner, id).await.unwrap();

    let page = services.tenants().audit(&owner.current_membership.tenant_id, &ALL, None, 100).await.unwrap();
    let mut changes: Vec<_> = page.entries.iter().filter(|entry| entry.target == id).collect();
    changes.reverse();
    let actions: Vec<_> = changes.iter().map(|entry| entry.action.strip_prefix("webhook_endpoint.").unwrap()).collect();
    assert_eq!(actions, ["made", "changed", "changed", "secret_rotated", "deleted"], "a change of nothing is none");
    assert_eq!(changes[1].details["before"]["url"], "http://127.0.0.1:9999/a");
    assert_eq!(changes[1].details["after"]["url"], "http://127.0.0.1:9999/b");
    assert_eq!(
        (&changes[2].details["before"]["enabled"], &changes[2].details["after"]["enabled"]),
        (&json!(true), &json!(false))
    );
    assert!(changes.iter().all(|entry| entry.actor_name.as_deref() == Some("owner@acme.test")));
    for secret in [&made.secret, &rotated.secret] {
        assert!(!format!("{page:?}").contains(secret.as_str()));
    }
}
