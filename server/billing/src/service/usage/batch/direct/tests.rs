//! What the direct writer does by itself, and what it leaves to the other way.

use domain::entitlement::change::Change;
use rstest::rstest;

use super::*;
use crate::{
    service::{
        base::test_env::TestEnv,
        usage::correction::{CorrectionRequest, Corrector},
    },
    store::{testing::Engine, usage::usage_events::EventId},
};

/// A gauge: the plan `pro` has 100.
const ROOMS: &str = "websocket_connections";

async fn tenant(env: &TestEnv) -> TenantId {
    env.owner("pro", "ada@direct.test").await.current_membership.tenant_id
}

fn consume(env: &TestEnv, tenant: &TenantId, amount: u64, key: Option<&str>) -> Operation {
    let features = &env.services.catalog().features;
    let place = features.iter().position(|feature| feature.key.as_str() == ROOMS).unwrap();
    let id = key.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned);
    Operation {
        event: EventId { tenant: tenant.clone(), source: format!("consume {ROOMS}"), id },
        is_repeatable: key.is_some(),
        is_compared: true,
        event_at: None,
        parts: vec![(place, Change::Consume(amount))],
        key: None,
        audit_entry: None,
    }
}

async fn written(env: &TestEnv, operation: &Operation) -> Result<Option<Vec<Outcome>>, BatchError> {
    written_after(env, operation, DedupCheck::Lazy).await
}

async fn written_after(
    env: &TestEnv,
    operation: &Operation,
    dedup: DedupCheck,
) -> Result<Option<Vec<Outcome>>, BatchError> {
    try_to_write(env.services.usage(), &Arc::from([operation.clone()]), dedup).await
}

/// What is counted after the operation. The thread must have written it.
async fn used_after(env: &TestEnv, operation: &Operation) -> u64 {
    let outcomes = written(env, operation).await.unwrap().unwrap();
    let [Outcome::Counted(answers)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    answers[0].used
}

#[tokio::test]
async fn a_plain_call_is_written_on_the_thread_and_seen_by_checks_and_by_the_other_way() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    assert_eq!(used_after(&env, &consume(&env, &tenant, 10, Some("first"))).await, 10);
    assert_eq!(used_after(&env, &consume(&env, &tenant, 5, None)).await, 15);
    assert_eq!(env.services.usage().check(&tenant, ROOMS, 1).await.unwrap().used, 15);
    let (feature, reason, idempotency_key) = (ROOMS.to_owned(), "A test.".to_owned(), "correction".to_owned());
    let request = CorrectionRequest { feature, amount: 2, reason, idempotency_key };
    let corrected = env.services.usage().correct_usage(&Corrector::command_line(tenant.clone()), request).await;
    assert_eq!(corrected.unwrap().used, 17);
    assert_eq!(used_after(&env, &consume(&env, &tenant, 1, None)).await, 18);
}

#[tokio::test]
async fn a_repeat_is_recognized_and_gets_the_first_answer() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let call = consume(&env, &tenant, 10, Some("once"));
    assert_eq!(used_after(&env, &call).await, 10);
    let repeated = written(&env, &call).await;
    assert!(matches!(&repeated, Err(BatchError::Retry(stale)) if stale.is_empty()), "{repeated:?}");
    assert_eq!(used_after(&env, &consume(&env, &tenant, 1, None)).await, 11);
    let known = written_after(&env, &call, DedupCheck::Eager).await.unwrap().unwrap();
    let [Outcome::Known(answers)] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!(answers[0].used, 10);
    let reused = consume(&env, &tenant, 9, Some("once"));
    assert_eq!(written_after(&env, &reused, DedupCheck::Eager).await.unwrap().unwrap(), [Outcome::KeyReused]);
    let answer = env.services.usage().consume(&tenant, ROOMS, 10, Some("once")).await.unwrap();
    assert_eq!(answer.used, 10);
    assert_eq!(used_after(&env, &consume(&env, &tenant, 1, None)).await, 12);
}

#[tokio::test]
async fn a_repeat_of_several_features_is_searched_for_at_once() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let mut call = consume(&env, &tenant, 1, Some("several"));
    call.parts.push((call.parts[0].0, Change::Consume(2)));
    let counted = written(&env, &call).await.unwrap().unwrap();
    let [Outcome::Counted(first)] = counted.as_slice() else { panic!("{counted:?}") };
    let known = written(&env, &call).await.unwrap().unwrap();
    assert_eq!(known, [Outcome::Known(first.clone())]);
}

#[tokio::test]
async fn a_call_that_crosses_a_threshold_is_left_to_the_other_way_which_alerts() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    assert_eq!(used_after(&env, &consume(&env, &tenant, 10, None)).await, 10);
    let crossing = consume(&env, &tenant, 90, None);
    assert_eq!(written(&env, &crossing).await.unwrap(), None);
    assert_eq!(used_after(&env, &consume(&env, &tenant, 1, None)).await, 11, "nothing of it was written");
    assert!(env.services.usage().alerts(&tenant).await.unwrap().is_empty());
    env.services.usage().consume(&tenant, ROOMS, 89, None).await.unwrap();
    assert!(!env.services.usage().alerts(&tenant).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_call_above_the_limit_is_refused_on_the_thread_unless_it_is_a_repeat() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let refused = written(&env, &consume(&env, &tenant, 101, None)).await.unwrap().unwrap();
    assert!(matches!(refused.as_slice(), [Outcome::Refused(..)]), "{refused:?}");
    let counted = consume(&env, &tenant, 60, Some("counted"));
    assert_eq!(used_after(&env, &counted).await, 60);
    let refused = written(&env, &consume(&env, &tenant, 60, Some("refused"))).await.unwrap().unwrap();
    assert!(matches!(refused.as_slice(), [Outcome::Refused(..)]), "{refused:?}");
    let repeated = written(&env, &counted).await;
    assert!(matches!(&repeated, Err(BatchError::Retry(stale)) if stale.is_empty()), "{repeated:?}");
}

#[tokio::test]
async fn a_decision_by_stale_facts_is_not_written() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = tenant(&env).await;
    let call = consume(&env, &tenant, 1, None);
    assert_eq!(used_after(&env, &call).await, 1);
    env.run("UPDATE tenants SET revision = revision + 1").await;
    let stale = written(&env, &consume(&env, &tenant, 1, None)).await;
    assert!(matches!(&stale, Err(BatchError::Retry(stale)) if *stale == [tenant.clone()]), "{stale:?}");
    assert_eq!(env.services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap().used, 2);
}

#[rstest]
#[tokio::test]
async fn a_counter_that_was_deleted_meanwhile_is_counted_anew(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env).await;
    env.services.usage().consume(&tenant, ROOMS, 3, None).await.unwrap();
    env.run("DELETE FROM usage_counters").await;
    assert_eq!(env.services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap().used, 1);
}

#[tokio::test]
async fn postgres_has_no_direct_writer() {
    let env = TestEnv::new(Engine::Postgres).await;
    let tenant = tenant(&env).await;
    assert_eq!(written(&env, &consume(&env, &tenant, 1, None)).await.unwrap(), None);
}
