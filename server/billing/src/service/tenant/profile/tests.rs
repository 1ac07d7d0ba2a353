//! Tenants of the product: concurrent calls, nodes, pages and deletion, on both engines.

mod deletion;

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    account::Role,
    tenant::{external_id::ExternalId, installation_scope::InstallationScope},
    time::Timestamp,
};
use rstest::rstest;

use super::*;
use crate::{
    service::base::test_env::TestEnv,
    store::{tenant::tenants::Tenant, testing::Engine},
    worker::housekeeping::tasks::HousekeepingTask,
};

const DAY_SECS: i64 = 86_400;
const CALLS: usize = 16;

fn product() -> InstallationPrincipal {
    InstallationPrincipal { key: "00ff".into(), scopes: Arc::from([InstallationScope::Tenants]) }
}

fn external(id: &str) -> ExternalId {
    id.parse().unwrap()
}

fn named(id: &str) -> TenantRef {
    TenantRef::External(external(id))
}

fn of_name(name: &str) -> ProfileChange {
    ProfileChange { name: Some(name.to_owned()), ..ProfileChange::default() }
}

impl TestEnv {
    async fn put(&self, id: &str, change: ProfileChange) -> Result<PutTenant, ServiceError> {
        self.services.tenants().put_tenant(&product(), &external(id), change).await
    }

    async fn made(&self, id: &str, name: &str) -> Tenant {
        self.put(id, of_name(name)).await.unwrap().profile.tenant_plan.tenant
    }

    async fn delete(&self, id: &str, erasure: ErasureTime) -> Result<(), ServiceError> {
        self.services.tenants().delete_tenant(&product(), &named(id), erasure).await
    }

    async fn restore(&self, id: &str) -> Result<(), ServiceError> {
        self.services.tenants().restore_tenant(&product(), &named(id), None).await.map(drop)
    }

    async fn find(&self, id: &str) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        self.services.tenants().profile(&product(), &named(id)).await
    }

    /// Returns the names of the tenants on a page, and the page.
    async fn page(&self, query: ProfileQuery, most: usize) -> (Vec<String>, ProfilePage) {
        let page = self.services.tenants().list_profiles(&product(), query, most).await.unwrap();
        (page.items.iter().map(|item| item.tenant_plan.tenant.name.clone()).collect(), page)
    }
}

#[rstest]
#[tokio::test]
async fn of_concurrent_calls_on_two_nodes_one_makes_the_tenant(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let other = env.another_node().await;
    let calls = (0..CALLS).map(|number| {
        let tenants = if number % 2 == 0 { env.services.tenants().clone() } else { other.tenants().clone() };
        tokio::spawn(async move { tenants.put_tenant(&product(), &external("org/1"), of_name("Acme")).await.unwrap() })
    });
    let (mut ids, mut created) = (BTreeSet::new(), 0);
    for call in calls.collect::<Vec<_>>() {
        let put = call.await.unwrap();
        ids.insert(put.profile.tenant_plan.tenant.id);
        created += usize::from(put.created);
    }
    assert_eq!((ids.len(), created), (1, 1));
    let entries = env.dump("SELECT action FROM audit_log WHERE action LIKE 'tenant.%'").await;
    assert_eq!(entries, "tenant.created\n", "calls that change nothing record nothing");
}

#[rstest]
#[tokio::test]
async fn fields_left_out_stay_and_metadata_is_replaced_or_merged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let metadata = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let first = ProfileChange {
        email: FieldChange::Set("Ops@Acme.test".to_owned()),
        metadata: Some(MetadataChange::Replace(metadata(&[("a", "1"), ("b", "2")]))),
        ..of_name(" Acme ")
    };
    let made = env.put("1", first).await.unwrap();
    let tenant = &made.profile.tenant_plan.tenant;
    assert_eq!((tenant.name.as_str(), tenant.email.as_ref().unwrap().as_str()), ("Acme", "ops@acme.test"));
    assert!(made.created && made.entitlements.revision == made.profile.revision);

    let renamed = env.put("1", of_name("Acme 2")).await.unwrap();
    assert!(!renamed.created && renamed.profile.revision > made.profile.revision);
    let tenant = renamed.profile.tenant_plan.tenant;
    assert_eq!((tenant.email.is_some(), tenant.metadata), (true, metadata(&[("a", "1"), ("b", "2")])));

    let parts = [("a", None), ("c", Some("3"))].map(|(key, value)| (key.to_owned(), value.map(str::to_owned)));
    let change = ProfileChange { metadata: Some(MetadataChange::Merge(parts.into())), ..ProfileChange::default() };
    let (merged, _) = env.services.tenants().change_tenant(&product(), &named("1"), change).await.unwrap();
    assert_eq!(merged.tenant_plan.tenant.metadata, metadata(&[("b", "2"), ("c", "3")]));

    let unchanged = env.put("1", of_name("Acme 2")).await.unwrap();
    assert_eq!(unchanged.profile.revision, merged.revision);
    let replaced = ProfileChange {
        metadata: Some(MetadataChange::Replace(metadata(&[("z", "")]))),
        email: FieldChange::Remove,
        ..ProfileChange::default()
    };
    let tenant = env.put("1", replaced).await.unwrap().profile.tenant_plan.tenant;
    assert_eq!((tenant.email, tenant.metadata), (None, metadata(&[("z", "")])));
}

#[rstest]
#[tokio::test]
async fn what_is_invalid_is_reported_by_field_and_makes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let long = (0..51).map(|number| (number.to_string(), String::new())).collect();
    let change = ProfileChange {
        name: Some("see evil.example".to_owned()),
        email: FieldChange::Set("no-address".to_owned()),
        metadata: Some(MetadataChange::Replace(long)),
        external_id: FieldChange::Set("a\nb".to_owned()),
    };
    for (change, fields) in [
        (change, &["email", "externalId", "metadata", "name"][..]),
        (ProfileChange::default(), &["name"]),
        (of_name("  "), &["name"]),
        (of_name(&"x".repeat(81)), &["name"]),
    ] {
        match env.put("1", change).await {
            Err(ServiceError::Validation { fields: found, .. }) => {
                assert_eq!(found.into_keys().collect::<Vec<_>>(), fields);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(env.find("1").await, Err(ServiceError::TenantNotFound)));
}

#[rstest]
#[tokio::test]
async fn an_external_id_belongs_to_one_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let one = env.made("1", "One").await;
    env.made("2", "Two").await;
    let change = |id: &str| ProfileChange { external_id: FieldChange::Set(id.to_owned()), ..ProfileChange::default() };
    let tenants = env.services.tenants();
    let taken = tenants.change_tenant(&product(), &named("1"), change("2")).await;
    assert!(matches!(taken, Err(ServiceError::ExternalIdTaken)), "{taken:?}");
    env.delete("2", ErasureTime::Later).await.unwrap();
    let taken = tenants.change_tenant(&product(), &named("1"), change("2")).await;
    assert!(matches!(taken, Err(ServiceError::ExternalIdTaken)), "{taken:?}");
    tenants.change_tenant(&product(), &named("1"), change("3")).await.unwrap();
    assert!(matches!(env.find("1").await, Err(ServiceError::TenantNotFound)));
    assert_eq!(env.find("3").await.unwrap().0.tenant_plan.tenant.id, one.id);
    assert_ne!(env.made("1", "Again").await.id, one.id);
}

#[rstest]
#[tokio::test]
async fn pages_have_each_tenant_once_while_others_are_made(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    for number in 0..7 {
        env.made(&number.to_string(), &format!("T{number}")).await;
        env.clock.advance(i64::from(number % 2));
    }
    env.delete("5", ErasureTime::Later).await.unwrap();
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let (page, ProfilePage { next, .. }) =
            env.page(ProfileQuery { after: after.clone(), ..ProfileQuery::default() }, 2).await;
        assert!(page.len() <= 2);
        names.extend(page);
        env.made(&format!("new {}", names.len()), "New").await;
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(names, ["T6", "T4", "T3", "T2", "T1", "T0"]);
}

#[rstest]
#[tokio::test]
async fn a_list_is_searched_and_filtered(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let acme = env.made("org/1", "Acme 100%").await;
    env.made("org/2", "Zenith").await;
    env.grant(&acme.id, "pro").await;
    env.run(
        "INSERT INTO customers (tenant_id, provider, external_id, revision, created_at) \
         SELECT tenant_id, 'stripe', 'cus_1', 1, 0 FROM tenants WHERE name = 'Zenith'",
    )
    .await;
    let search = |search: &str| ProfileQuery { search: search.to_owned(), ..ProfileQuery::default() };
    let on = |plan: &str| ProfileQuery { plan: Some(plan.parse().unwrap()), ..ProfileQuery::default() };
    let status = |status: &str| ProfileQuery { status: Some(status.parse().unwrap()), ..ProfileQuery::default() };
    for (query, names) in [
        (search("acme"), &["Acme 100%"][..]),
        (search("100%"), &["Acme 100%"]),
        (search("org/2"), &["Zenith"]),
        (search(acme.id.as_str()), &["Acme 100%"]),
        (search("nothing"), &[]),
        (on("pro"), &["Acme 100%"]),
        (on("free"), &["Zenith"]),
        (status("active"), &["Zenith", "Acme 100%"]),
        (status("past_due"), &[]),
        (ProfileQuery { customer: "cus_1".to_owned(), ..ProfileQuery::default() }, &["Zenith"]),
    ] {
        let (mut found, ProfilePage { next, .. }) = env.page(query.clone(), 10).await;
        found.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(found, names, "{query:?}");
        assert_eq!(next, None, "{query:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_deleted_tenant_is_restored_or_erased_after_thirty_days(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (kept, gone) = (env.made("kept", "Kept").await, env.made("gone", "Gone").await);
    for id in ["kept", "gone"] {
        env.delete(id, ErasureTime::Later).await.unwrap();
        env.delete(id, ErasureTime::Later).await.unwrap();
        assert!(matches!(env.find(id).await, Err(ServiceError::TenantNotFound)));
        assert!(matches!(env.put(id, of_name("New")).await, Err(ServiceError::TenantDeleted)));
    }
    assert!(env.services.usage().tenant_entitlements(&gone.id).await.is_err());
    env.clock.advance(29 * DAY_SECS);
    env.services.housekeeping().finish_housekeeping(HousekeepingTask::EraseTenants).await;
    env.restore("kept").await.unwrap();
    env.restore("kept").await.unwrap();
    assert_eq!(env.find("kept").await.unwrap().0.tenant_plan.tenant, kept);

    env.clock.advance(DAY_SECS + 1);
    assert!(matches!(env.restore("gone").await, Err(ServiceError::TenantNotFound)), "the erasure is due");
    env.services.housekeeping().finish_housekeeping(HousekeepingTask::EraseTenants).await;
    assert_eq!(env.dump("SELECT name FROM tenants WHERE erased_at IS NOT NULL").await, "\n");
    assert_ne!(env.made("gone", "Another").await.id, gone.id, "the external id is free");
    assert_eq!(env.find("kept").await.unwrap().0.tenant_plan.tenant.name, "Kept");
    let by_id = TenantRef::Id(gone.id);
    env.services.tenants().delete_tenant(&product(), &by_id, ErasureTime::AtOnce).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_purge_erases_before_it_returns(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "planted@acme.test").await;
    env.colleague(&owner, "grace@planted.test", Role::Admin).await;
    let by_id = TenantRef::Id(owner.current_membership.tenant_id.clone());
    let tenants = env.services.tenants();
    tenants.delete_tenant(&product(), &by_id, ErasureTime::AtOnce).await.unwrap();
    for column in [
        "SELECT email FROM users",
        "SELECT user_id FROM memberships",
        "SELECT actor_name FROM audit_log \
         WHERE actor_name IS NOT NULL",
        "SELECT target FROM audit_log WHERE target LIKE '%@%'",
    ] {
        assert_eq!(env.dump(column).await, "", "{column}");
    }
    tenants.delete_tenant(&product(), &by_id, ErasureTime::AtOnce).await.unwrap();
    assert!(matches!(tenants.restore_tenant(&product(), &by_id, None).await, Err(ServiceError::TenantNotFound)));
}

#[rstest]
#[tokio::test]
async fn usage_of_an_erased_tenant_stays_as_sums_that_a_repair_keeps(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.made("org-1", "Acme").await.id;
    env.services.usage().consume(&tenant, "ai_tokens", 7, None).await.unwrap();
    env.delete("org-1", ErasureTime::AtOnce).await.unwrap();
    assert_eq!(env.dump("SELECT feature FROM usage_events").await, "");
    for repair in [false, true] {
        let verified = env.services.usage().verify_usage(None, repair).await.unwrap();
        assert_eq!((verified.counters, verified.discrepancies), (1, Vec::new()));
    }
    assert_eq!(env.dump("SELECT CAST(amount AS TEXT) FROM usage_hours").await, "7\n");
}

#[rstest]
#[tokio::test]
async fn a_tenant_with_a_live_subscription_is_not_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    env.made("1", "Acme").await;
    env.run(
        "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, period_start, \
         period_end, cancel_at_period_end, fetched_at) SELECT tenant_id, 'stripe', 'sub_1', 'pro', 'monthly', 'past_due', \
         0, 0, 9, FALSE, 0 FROM tenants WHERE external_id = '1'",
    )
    .await;
    for erasure in [ErasureTime::Later, ErasureTime::AtOnce] {
        assert!(matches!(env.delete("1", erasure).await, Err(ServiceError::SubscriptionLive)));
    }
    env.run("UPDATE subscriptions SET status = 'canceled'").await;
    env.delete("1", ErasureTime::Later).await.unwrap();
    let at: Timestamp = env.services.wall_now();
    assert_eq!(
        env.dump("SELECT CAST(deleted_at AS TEXT) FROM tenants WHERE external_id = '1'").await,
        format!("{}\n", at.as_micros())
    );
}
