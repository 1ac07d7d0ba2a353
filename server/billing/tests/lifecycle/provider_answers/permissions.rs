//! The server's key loses every permission except to read its account.

use billing::{service::ServiceError, store::testing::Engine};
use domain::{catalog::Cycle, subscription::Provider};
use rstest::rstest;

use crate::{
    provider_answers::provider_account::{send_ended_events, stored, three_payers, without_sync_fields, work_counts},
    test_env::{RECONCILE_SECS, Rights, TestEnv, biller},
};

fn assert_rejected<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "provider_rejected", "{error:?}");
}

/// The key can still read the right account, but the provider rejects every other call.
#[rstest]
#[tokio::test]
async fn a_key_without_permissions_writes_and_sells_nothing_for_an_hour(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owners = three_payers(&env).await;
    let newcomer = env.owner("new@acme.test").await;
    env.start_periodic_jobs().await;
    let before = stored(&env, &owners).await;
    let (sold, customers) = (env.provider_subscriptions().await.len(), env.customers().await.len());

    env.set_rights(Rights::Account);
    for minute in 0..60 {
        env.wall.advance(60);
        if minute % 10 == 0 {
            env.start_periodic_jobs().await;
            let owner = &owners[minute / 10 % 3];
            assert_rejected(env.order(owner, "business", Cycle::Monthly).await);
            assert_rejected(env.services.subscriptions().sync_subscription(&biller(owner)).await);
            assert_rejected(env.services.subscriptions().cancel_at_period_end(&biller(owner)).await);
            assert_rejected(env.order(&newcomer, "pro", Cycle::Monthly).await);
        }
        if minute == 30 {
            send_ended_events(&env, &before).await;
        }
        env.run_due_jobs().await;
    }
    assert_eq!(
        without_sync_fields(stored(&env, &owners).await),
        without_sync_fields(before.clone()),
        "nothing was written"
    );
    assert_eq!(env.services.providers().account_warnings(), [], "it is the right account");
    assert!(work_counts(&env).await.failing > 0, "operators see that it is refused");
    assert_eq!((env.provider_subscriptions().await.len(), env.customers().await.len()), (sold, customers));

    let left = before[0].0[0].external_id.clone();
    env.end_at_provider(&left).await;
    env.set_rights(Rights::All);
    // By then each failed job is due again.
    env.wall.advance(2 * RECONCILE_SECS);
    env.run_due_jobs().await;
    let counts = work_counts(&env).await;
    assert_eq!((counts.failing, counts.waiting), (0, 0), "all webhooks are processed");
    assert_eq!(env.plan(&owners[0]).await, "free", "who left has left");
    assert_eq!(without_sync_fields(stored(&env, &owners[1..]).await), without_sync_fields(before[1..].to_vec()));
    assert!(env.order(&owners[1], "business", Cycle::Monthly).await.unwrap().is_portal);
    assert_eq!(env.provider_subscriptions().await.len(), sold, "nothing was sold twice");
}

/// A key may list subscriptions and not the payment methods of customers.
#[rstest]
#[tokio::test]
async fn a_payment_method_that_is_not_reported_stays_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::at_polar(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let method = async || env.subscriptions(&owner).await.remove(0).payment_method;
    assert_eq!(method().await.as_deref(), Some("card"));
    env.forget_objects(["payment-methods"]);
    env.sync(&owner).await;
    assert_eq!(method().await.as_deref(), Some("card"), "the call is refused");
    env.forget_objects([]);
    // The customer has removed the card.
    env.alter_responses(|object| {
        if object.get("default_payment_method_id").is_some() {
            object["default_payment_method_id"] = serde_json::Value::Null;
        }
    });
    env.sync(&owner).await;
    assert_eq!(method().await, None);
}
