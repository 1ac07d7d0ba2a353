//! Roll-ups are exact whenever they are read, and whenever they are added.

use domain::{entitlement::history::Step, ids::TenantId};
use rstest::rstest;

use crate::{
    service::{
        Services,
        base::test_env::{NOW, TestEnv},
        usage::{
            UsageEvent,
            correction::{CorrectionRequest, Corrector},
        },
    },
    store::{
        direct_writer::{DirectOutcome, Verdict},
        testing::Engine,
    },
};

const TOKENS: &str = "ai_tokens";
const HOURS: &str = "SELECT CAST(starts_at / 3600000000 AS TEXT) || ' ' || CAST(amount AS TEXT) || ' ' \
     || CAST(peak AS TEXT) || ' ' || CAST(closing AS TEXT) FROM usage_hours ORDER BY starts_at";

async fn tenant(env: &TestEnv) -> TenantId {
    env.owner("pro", "ada@rolled.test").await.current_membership.tenant_id
}

async fn consume(node: &Services, tenant: &TenantId, amount: u64) {
    node.usage().consume(tenant, TOKENS, amount, None).await.unwrap();
}

/// What the history has for the current hour.
async fn this_hour(node: &Services, tenant: &TenantId) -> i64 {
    node.usage().history(tenant, TOKENS, Step::Hour, None, None).await.unwrap().points.last().unwrap().amount
}

fn event(id: &str, amount: u64) -> UsageEvent {
    UsageEvent { source: "/gateway".to_owned(), id: id.to_owned(), feature: TOKENS.to_owned(), amount, at: None }
}

#[rstest]
#[tokio::test]
async fn a_history_has_at_once_what_was_counted_by_its_node_and_by_one_before(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    consume(&env.services, &tenant, 3).await;
    assert_eq!(this_hour(&env.another_node().await, &tenant).await, 3);
    consume(&env.services, &tenant, 4).await;
    assert_eq!(this_hour(&env.services, &tenant).await, 7);
    let later = env.another_node().await;
    assert_eq!(this_hour(&later, &tenant).await, 7);
    consume(&env.services, &tenant, 5).await;
    later.usage().poll_views().await;
    assert_eq!(this_hour(&later, &tenant).await, 12, "after the poll of another node's changes");
}

#[rstest]
#[tokio::test]
async fn recent_usage_has_at_once_what_was_counted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    for (amount, sum) in [(3, 3), (4, 7)] {
        consume(&env.services, &tenant, amount).await;
        let features = env.services.usage().all_features(&tenant).await.unwrap().features;
        let tokens = features.iter().find(|usage| usage.feature.as_str() == TOKENS).unwrap();
        let recent = env.services.usage().recent_usage(&tenant, &features).await.unwrap();
        assert_eq!(tokens.used, sum);
        assert_eq!(recent.trends[&tokens.feature].days.last(), Some(&sum));
    }
}

#[tokio::test]
async fn each_event_is_rolled_up_once_in_the_order_of_counting() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let (tenant, hour) = (tenant(&env).await, NOW.as_secs() / 3600);
    let usage = env.services.usage();
    for (rooms, released) in [(6, 1), (2, 4)] {
        usage.consume(&tenant, "websocket_connections", rooms, None).await.unwrap();
        usage.release(&tenant, "websocket_connections", released, None).await.unwrap();
    }
    assert_eq!(env.dump(HOURS).await, "");
    for _ in 0..2 {
        usage.roll_up_hours().await.unwrap();
        assert_eq!(env.dump(HOURS).await, format!("{hour} 3 7 3\n"));
    }
    usage.consume(&tenant, "websocket_connections", 1, None).await.unwrap();
    usage.roll_up_hours().await.unwrap();
    assert_eq!(env.dump(HOURS).await, format!("{hour} 4 7 4\n"));
    assert_eq!(usage.verify_usage(None, false).await.unwrap().discrepancies, []);
}

#[tokio::test]
async fn a_slice_ends_with_a_commit_and_one_that_is_undone_changes_nothing() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let usage = env.services.usage();
    usage.record(&tenant, vec![event("1", 1), event("2", 2), event("3", 3)]).await.unwrap();
    env.clock.advance(1);
    usage.record(&tenant, vec![event("4", 4)]).await.unwrap();
    let store = &env.database.store;
    for is_kept in [false, true] {
        let mut tx = store.begin().await.unwrap();
        assert!(tx.connection().has_events_to_roll_up().await.unwrap());
        assert_eq!(tx.connection().roll_up_events(2).await.unwrap(), 3);
        assert_eq!(tx.connection().roll_up_events(2).await.unwrap(), 1);
        assert_eq!(tx.connection().roll_up_events(2).await.unwrap(), 0);
        assert!(!tx.connection().has_events_to_roll_up().await.unwrap());
        tx.rollback().await.unwrap();
        let writer = store.direct_writer().unwrap();
        for added in [3, 1, 0] {
            let end = move |added| if is_kept { Verdict::Commit(added) } else { Verdict::Rollback(added) };
            let slice = writer.run(move |tx| tx.roll_up_events(2).map(end)).await.unwrap();
            let expected = if is_kept || added == 3 { added } else { 3 };
            assert!(matches!(slice, DirectOutcome::Done(rolled_up) if rolled_up == expected), "{slice:?}");
        }
    }
    assert_eq!(env.dump(HOURS).await, format!("{} 10 10 10\n", NOW.as_secs() / 3600));
}

#[tokio::test]
async fn what_is_counted_by_a_clock_that_stepped_back_is_rolled_up_too() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let usage = env.services.usage();
    consume(&env.services, &tenant, 1).await;
    usage.roll_up_hours().await.unwrap();
    env.clock.set(NOW.plus_secs(-60));
    for (amount, key) in [(2, "first"), (3, "second")] {
        consume(&env.services, &tenant, amount).await;
        // A correction is written through sqlx, because it has an entry for the audit log.
        let (feature, reason, idempotency_key) = (TOKENS.to_owned(), "A test.".to_owned(), key.to_owned());
        let request = CorrectionRequest { feature, amount: 1, reason, idempotency_key };
        usage.correct_usage(&Corrector::command_line(tenant.clone()), request).await.unwrap();
    }
    assert_eq!(this_hour(&env.services, &tenant).await, 1 + (2 + 1) + (3 + 1));
    assert_eq!(usage.verify_usage(None, false).await.unwrap().discrepancies, []);
}

#[tokio::test]
async fn usage_is_rolled_up_when_a_node_drains() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    consume(&env.services, &tenant, 3).await;
    env.services.drain().await;
    assert_eq!(env.dump(HOURS).await, format!("{} 3 3 3\n", NOW.as_secs() / 3600));
}
