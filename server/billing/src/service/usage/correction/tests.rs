//! Corrections are exact, counted once and never below zero, and everything that reads the ledger agrees.

use domain::{
    entitlement::{alert::AlertKind, change::COUNTER_MAX, history::Step},
    ids::TenantId,
};
use futures::future::join_all;
use rstest::rstest;

use super::{
    super::{
        super::{base::test_env::TestEnv, tenant::audit::AuditFilter},
        UsageEvent,
    },
    CorrectionRequest, Corrector,
};
use crate::store::testing::Engine;

const TOKENS: &str = "ai_tokens";
const ROOMS: &str = "websocket_connections";

fn request(feature: &str, amount: i64, key: &str) -> CorrectionRequest {
    let reason = "An import ran twice.".to_owned();
    CorrectionRequest { feature: feature.to_owned(), amount, reason, idempotency_key: key.to_owned() }
}

fn flood(amount: u64) -> UsageEvent {
    let (source, id) = ("/import".to_owned(), "1".to_owned());
    UsageEvent { source, id, feature: TOKENS.to_owned(), amount, at: None }
}

async fn used(env: &TestEnv, tenant: &TenantId, feature: &str) -> u64 {
    env.services.usage().check(tenant, feature, 1).await.unwrap().used
}

#[rstest]
#[tokio::test]
async fn a_correction_reaches_everything_that_reads_the_ledger(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, tenant) = (&env.services, env.owner("free", "owner@acme.test").await.current_membership.tenant_id);
    services.usage().record(&tenant, vec![flood(COUNTER_MAX)]).await.unwrap();
    let refused = services.usage().consume(&tenant, TOKENS, 1, None).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached");

    let corrector = Corrector::command_line(tenant.clone());
    let down = -i64::try_from(COUNTER_MAX).unwrap() + 70;
    let answer = services.usage().correct_usage(&corrector, request(TOKENS, down, "fix-1")).await.unwrap();
    assert_eq!((answer.used, answer.failure), (70, None));
    services.usage().consume(&tenant, TOKENS, 5, None).await.unwrap();
    services.usage().correct_usage(&corrector, request(TOKENS, 25, "fix-2")).await.unwrap();
    assert_eq!(used(&env, &tenant, TOKENS).await, 100);

    let verified = services.usage().verify_usage(Some(&tenant), false).await.unwrap();
    assert_eq!(verified.discrepancies, []);
    let history = services.usage().history(&tenant, TOKENS, Step::Hour, None, None).await.unwrap();
    let last = history.points.last().unwrap();
    assert_eq!((last.amount, last.closing), (100, 100), "{history:?}");
    let alerts: Vec<_> = services.usage().alerts(&tenant).await.unwrap().into_iter().map(|alert| alert.kind).collect();
    assert!(alerts.contains(&AlertKind::Reached) && alerts.contains(&AlertKind::Cleared), "{alerts:?}");
}

#[rstest]
#[tokio::test]
async fn a_correction_counts_once_and_another_under_its_key_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, tenant) = (&env.services, env.owner("pro", "owner@acme.test").await.current_membership.tenant_id);
    services.usage().set_usage(&tenant, ROOMS, 50, None).await.unwrap();
    let corrector = Corrector::command_line(tenant.clone());
    let nodes = [services.clone(), env.another_node().await];
    let tries = (0..10).map(|at| nodes[at % 2].usage().correct_usage(&corrector, request(ROOMS, -30, "once")));
    for outcome in join_all(tries).await {
        assert_eq!(outcome.unwrap().used, 20);
    }
    assert_eq!(used(&env, &tenant, ROOMS).await, 20);
    for other in [request(ROOMS, 30, "once"), request(ROOMS, -31, "once"), request(TOKENS, -30, "once")] {
        let refused = services.usage().correct_usage(&corrector, other).await.unwrap_err();
        assert_eq!(refused.code(), "idempotency_key_reused");
    }
    // A repeat gets the first answer even if the correction would fail now.
    services.usage().set_usage(&tenant, ROOMS, 0, None).await.unwrap();
    assert_eq!(services.usage().correct_usage(&corrector, request(ROOMS, -30, "once")).await.unwrap().used, 20);

    let filter = AuditFilter { action: Some("usage.corrected".parse().unwrap()), ..AuditFilter::default() };
    let entries = services.tenants().audit(&tenant, &filter, None, 10).await.unwrap().entries;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((entries[0].target.as_str(), entries[0].actor_kind.as_str()), (ROOMS, "operator"));
    assert_eq!(
        (&entries[0].details["amount"], &entries[0].details["reason"]),
        (&(-30).into(), &"An import ran twice.".into())
    );
}

#[rstest]
#[tokio::test]
async fn a_correction_never_goes_below_zero(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (services, tenant) = (&env.services, env.owner("pro", "owner@acme.test").await.current_membership.tenant_id);
    services.usage().consume(&tenant, TOKENS, 10, None).await.unwrap();
    let corrector = Corrector::command_line(tenant.clone());
    let refused = services.usage().correct_usage(&corrector, request(TOKENS, -11, "k")).await.unwrap_err();
    assert_eq!(refused.code(), "correction_below_zero");
    assert_eq!(used(&env, &tenant, TOKENS).await, 10);
    // A failed correction does not use up its key.
    assert_eq!(services.usage().correct_usage(&corrector, request(TOKENS, -10, "k")).await.unwrap().used, 0);
    // Of many at once, only as many succeed as the count allows.
    services.usage().consume(&tenant, TOKENS, 10, None).await.unwrap();
    let keys: Vec<_> = (0..8).map(|number| format!("many-{number}")).collect();
    let outcomes =
        join_all(keys.iter().map(|key| services.usage().correct_usage(&corrector, request(TOKENS, -3, key)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3, "{outcomes:?}");
    assert_eq!(used(&env, &tenant, TOKENS).await, 1);
    assert_eq!(services.usage().verify_usage(Some(&tenant), false).await.unwrap().discrepancies, []);
}

#[rstest]
#[case(request(TOKENS, 0, "k"), "validation_error")]
#[case(request(TOKENS, i64::MIN, "k"), "validation_error")]
#[case(request(TOKENS, 1, ""), "validation_error")]
#[case(request(TOKENS, 1, &"k".repeat(256)), "validation_error")]
#[case(CorrectionRequest { reason: "  ".to_owned(), ..request(TOKENS, 1, "k") }, "validation_error")]
#[case(CorrectionRequest { reason: "x".repeat(501), ..request(TOKENS, 1, "k") }, "validation_error")]
#[case(CorrectionRequest { reason: "a\nb".to_owned(), ..request(TOKENS, 1, "k") }, "validation_error")]
#[case(request("tea", 1, "k"), "unknown_feature")]
#[case(request("secrets", 1, "k"), "counted_by_dues")]
#[case(request("ai_runtime", 1, "k"), "validation_error")]
#[case(request("file_size_bytes", 1, "k"), "validation_error")]
#[tokio::test]
async fn invalid_corrections_are_rejected(#[case] asked: CorrectionRequest, #[case] code: &str) {
    let env = TestEnv::new(Engine::Sqlite).await;
    let tenant = env.owner("pro", "owner@acme.test").await.current_membership.tenant_id;
    let refused = env.services.usage().correct_usage(&Corrector::command_line(tenant), asked).await.unwrap_err();
    assert_eq!(refused.code(), code, "{refused:?}");
    let nowhere = Corrector::command_line("nowhere".parse().unwrap());
    let refused = env.services.usage().correct_usage(&nowhere, request(TOKENS, 1, "k")).await.unwrap_err();
    assert_eq!(refused.code(), "tenant_not_found");
}
