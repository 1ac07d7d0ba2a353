//! Loading several views together gives the same result as loading each alone.

use std::{collections::HashSet, slice};

use domain::{entitlement::change::Change, subscription::current_subscription, time::ManualClock};
use rstest::rstest;

use super::{
    super::batch::{Operation, Outcome},
    refresh::PARTS,
    *,
};
use crate::{
    service::{
        Services,
        base::test_env::{NOW, StatementCounter, TestEnv},
    },
    store::{testing::Engine, usage::usage_events::EventId},
};

const TENANTS: usize = 200;
const ROOMS: &str = "websocket_rooms";
/// Statements that insert tenants with and without a grant, limits, members, secrets, usage and subscriptions.
const ROWS: [&str; 8] = [
    "INSERT INTO tenants (tenant_id, name, granted_plan, limit_overrides, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'Mill ' || i, CASE i % 4 WHEN 0 THEN 'scale' WHEN 1 THEN 'pro' ELSE NULL END, \
     CASE i % 7 WHEN 0 THEN '[{\"feature\":\"websocket_rooms\",\"limit\":7,\"until\":null}]' ELSE '[]' END, i FROM n",
    "INSERT INTO users (user_id, email, password_hash, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'user-' || i, 'user' || i || '@cold.test', '', i FROM n",
    "INSERT INTO memberships (tenant_id, user_id, role, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'user-' || i, 'owner', i FROM n WHERE i % 5 > 0",
    "INSERT INTO memberships (tenant_id, user_id, role, created_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199) \
     SELECT 'cold-' || i, 'user-' || (i + 1), 'member', i FROM n WHERE i % 3 = 0",
    "INSERT INTO secrets (tenant_id, name, sealed_value, created_at, updated_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'key', '', i, i FROM n WHERE i % 2 = 0",
    "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at, level) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'websocket_rooms', 0, i % 11, 0, 0 FROM n WHERE i % 6 > 0",
    "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, period_start, \
     period_end, cancel_at_period_end, fetched_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'stripe', 'sub_' || i, 'pro', 'monthly', CASE i % 3 WHEN 0 THEN 'past_due' ELSE 'active' END, \
     i, 0, 99999999999999999, FALSE, 0 FROM n WHERE i % 5 < 3",
    "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, period_start, \
     period_end, cancel_at_period_end, ended_at, fetched_at) \
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT 'cold-' || i, 'polar', 'old_' || i, 'scale', 'yearly', 'canceled', i + 1, 0, 9, FALSE, 9, 0 FROM n \
     WHERE i % 4 = 1",
];

async fn filled(engine: Engine) -> (TestEnv, Vec<TenantId>) {
    let env = TestEnv::new(engine).await;
    for statement in ROWS {
        env.run(statement).await;
    }
    (env, (1..=TENANTS).map(|number| format!("cold-{number}").parse().unwrap()).collect())
}

/// Reads the facts with one statement each.
async fn facts_one_by_one(services: &Services, tenant: &TenantId) -> Facts {
    let mut reader = services.store().read().await.unwrap();
    let mut link = reader.connection();
    let found = link.find_tenant(tenant).await.unwrap().unwrap();
    let revisions = link.list_revisions(slice::from_ref(tenant)).await.unwrap();
    let subscription =
        current_subscription(services.catalog(), &link.list_subscriptions(tenant).await.unwrap()).cloned();
    let (members, secrets) = (link.count_members(tenant).await.unwrap(), link.count_secrets(tenant).await.unwrap());
    let unmanaged = u64::try_from(link.list_unmanaged(tenant).await.unwrap().len()).unwrap();
    let duplicates = u64::try_from(link.list_duplicates(tenant).await.unwrap().len()).unwrap();
    Facts { revision: revisions[0].1, tenant: found, subscription, members, secrets, unmanaged, duplicates }
}

#[rstest]
#[tokio::test]
async fn cold_tenants_are_loaded_together_as_they_are_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (env, tenants) = filled(engine).await;
    let (together, alone) = (env.another_node().await, env.another_node().await);
    let unknown: TenantId = "cold-0".parse().unwrap();
    let named: HashSet<_> = tenants.iter().chain([&unknown]).collect();
    let loaded = together.usage().cached_views(&named).await.unwrap();
    assert_eq!(loaded.len(), TENANTS);
    assert!(!loaded.contains_key(&unknown));
    for tenant in &tenants {
        let (view, facts) = &loaded[tenant];
        assert_eq!(**facts, facts_one_by_one(&env.services, tenant).await);
        let (view_alone, facts_alone) = alone.usage().view(tenant).await.unwrap();
        assert_eq!(*facts, facts_alone);
        for CounterKey { tenant: _, feature, period_start } in together.usage().current_counters(facts) {
            let reading = view.reading(&feature, period_start);
            assert_eq!(reading, view_alone.reading(&feature, period_start), "{feature} of {tenant}");
            assert!(reading.is_some(), "{feature} of {tenant}");
        }
    }
    assert_eq!(alone.usage().view(&unknown).await.unwrap_err().code(), "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_cold_tenants(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (env, tenants) = filled(engine).await;
    let node = env.another_node().await;
    let statements = StatementCounter::default();
    let cost = async |some: &[TenantId]| {
        let before = statements.count();
        let _counted = tracing::subscriber::set_default(statements.clone());
        assert_eq!(node.usage().cached_views(&some.iter().collect()).await.unwrap().len(), some.len());
        statements.count() - before
    };
    let few = cost(&tenants[..2]).await;
    // SQLite runs statements on its own thread, where they are not counted.
    assert_eq!(few > 0, engine == Engine::Postgres);
    assert_eq!(cost(&tenants[2..]).await, few);
    assert_eq!(cost(&tenants[..]).await, 0, "all are cached");
}

#[rstest]
#[tokio::test]
async fn a_batch_of_cold_tenants_decides_as_single_calls_do(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut decided = Vec::new();
    for is_batch in [true, false] {
        let (env, tenants) = filled(engine).await;
        let features = &env.services.catalog().features;
        let place = features.iter().position(|feature| feature.key.as_str() == ROOMS).unwrap();
        let operation = |(amount, tenant): (u64, &TenantId)| Operation {
            event: EventId { tenant: tenant.clone(), source: format!("consume {ROOMS}"), id: "1".to_owned() },
            is_repeatable: false,
            is_compared: true,
            event_at: None,
            parts: vec![(place, Change::Consume(1 + amount % 9))],
            key: None,
            audit_entry: None,
        };
        let operations: Vec<_> = (0..).zip(&tenants).map(operation).collect();
        let outcomes = if is_batch {
            env.services.usage().write_usage(operations).await.unwrap()
        } else {
            let mut outcomes = Vec::new();
            for operation in operations {
                outcomes.extend(env.services.usage().write_usage(vec![operation]).await.unwrap());
            }
            outcomes
        };
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Counted(_))));
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(..))));
        decided.push(outcomes);
    }
    assert_eq!(decided[0], decided[1]);
}

#[tokio::test]
async fn what_a_node_whose_clock_is_behind_has_counted_is_found_by_others() {
    let env = TestEnv::new(Engine::Postgres).await;
    let tenant = env.owner("pro", "ada@clocks.test").await.current_membership.tenant_id;
    let behind = env.with_clock(&Arc::new(ManualClock::at(NOW.plus_secs(-600)))).await;
    let used = async || env.services.usage().check(&tenant, ROOMS, 1).await.unwrap().used;
    assert_eq!(used().await, 0);
    behind.usage().consume(&tenant, ROOMS, 3, None).await.unwrap();
    for _ in 0..PARTS {
        env.services.usage().poll_views().await;
    }
    assert_eq!(used().await, 3);
}

#[test]
fn the_least_recently_used_views_are_evicted_first() {
    let views = Views::default();
    for number in 0..10_u64 {
        let tenant: TenantId = format!("tenant-{number}").parse().unwrap();
        views.of(&tenant).used_at.store(number, Ordering::Relaxed);
    }
    views.evict_oldest(20);
    assert_eq!(views.tenants.len(), 10);
    views.evict_oldest(4);
    let mut kept: Vec<_> = views.tenants.iter().map(|entry| entry.key().to_string()).collect();
    kept.sort();
    assert_eq!(kept, ["tenant-6", "tenant-7", "tenant-8", "tenant-9"]);
}
