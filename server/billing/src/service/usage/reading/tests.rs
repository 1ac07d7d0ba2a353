//! `check_many` agrees with single checks. Checks and entitlements run no SQL statement once the usage is in memory.

use domain::{entitlement::status::FeatureStatus, ids::TenantId, tenant::external_id::TenantRef, time::Timestamp};
use rstest::rstest;

use super::check_many::CheckRequest;
use crate::{
    service::{
        ServiceError, Services,
        base::test_env::{NOW, StatementCounter, TestEnv},
        usage::{RecordOutcome, UsageEvent},
    },
    store::testing::Engine,
};

const ROOMS: &str = "websocket_connections";
const TOKENS: &str = "ai_tokens";
const REQUESTS: &str = "api_requests";

async fn tenants(env: &TestEnv, count: usize) -> Vec<TenantId> {
    let mut tenants = Vec::new();
    for number in 0..count {
        let plan = if number % 2 == 0 { "free" } else { "pro" };
        tenants.push(env.owner(plan, &format!("owner{number}@many.test")).await.current_membership.tenant_id);
    }
    tenants
}

fn request(tenant: &str, feature: &str, amount: u64) -> CheckRequest {
    CheckRequest { tenant: tenant.parse().unwrap(), feature: feature.to_owned(), amount }
}

fn event(id: &str, amount: u64) -> UsageEvent {
    UsageEvent { source: "/gateway".to_owned(), id: id.to_owned(), feature: TOKENS.to_owned(), amount, at: None }
}

/// Counts the statements of `work`. On `SQLite` they run on another thread, where they are not counted.
async fn statements<T>(work: impl Future<Output = T>) -> (usize, T) {
    let counter = StatementCounter::default();
    let _counted = tracing::subscriber::set_default(counter.clone());
    let done = work.await;
    (counter.count(), done)
}

#[rstest]
#[tokio::test]
async fn many_checks_answer_as_each_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = tenants(&env, 6).await;
    for (tenant, amount) in tenants.iter().zip(1..) {
        env.services.usage().consume(tenant, ROOMS, amount, None).await.unwrap();
    }
    let mut requests = Vec::new();
    for tenant in &tenants {
        for feature in [ROOMS, TOKENS, "auth_providers", "file_size_bytes", "tea"] {
            requests.extend([1, 9, 1_000_000].map(|amount| request(tenant.as_str(), feature, amount)));
        }
    }
    requests.push(request("nowhere", ROOMS, 1));
    requests.push(request("external:nowhere", ROOMS, 1));
    let (together, alone) = (env.another_node().await, env.another_node().await);
    // The first pass reads the store, the second one memory.
    for _ in 0..2 {
        let answers = together.usage().check_many(&requests).await.unwrap();
        assert_eq!(answers.len(), requests.len());
        for (CheckRequest { tenant, feature, amount }, answer) in requests.iter().zip(answers) {
            let expected = match tenant {
                TenantRef::Id(id) => alone.usage().check(id, feature, *amount).await,
                TenantRef::External(_) => Err(ServiceError::TenantNotFound),
            };
            let codes =
                (answer.as_ref().err().map(ServiceError::code), expected.as_ref().err().map(ServiceError::code));
            assert_eq!((codes.0, answer.ok()), (codes.1, expected.ok()), "{tenant} {feature} {amount}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn what_is_in_memory_costs_no_statement(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = tenants(&env, 12).await;
    let node = env.another_node().await;
    let check = async |some: &[TenantId]| {
        let requests: Vec<_> = some.iter().map(|tenant| request(tenant.as_str(), ROOMS, 1)).collect();
        let (statements, answers) = statements(node.usage().check_many(&requests)).await;
        assert!(answers.unwrap().iter().all(Result::is_ok));
        statements
    };
    let few = check(&tenants[..2]).await;
    assert_eq!(few > 0, engine == Engine::Postgres);
    assert_eq!(check(&tenants[2..]).await, few, "cold tenants are read together");
    until_free("checks", async || check(&tenants).await).await;
    let entitlements = async || {
        let (statements, found) = statements(node.usage().tenant_entitlements(&tenants[0])).await;
        assert_eq!(found.unwrap().features.len(), node.catalog().features.len());
        statements
    };
    until_free("entitlements", entitlements).await;
}

/// Repeats a call until it costs no statement. On a busy machine a view may be stale by the next call.
async fn until_free(what: &str, cost: impl AsyncFn() -> usize) {
    for _ in 0..20 {
        if cost().await == 0 {
            return;
        }
    }
    panic!("{what} are never answered from memory");
}

async fn status(services: &Services, tenant: &TenantId, feature: &str) -> FeatureStatus {
    let all = services.usage().tenant_entitlements(tenant).await.unwrap().features;
    all.into_iter().find(|status| status.feature.as_str() == feature).unwrap()
}

#[rstest]
#[tokio::test]
async fn entitlements_follow_usage_and_the_end_of_a_period(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = &tenants(&env, 1).await[0];
    let features = env.services.usage().tenant_entitlements(tenant).await.unwrap().features;
    let keys: Vec<_> = features.iter().map(|status| &status.feature).collect();
    assert_eq!(keys, env.services.catalog().features.iter().map(|feature| &feature.key).collect::<Vec<_>>());

    env.services.usage().record(tenant, vec![event("1", 70)]).await.unwrap();
    let counted = status(&env.services, tenant, TOKENS).await;
    assert_eq!(counted.used, 70);
    let resets_at = counted.resets_at.unwrap();
    assert!(resets_at > NOW);
    env.clock.set(resets_at);
    let reset = status(&env.services, tenant, TOKENS).await;
    assert_eq!((reset.used, reset.resets_at > Some(resets_at)), (0, true), "{reset:?}");
    // A feature counted by the minute resets in the same way, and no check reads an old period.
    env.services.usage().consume(tenant, REQUESTS, 3, None).await.unwrap();
    env.clock.set(Timestamp::from_secs(resets_at.as_secs() + 3600));
    let checks = [request(tenant.as_str(), REQUESTS, 1)];
    let answers = env.services.usage().check_many(&checks).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap().used, status(&env.services, tenant, REQUESTS).await.used);
}

#[rstest]
#[tokio::test]
async fn events_of_many_tenants_count_once_and_an_unknown_tenant_hinders_no_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenants = tenants(&env, 4).await;
    let named = |name: &str| name.parse::<TenantRef>().unwrap();
    let events = || {
        let mut events: Vec<_> =
            tenants.iter().zip(1..).map(|(id, amount)| (named(id.as_str()), event("1", amount))).collect();
        events.insert(2, (named("nowhere"), event("1", 5)));
        events.push((named("installation"), event("1", 5)));
        events.push((named(tenants[0].as_str()), UsageEvent { feature: "tea".to_owned(), ..event("2", 5) }));
        // The same event twice in one request.
        events.push((named(tenants[0].as_str()), event("1", 1)));
        events
    };
    for (node, expected) in [(env.services.clone(), "+"), (env.another_node().await, "=")] {
        let outcomes = node.usage().record_of_many(events(), None).await.unwrap();
        let signs: Vec<_> = outcomes
            .iter()
            .map(|outcome| match outcome {
                RecordOutcome::Accepted => "+",
                RecordOutcome::Duplicate => "=",
                RecordOutcome::Rejected { code, .. } => code.as_str(),
            })
            .collect();
        let (unknown, first) = ("tenant_not_found", expected);
        assert_eq!(signs, [first, first, unknown, first, first, unknown, "unknown_feature", "="]);
    }
    for (tenant, amount) in tenants.iter().zip(1..) {
        assert_eq!(env.services.usage().check(tenant, TOKENS, 1).await.unwrap().used, amount);
    }
    assert_eq!(env.services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
}
