//! Credits and consumes that race with the reset of a counter.

use super::{
    super::correction::{CorrectionRequest, Corrector},
    *,
};

const LANES: usize = 4;
const CALLS_A_LANE: usize = 24;
/// How far the clock moves with each call of one lane: the counter, which is of a minute, is reset several times.
const STEP_SECS: i64 = 7;

#[rstest]
#[tokio::test]
async fn a_credit_that_races_with_a_reset_counts_in_one_period(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = tenant(&env, "pro").await;
    let nodes = [env.services.clone(), env.another_node().await];
    let corrector = Corrector::command_line(tenant.clone());
    let lanes = (0..LANES).map(|lane| {
        let (env, services, corrector, tenant) = (&env, &nodes[lane % nodes.len()], &corrector, &tenant);
        async move {
            let mut counted = 0_i64;
            for call in 0..CALLS_A_LANE {
                let key = format!("{lane}-{call}");
                if call % 3 == 2 {
                    let (feature, reason) = (REQUESTS.to_owned(), "A credit.".to_owned());
                    let credit = CorrectionRequest { feature, amount: -5, reason, idempotency_key: key };
                    match services.usage().correct_usage(corrector, credit).await {
                        Ok(_) => counted -= 5,
                        // The counter was reset before.
                        Err(error) => assert_eq!(error.code(), "correction_below_zero"),
                    }
                } else {
                    services.usage().consume(tenant, REQUESTS, 7, Some(&key)).await.unwrap();
                    counted += 7;
                }
                if lane == 0 {
                    env.clock.advance(STEP_SECS);
                }
            }
            counted
        }
    });
    let counted: i64 = join_all(lanes).await.into_iter().sum();
    let stored = env.dump("SELECT CAST(used AS TEXT) FROM usage_counters WHERE feature = 'api_requests'").await;
    let stored: Vec<i64> = stored.lines().map(|used| used.parse().unwrap()).collect();
    assert!(stored.len() > 1, "the counter was not reset: {stored:?}");
    assert_eq!(stored.iter().sum::<i64>(), counted, "{stored:?}");
    assert_eq!(env.services.usage().verify_usage(None, false).await.unwrap().discrepancies, []);
}
