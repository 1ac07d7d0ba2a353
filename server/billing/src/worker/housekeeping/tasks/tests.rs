//! Housekeeping in slices: exact after each, one node at a time, on both engines.

use std::time::Duration;

use domain::{ids::TenantId, time::Timestamp};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

use super::{HousekeepingTask, LEASE_SECS, OldRows, SECS_PER_DAY, UsageTask};
use crate::{
    service::{
        Retention, WorkerSettings,
        base::test_env::{NOW, TestEnv},
    },
    store::testing::Engine,
    worker::{
        self,
        housekeeping::{INTERVAL, run_task},
    },
};

const HOUR: i64 = 3600;
const ROOMS: &str = "websocket_connections";
const TOKENS: &str = "ai_tokens";
/// For each counter, its value minus the sum of its folded and stored events: 0 if the counter is exact.
const MISSING: &str = "SELECT CAST(own.used - own.folded - (SELECT COALESCE(sum(known.amount), 0) FROM usage_events AS known \
     WHERE known.tenant_id = own.tenant_id AND known.feature = own.feature AND known.period_start = own.period_start) AS TEXT) \
     FROM usage_counters AS own";
/// The sum of all roll-ups of each feature of a tenant.
const ROLLED_UP: &str = "SELECT own.tenant_id || ' ' || own.feature || ' ' || CAST(sum(own.amount) AS TEXT) \
     FROM (SELECT tenant_id, feature, amount FROM usage_hours UNION ALL SELECT tenant_id, feature, amount FROM usage_days) \
     AS own GROUP BY own.tenant_id, own.feature ORDER BY own.tenant_id, own.feature";
const COUNTED: &str = "SELECT tenant_id || ' ' || feature || ' ' || CAST(used AS TEXT) FROM usage_counters \
     WHERE period_start = 0 ORDER BY tenant_id, feature";
const EVENTS: &str = "SELECT event_id FROM usage_events";
const HOURS: &str = "SELECT feature FROM usage_hours";

/// Counts usage of two workspaces over four days, then advances the clock until all of it is old. Returns one of the
/// workspaces.
async fn count_usage(env: &TestEnv) -> TenantId {
    let ada = env.owner("pro", "ada@usage.test").await.current_membership.tenant_id;
    let bob = env.owner("pro", "bob@usage.test").await.current_membership.tenant_id;
    for (rooms, tokens) in [(3, 40), (5, 2), (1, 7), (4, 9)] {
        for tenant in [&ada, &bob] {
            env.services.usage().consume(tenant, ROOMS, rooms, None).await.unwrap();
            env.services.usage().consume(tenant, TOKENS, tokens, None).await.unwrap();
            env.services.usage().release(tenant, ROOMS, 2, None).await.unwrap();
        }
        env.clock.advance(19 * HOUR);
    }
    env.services.usage().roll_up_hours().await.unwrap();
    env.clock.set(NOW.plus_secs(500 * SECS_PER_DAY));
    ada
}

/// Asserts that every counter equals its events, that roll-ups and gauges are as given, and that verification passes.
async fn assert_exact(env: &TestEnv, rolled_up: &str, counted: &str) {
    assert_eq!(env.dump(MISSING).await.replace("0\n", ""), "");
    assert_eq!(env.dump(ROLLED_UP).await, rolled_up);
    assert_eq!(env.dump(COUNTED).await, counted);
    assert_eq!(env.services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
}

#[rstest]
#[tokio::test]
async fn every_sum_is_exact_after_each_slice(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 3, 50)] most: i64,
) {
    let env = TestEnv::new(engine).await;
    let tenant = count_usage(&env).await;
    let (rolled_up, counted) = (env.dump(ROLLED_UP).await, env.dump(COUNTED).await);
    let mut slices = 0;
    for task in UsageTask::ALL.map(HousekeepingTask::Usage) {
        while env.services.housekeeping().is_housekeeping_due(task).await.unwrap() {
            let slice = env.services.housekeeping().run_housekeeping_slice(task, "a", most).await.unwrap().unwrap();
            assert!(slice.rows > 0, "{task:?}");
            slices += 1;
            assert_exact(&env, &rolled_up, &counted).await;
        }
    }
    assert!(slices >= 24 / most, "{slices}");
    assert_eq!((env.dump(EVENTS).await, env.dump(HOURS).await), (String::new(), String::new()));
    let used = env.another_node().await.usage().check(&tenant, ROOMS, 1).await.unwrap().used;
    assert_eq!(used, 3 + 5 + 1 + 4 - 4 * 2);
}

#[rstest]
#[tokio::test]
async fn folded_events_that_add_up_to_nothing_are_no_discrepancy(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@usage.test").await.current_membership.tenant_id;
    env.services.usage().consume(&tenant, ROOMS, 3, None).await.unwrap();
    env.clock.advance(HOUR);
    env.services.usage().release(&tenant, ROOMS, 3, None).await.unwrap();
    env.clock.advance(100 * SECS_PER_DAY);
    env.services.usage().consume(&tenant, ROOMS, 4, None).await.unwrap();
    env.services.housekeeping().fold_usage().await;
    assert_eq!(env.services.usage().verify_usage(None, true).await.unwrap().discrepancies, []);
    env.run("UPDATE usage_hours SET amount = 5 WHERE amount = 4").await;
    assert_eq!(env.services.usage().verify_usage(None, true).await.unwrap().discrepancies.len(), 1);
    assert_eq!(env.services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
}

#[rstest]
#[tokio::test]
async fn a_slice_that_is_interrupted_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    count_usage(&env).await;
    let (rolled_up, counted) = (env.dump(ROLLED_UP).await, env.dump(COUNTED).await);
    let (events, hours) = (env.dump(EVENTS).await, env.dump(HOURS).await);
    let before = NOW.plus_secs(60 * SECS_PER_DAY);
    let mut tx = env.database.store.begin().await.unwrap();
    assert_eq!(tx.connection().fold_events(before, 5).await.unwrap(), 5);
    assert!(tx.connection().fold_hours(before, 50).await.unwrap() > 0);
    drop(tx);
    assert_exact(&env, &rolled_up, &counted).await;
    assert_eq!((env.dump(EVENTS).await, env.dump(HOURS).await), (events, hours));
}

#[rstest]
#[tokio::test]
async fn folded_days_keep_amount_peak_and_closing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 500)] most: i64,
) {
    const DAYS: &str = "SELECT CAST((starts_at / 86400000000) AS TEXT) || ' ' || CAST(amount AS TEXT) || ' ' \
         || CAST(peak AS TEXT) || ' ' || CAST(closing AS TEXT) FROM usage_days ORDER BY starts_at";
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@usage.test").await.current_membership.tenant_id;
    let day = NOW.as_secs() / SECS_PER_DAY + 1;
    env.clock.set(Timestamp::from_secs(day * SECS_PER_DAY));
    for (rooms, hours) in [(6, 5), (2, 19), (1, 1)] {
        env.services.usage().consume(&tenant, ROOMS, rooms, None).await.unwrap();
        env.services.usage().release(&tenant, ROOMS, 1, None).await.unwrap();
        env.clock.advance(hours * HOUR);
    }
    env.services.usage().roll_up_hours().await.unwrap();
    env.clock.advance(500 * SECS_PER_DAY);
    while env.services.housekeeping().is_housekeeping_due(HousekeepingTask::Usage(UsageTask::FoldHours)).await.unwrap()
    {
        env.services
            .housekeeping()
            .run_housekeeping_slice(HousekeepingTask::Usage(UsageTask::FoldHours), "a", most)
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(env.dump(DAYS).await, format!("{day} 6 7 6\n{} 0 7 6\n", day + 1));
}

#[rstest]
#[tokio::test]
async fn one_node_at_a_time_works_on_a_task(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    count_usage(&env).await;
    let (task, other) = (HousekeepingTask::Usage(UsageTask::FoldEvents), env.another_node().await);
    assert!(env.services.housekeeping().run_housekeeping_slice(task, "a", 1).await.unwrap().is_some());
    assert!(other.housekeeping().run_housekeeping_slice(task, "b", 1).await.unwrap().is_none());
    assert!(
        other
            .housekeeping()
            .run_housekeeping_slice(HousekeepingTask::Usage(UsageTask::FoldHours), "b", 1)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        env.services.housekeeping().run_housekeeping_slice(task, "a", 1).await.unwrap().is_some(),
        "the holder goes on"
    );
    env.services.housekeeping().release_housekeeping(task, "a").await.unwrap();
    assert!(other.housekeeping().run_housekeeping_slice(task, "b", 1).await.unwrap().is_some());
    env.services.housekeeping().release_housekeeping(task, "a").await.unwrap();
    assert!(
        env.services.housekeeping().run_housekeeping_slice(task, "a", 1).await.unwrap().is_none(),
        "it is not its lease"
    );
    env.clock.advance(LEASE_SECS);
    assert!(
        env.services.housekeeping().run_housekeeping_slice(task, "a", 1).await.unwrap().is_some(),
        "the holder has died"
    );
}

#[rstest]
#[tokio::test]
async fn a_node_looks_at_a_task_again_when_the_lease_of_another_lapses(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const LEASE: &str = "SELECT holder || ' ' || CAST(lapses_at AS TEXT) FROM housekeeping_leases";
    let env = TestEnv::new(engine).await;
    count_usage(&env).await;
    let task = HousekeepingTask::Usage(UsageTask::FoldEvents);
    let (other, stop) = (env.another_node().await, CancellationToken::new());
    env.services.housekeeping().run_housekeeping_slice(task, "a", 1).await.unwrap().unwrap();
    let lease = env.dump(LEASE).await;
    assert_eq!(run_task(&other, task, "b", &stop).await.unwrap(), Duration::from_secs(30));
    env.clock.advance(LEASE_SECS - 4);
    assert_eq!(run_task(&other, task, "b", &stop).await.unwrap(), Duration::from_secs(4));
    assert_eq!(env.dump(LEASE).await, lease);
    env.clock.advance(4);
    assert_eq!(run_task(&other, task, "b", &stop).await.unwrap(), INTERVAL);
    assert_eq!(env.dump(EVENTS).await, "", "it has taken over");
}

#[rstest]
#[tokio::test]
async fn events_of_providers_are_kept_for_ninety_days_and_waiting_ones_for_ever(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const INBOX: HousekeepingTask = HousekeepingTask::Delete(OldRows::InboxEvents);
    let env = TestEnv::new(engine).await;
    env.run(
        "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) VALUES \
         ('stripe', 'evt_1', 'k', 's', 'handled', 1768000000000000), \
         ('stripe', 'evt_2', 'k', 's', 'ignored', 1768000000000000), \
         ('stripe', 'evt_3', 'k', 's', 'received', 1768000000000000)",
    )
    .await;
    env.clock.set(NOW.plus_secs(90 * SECS_PER_DAY - 1));
    assert!(!env.services.housekeeping().is_housekeeping_due(INBOX).await.unwrap());
    env.clock.advance(1);
    env.services.housekeeping().finish_housekeeping(INBOX).await;
    assert_eq!(env.dump("SELECT event_id FROM inbox").await, "evt_3\n");
}

#[rstest]
#[tokio::test]
async fn rows_are_kept_as_long_as_the_settings_say(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const INBOX: HousekeepingTask = HousekeepingTask::Delete(OldRows::InboxEvents);
    let env = TestEnv::new(engine).await;
    let retention = Retention { inbox_events_days: 31, ..Retention::default() };
    let node = env.working_with(WorkerSettings { retention, ..WorkerSettings::default() }).await;
    env.run(
        "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) VALUES \
         ('stripe', 'evt_1', 'k', 's', 'handled', 1768000000000000)",
    )
    .await;
    env.clock.set(NOW.plus_secs(31 * SECS_PER_DAY - 1));
    assert!(!node.housekeeping().is_housekeeping_due(INBOX).await.unwrap());
    env.clock.advance(1);
    assert!(!env.services.housekeeping().is_housekeeping_due(INBOX).await.unwrap(), "a node with other settings");
    node.housekeeping().finish_housekeeping(INBOX).await;
    assert_eq!(env.dump("SELECT event_id FROM inbox").await, "");
}

#[rstest]
#[tokio::test]
async fn nothing_is_due_in_a_new_database(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    for task in HousekeepingTask::all() {
        assert!(!env.services.housekeeping().is_housekeeping_due(task).await.unwrap(), "{task:?}");
    }
}

#[rstest]
#[tokio::test]
async fn the_worker_leaves_nothing_that_is_old_and_no_lease(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    count_usage(&env).await;
    let (rolled_up, counted) = (env.dump(ROLLED_UP).await, env.dump(COUNTED).await);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(env.services.clone(), stop.clone()));
    while !(env.dump(EVENTS).await + &env.dump(HOURS).await).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    worker.await.unwrap();
    assert_exact(&env, &rolled_up, &counted).await;
    assert_eq!(env.dump("SELECT task FROM housekeeping_leases WHERE lapses_at > 0").await, "");
}
