//! Events that arrive while an import reads a customer that no tenant has yet.

use std::mem;

use billing::store::testing::Engine;
use domain::{catalog::Cycle, tenant::import::ImportOutcome};
use rstest::rstest;
use serde_json::{Value, json};

use crate::test_env::TestEnv;

/// The first read of the import returns the subscription as it was before it ended.
#[rstest]
#[tokio::test]
async fn an_event_between_the_read_and_the_link_is_not_missed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] an_event_arrives: bool,
) {
    let env = TestEnv::start(engine).await;
    let customer = env.plant_customer(Some("org")).await;
    env.plant_subscription(&customer, &env.price("pro", Cycle::Monthly), 1).await;
    let subscription = env.provider_subscriptions().await[0]["id"].as_str().unwrap().to_owned();
    env.end_at_provider(&subscription).await;
    if an_event_arrives {
        env.send_webhook(&env.subscription_ended_event("evt_1", &subscription)).await;
        // No tenant has the customer: the event is ignored.
        env.run_due_jobs().await;
    }
    let mut is_outdated = true;
    env.alter_responses(move |answer| {
        if answer["object"] == "list" && answer["data"][0]["id"] == subscription.as_str() && mem::take(&mut is_outdated)
        {
            let listed = &mut answer["data"][0];
            listed["status"] = json!("active");
            for ended in ["ended_at", "canceled_at"] {
                listed[ended] = Value::Null;
            }
        }
    });
    env.take_calls();
    let (import, report) = env.import(false).await;
    assert_eq!(report.summary.written, 1);
    assert_eq!(env.rows_of(&import).await[0].outcome, ImportOutcome::Adopt);
    let reads = env.take_calls().into_iter().filter(|call| call == "GET /v1/subscriptions").count();
    let expected = if an_event_arrives { (2, "free") } else { (1, "pro") };
    assert_eq!((reads, env.plan_of("org").await.unwrap().as_str()), expected);
}
