//! Usage is exact, durable and counted once: on both databases, from one node and from several.

mod course;
mod resets;

use domain::{
    entitlement::{change::COUNTER_MAX, check::FailureReason, history::Step},
    ids::TenantId,
    time::Timestamp,
};
use futures::future::join_all;
use rstest::rstest;

use super::{
    super::{
        ServiceError, Services,
        base::test_env::{NOW, TestEnv},
    },
    RecordOutcome, UsageEvent,
    verify::DerivedKind,
};
use crate::store::testing::Engine;

const ROOMS: &str = "websocket_connections";
const TOKENS: &str = "ai_tokens";
const REQUESTS: &str = "api_requests";

async fn tenant(env: &TestEnv, plan: &str) -> TenantId {
    env.owner(plan, &format!("{plan}@usage.test")).await.current_membership.tenant_id
}

async fn used(services: &Services, tenant: &TenantId, feature: &str) -> u64 {
    services.usage().check(tenant, feature, 1).await.unwrap().used
}

fn event(id: &str, feature: &str, amount: u64, at: Option<Timestamp>) -> UsageEvent {
    UsageEvent { source: "/gateway".to_owned(), id: id.to_owned(), feature: feature.to_owned(), amount, at }
}

#[rstest]
#[tokio::test]
async fn of_200_concurrent_consumes_on_a_limit_of_100_exactly_100_succeed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 2, 4)] nodes: usize,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let nodes = join_all((0..nodes).map(|_| env.another_node())).await;
    let calls = (0..200).map(|call| nodes[call % nodes.len()].usage().consume(&tenant, ROOMS, 1, None));
    let answers = join_all(calls).await;
    let mut stands: Vec<_> = answers.iter().filter_map(|answer| Some(answer.as_ref().ok()?.used)).collect();
    stands.sort_unstable();
    assert_eq!(stands, (1..=100).collect::<Vec<_>>());
    for refused in answers.into_iter().filter_map(Result::err) {
        let ServiceError::LimitReached(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.message, "WebSocket connection limit reached (100)");
    }
    // Another node reads the same count.
    assert_eq!(used(&env.another_node().await, &tenant, ROOMS).await, 100);
}

#[rstest]
#[tokio::test]
async fn several_features_are_consumed_together_or_not_at_all(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let other = env.another_node().await;
    // The plan has 100 connections and 10 rooms: calls that take 3 rooms each succeed three times.
    let wishes = [(ROOMS, 1), ("websocket_rooms", 3)];
    let nodes = [&env.services, &other];
    let calls = (0..40).map(|call| nodes[call % 2].usage().consume_several(&tenant, &wishes, None));
    let taken = join_all(calls).await.into_iter().flatten().count();
    assert_eq!(taken, 3);
    let fresh = env.another_node().await;
    assert_eq!((used(&fresh, &tenant, ROOMS).await, used(&fresh, &tenant, "websocket_rooms").await), (3, 9));
    // The same feature twice counts twice.
    let twice = env.services.usage().consume_several(&tenant, &[(ROOMS, 50), (ROOMS, 48)], None).await;
    assert!(matches!(twice, Err(ServiceError::LimitReached(_))), "{twice:?}");
    let twice = env.services.usage().consume_several(&tenant, &[(ROOMS, 50), (ROOMS, 47)], None).await.unwrap();
    assert_eq!(twice.iter().map(|answer| answer.used).collect::<Vec<_>>(), [53, 100]);
}

#[rstest]
#[tokio::test]
async fn a_gauge_stays_between_zero_and_its_limit(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let services = &env.services;
    assert_eq!(services.usage().set_usage(&tenant, ROOMS, 10, None).await.unwrap().used, 10);
    let too_much = services.usage().set_usage(&tenant, ROOMS, 11, None).await.unwrap_err();
    assert_eq!(too_much.code(), "limit_reached");
    assert_eq!(services.usage().release(&tenant, ROOMS, 4, None).await.unwrap().used, 6);
    assert_eq!(services.usage().consume(&tenant, ROOMS, 4, None).await.unwrap().used, 10);
    assert_eq!(services.usage().release(&tenant, ROOMS, 400, None).await.unwrap().used, 0);
    for wrong in [
        services.usage().release(&tenant, TOKENS, 1, None).await,
        services.usage().set_usage(&tenant, TOKENS, 1, None).await,
    ] {
        assert_eq!(wrong.unwrap_err().code(), "not_a_gauge");
    }
    assert_eq!(services.usage().consume(&tenant, "team_members", 1, None).await.unwrap_err().code(), "counted_by_dues");
    assert_eq!(services.usage().consume(&tenant, "tea", 1, None).await.unwrap_err().code(), "unknown_feature");
    assert_eq!(
        services.usage().consume(&tenant, "game_projects", 1, None).await.unwrap_err().code(),
        "feature_not_included"
    );
    assert_eq!(
        services.usage().consume(&tenant, "ai_runtime", 1, None).await.unwrap_err().code(),
        "feature_not_included"
    );
    let unknown: TenantId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    assert_eq!(services.usage().consume(&unknown, ROOMS, 1, None).await.unwrap_err().code(), "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn the_same_key_counts_once_and_gets_the_same_answer_from_every_node(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let other = env.another_node().await;
    let calls = (0..20).map(|call| {
        let node = if call % 2 == 0 { &env.services } else { &other };
        node.usage().consume(&tenant, ROOMS, 9, Some("one"))
    });
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((answers[0].used, answers[0].permille), (9, 900));
    assert_eq!(answers[0].warning.as_deref(), Some("WebSocket connections: 9 of 10 used."));
    // A repeat gets the first answer also after other changes.
    env.services.usage().release(&tenant, ROOMS, 9, Some("one")).await.unwrap();
    assert_eq!(env.services.usage().consume(&tenant, ROOMS, 9, Some("one")).await.unwrap(), answers[0]);
    assert_eq!(used(&env.services, &tenant, ROOMS).await, 0);
    let reused = env.services.usage().consume(&tenant, ROOMS, 8, Some("one")).await.unwrap_err();
    assert_eq!(reused.code(), "idempotency_key_reused");
    // A refused call does not use up its key.
    assert_eq!(
        env.services.usage().consume(&tenant, ROOMS, 11, Some("two")).await.unwrap_err().code(),
        "limit_reached"
    );
    assert_eq!(env.services.usage().consume(&tenant, ROOMS, 10, Some("two")).await.unwrap().used, 10);
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer_when_the_limit_is_reached_by_now(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let services = &env.services;
    let first = services.usage().consume(&tenant, ROOMS, 4, Some("a")).await.unwrap();
    services.usage().consume(&tenant, ROOMS, 6, None).await.unwrap();
    assert_eq!(services.usage().consume(&tenant, ROOMS, 4, Some("a")).await.unwrap(), first);
    assert_eq!(services.usage().consume(&tenant, ROOMS, 1, Some("b")).await.unwrap_err().code(), "limit_reached");
    services.usage().release(&tenant, ROOMS, 10, None).await.unwrap();
    // Repeats and new calls in one batch: only the new ones count.
    let calls = (0..20).map(|call| {
        let key = if call % 4 == 0 { "a".to_owned() } else { format!("new{}", call % 5) };
        let amount = if key == "a" { 4 } else { 1 };
        let (services, tenant) = (services.clone(), tenant.clone());
        tokio::spawn(async move { services.usage().consume(&tenant, ROOMS, amount, Some(&key)).await.unwrap() })
    });
    for answer in join_all(calls.collect::<Vec<_>>()).await {
        answer.unwrap();
    }
    assert_eq!(used(services, &tenant, ROOMS).await, 5);
    // A call of several features has one key, whichever feature comes first.
    let both = |first: &'static str, second: &'static str| [(first, 1), (second, 1)];
    services.usage().consume_several(&tenant, &both(ROOMS, TOKENS), Some("several")).await.unwrap();
    let other = services.usage().consume_several(&tenant, &both(TOKENS, ROOMS), Some("several")).await;
    assert_eq!(other.unwrap_err().code(), "idempotency_key_reused");
    assert_eq!(used(services, &tenant, ROOMS).await, 6);
}

#[rstest]
#[tokio::test]
async fn events_are_always_recorded_and_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let services = &env.services;
    let sent = vec![
        event("1", ROOMS, 25, None),
        event("1", ROOMS, 25, None),
        event("2", "tea", 1, None),
        event("3", "file_size_bytes", 1, None),
        event("4", "team_members", 1, None),
        event("5", TOKENS, COUNTER_MAX, None),
        event("6", TOKENS, 1, None),
    ];
    let recorded = services.usage().record(&tenant, sent.clone()).await.unwrap();
    let outcomes: Vec<_> = recorded
        .iter()
        .map(|recorded| match recorded {
            RecordOutcome::Accepted => "accepted",
            RecordOutcome::Duplicate => "duplicate",
            RecordOutcome::Rejected { code, .. } => code.as_str(),
        })
        .collect();
    let expected = [
        "accepted",
        "duplicate",
        "unknown_feature",
        "validation_error",
        "counted_by_dues",
        "accepted",
        "validation_error",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!((used(services, &tenant, ROOMS).await, used(services, &tenant, TOKENS).await), (25, COUNTER_MAX));
    let again = env.another_node().await.usage().record(&tenant, sent).await.unwrap();
    assert_eq!(again.iter().filter(|again| **again == RecordOutcome::Duplicate).count(), 3);
    assert_eq!(used(services, &tenant, ROOMS).await, 25);
    assert_eq!(services.usage().record(&tenant, Vec::new()).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_late_event_counts_to_its_own_period_while_that_is_open_else_to_the_current_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let services = &env.services;
    // NOW is 9 January 2026, 23:06:40.
    let late = vec![
        event("in time", TOKENS, 1, Some(NOW.plus_secs(-8 * 86_400))),
        event("too late", TOKENS, 10, Some(NOW.plus_secs(-20 * 86_400))),
        event("ahead", TOKENS, 100, Some(NOW.plus_secs(40 * 86_400))),
    ];
    services.usage().record(&tenant, late).await.unwrap();
    assert_eq!(used(services, &tenant, TOKENS).await, 111);
    let ledger = env
        .dump(
            "SELECT event_id || CASE WHEN event_at = counted_at THEN ' true ' ELSE ' false ' END || amount \
             FROM usage_events ORDER BY amount",
        )
        .await;
    assert_eq!(ledger, "in time true 1\ntoo late false 10\nahead true 100\n");
    services.usage().roll_up_hours().await.unwrap();
    let hours =
        env.dump("SELECT CAST(starts_at / 3600000000 AS TEXT) || ' ' || amount FROM usage_hours ORDER BY amount").await;
    let hour = NOW.as_secs() / 3600;
    assert_eq!(hours, format!("{} 1\n{hour} 110\n", hour - 8 * 24));
    // Late events count on their day: the closing of each day is the sum up to it.
    let late = vec![event("later still", TOKENS, 5, Some(NOW.plus_secs(-7 * 86_400)))];
    services.usage().record(&tenant, late).await.unwrap();
    let history =
        services.usage().history(&tenant, TOKENS, Step::Day, Some(NOW.plus_secs(-7 * 86_400)), None).await.unwrap();
    let points: Vec<_> = history.points.iter().map(|point| (point.amount, point.closing)).collect();
    assert_eq!(points, [[(5, 6)].as_slice(), &[(0, 6); 6], &[(110, 116)]].concat());
}

#[rstest]
#[tokio::test]
async fn counters_reset_at_their_periods_and_a_clock_that_steps_back_finds_the_old_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "free").await;
    let services = &env.services;
    services.usage().consume(&tenant, REQUESTS, 100, None).await.unwrap();
    assert_eq!(services.usage().consume(&tenant, REQUESTS, 1, None).await.unwrap_err().code(), "limit_reached");
    env.clock.set(NOW.plus_secs(60));
    assert_eq!(services.usage().consume(&tenant, REQUESTS, 1, None).await.unwrap().used, 1);
    env.clock.set(NOW);
    assert_eq!(services.usage().consume(&tenant, REQUESTS, 1, None).await.unwrap_err().code(), "limit_reached");
    assert_eq!(used(services, &tenant, REQUESTS).await, 100);
}

#[rstest]
#[tokio::test]
async fn a_lower_limit_applies_to_the_next_call_on_every_node(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let other = env.another_node().await;
    let first = join_all((0..50).map(|_| env.services.usage().consume(&tenant, ROOMS, 1, None))).await;
    assert!(first.iter().all(Result::is_ok));
    other.usage().check(&tenant, ROOMS, 1).await.unwrap();
    env.grant(&tenant, "free").await;
    // Above the new limit nothing more is consumed, also on the node that cached the old limit.
    for node in [&env.services, &other] {
        let refused = node.usage().consume(&tenant, ROOMS, 1, None).await.unwrap_err();
        let ServiceError::LimitReached(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.reason, FailureReason::LimitReached);
        assert_eq!(refusal.message, "WebSocket connection limit reached (10)");
    }
    assert_eq!(used(&other, &tenant, ROOMS).await, 50);
}

#[rstest]
#[tokio::test]
async fn a_wrong_counter_is_found_and_repaired(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let services = &env.services;
    services.usage().consume(&tenant, ROOMS, 7, None).await.unwrap();
    services.usage().release(&tenant, ROOMS, 2, None).await.unwrap();
    services.usage().record(&tenant, vec![event("1", TOKENS, 11, None)]).await.unwrap();
    let clean = services.usage().verify_usage(None, false).await.unwrap();
    assert_eq!((clean.counters, clean.discrepancies.len()), (2, 0));

    env.run("UPDATE usage_counters SET used = 6 WHERE feature = 'websocket_connections'").await;
    env.run("UPDATE usage_hours SET amount = 12 WHERE feature = 'ai_tokens'").await;
    let wrong = services.usage().verify_usage(Some(&tenant), false).await.unwrap().discrepancies;
    let outcomes: Vec<_> =
        wrong.iter().map(|wrong| (wrong.feature.as_str(), wrong.of, wrong.stands, wrong.should_be)).collect();
    assert_eq!(outcomes, [(ROOMS, DerivedKind::Counter, 6, 5), (TOKENS, DerivedKind::Hour, 12, 11)]);
    assert_eq!(services.usage().verify_usage(None, true).await.unwrap().discrepancies, wrong);
    assert_eq!(services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
    assert_eq!(used(services, &tenant, ROOMS).await, 5);
    let unknown = "unknown".parse().unwrap();
    assert_eq!(services.usage().verify_usage(Some(&unknown), false).await.unwrap_err().code(), "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn folded_events_stay_counted_and_in_history(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const DAY: i64 = 86_400;
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let services = &env.services;
    services.usage().consume(&tenant, ROOMS, 7, None).await.unwrap();
    services.usage().consume(&tenant, REQUESTS, 3, None).await.unwrap();
    env.clock.advance(3600);
    services.usage().release(&tenant, ROOMS, 4, None).await.unwrap();
    env.clock.advance(500 * DAY);
    services.usage().consume(&tenant, ROOMS, 2, None).await.unwrap();
    services.housekeeping().fold_usage().await;
    services.housekeeping().fold_usage().await;
    assert_eq!(env.dump("SELECT CAST(amount AS TEXT) FROM usage_events").await, "2\n");
    assert_eq!(env.dump("SELECT feature FROM usage_counters").await, "websocket_connections\n");
    assert_eq!(services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
    assert_eq!(used(&env.another_node().await, &tenant, ROOMS).await, 5);

    let (from, to) = (Some(NOW.plus_secs(-DAY)), Some(NOW.plus_secs(2 * DAY)));
    let history = services.usage().history(&tenant, ROOMS, Step::Day, from, to).await.unwrap();
    let points: Vec<_> = history.points.iter().map(|point| (point.amount, point.peak, point.closing)).collect();
    // The consume is at 23:06, and the release an hour later, on the next day.
    assert_eq!(points, [(0, 0, 0), (7, 7, 7), (-4, 7, 3), (0, 3, 3)]);
    // A gauge that has not changed keeps its value, though its hours are folded.
    let (from, to) = (Some(NOW.plus_secs(400 * DAY)), Some(NOW.plus_secs(401 * DAY)));
    let later = services.usage().history(&tenant, ROOMS, Step::Day, from, to).await.unwrap();
    assert!(later.points.iter().all(|point| point.closing == 3), "{:?}", later.points);
    let too_long =
        services.usage().history(&tenant, ROOMS, Step::Hour, Some(NOW.plus_secs(-99 * DAY)), Some(NOW)).await;
    assert_eq!(too_long.unwrap_err().code(), "validation_error");
}

#[rstest]
#[tokio::test]
async fn a_counter_outlives_its_events_until_its_period_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = env.keeping_events_for(30).await;
    env.clock.set(Timestamp::parse_rfc3339("2026-01-01T00:10:00Z").unwrap());
    let tenant = tenant(&env, "free").await;
    services.usage().consume(&tenant, TOKENS, 7, None).await.unwrap();
    env.clock.set(Timestamp::parse_rfc3339("2026-01-31T12:00:00Z").unwrap());
    services.housekeeping().fold_usage().await;
    assert_eq!(env.dump("SELECT event_id FROM usage_events").await, "");
    assert_eq!(services.usage().consume(&tenant, TOKENS, 1, None).await.unwrap().used, 8);
    env.clock.advance(62 * 86_400);
    services.housekeeping().fold_usage().await;
    assert_eq!(env.dump("SELECT feature FROM usage_counters").await, "");
}
