//! Stored objects that the provider no longer finds in the right account: Dues ends nothing and notifies operators.

use billing::{
    service::ServiceError,
    store::{subscription::unknown_objects::ObjectKind, testing::Engine, webhook::inbox::EventState},
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{Provider, ProviderStatus},
};
use rstest::rstest;

use crate::{
    provider_answers::provider_account::work_counts,
    test_env::{DAY_SECS, RECONCILE_SECS, TestEnv, biller},
};

/// Returns a valid id of an object that does not exist at the provider.
const fn never_seen(at: Provider) -> &'static str {
    match at {
        Provider::Stripe => "sub_never_seen",
        Provider::Polar => "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11",
    }
}

async fn unknown(env: &TestEnv, owner: &Viewer) -> Vec<(ObjectKind, String)> {
    let mut reader = env.database.store.read().await.unwrap();
    let listed = reader.connection().list_unknown(&owner.current_membership.tenant_id).await.unwrap();
    let mut listed: Vec<_> = listed.into_iter().map(|listed| (listed.kind, listed.external_id)).collect();
    listed.sort_by_key(|(kind, _)| kind.as_str());
    listed
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "unknown_at_provider", "{error:?}");
}

#[rstest]
#[tokio::test]
async fn an_unknown_object_is_recorded_and_keeps_its_state_until_it_is_known_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let (ada, bob) = (env.owner_on("ada@acme.test", "pro").await, env.owner_on("bob@acme.test", "team").await);
    env.start_periodic_jobs().await;
    let before = env.subscriptions(&ada).await;
    let customer = env.customer(&ada.current_membership.tenant_id).await;
    let subscription_id = before[0].external_id.clone();
    let left = env.subscriptions(&bob).await.remove(0).external_id;
    env.end_at_provider(&left).await;

    env.forget_objects([customer.as_str(), subscription_id.as_str()]);
    for _ in 0..3 {
        env.wall.advance(RECONCILE_SECS + 1);
        env.run_due_jobs().await;
    }
    assert_eq!(env.subscriptions(&ada).await, before, "nothing is written of it");
    assert_eq!(env.plan(&bob).await, "free", "the walk goes on to all others");
    assert_eq!(
        unknown(&env, &ada).await,
        [(ObjectKind::Customer, customer.clone()), (ObjectKind::Subscription, subscription_id.clone())]
    );
    assert_eq!(unknown(&env, &bob).await, []);
    let admin = biller(&ada);
    assert_refused(env.services.subscriptions().sync_subscription(&admin).await);
    assert_refused(env.services.subscriptions().cancel_at_period_end(&admin).await);
    assert_refused(env.order(&ada, "team", Cycle::Monthly).await);
    assert_refused(env.services.subscriptions().invoices(&admin).await);
    assert_eq!(env.customers().await.len(), 2, "the customer is not replaced");

    // The periodic reconciliation retries without an event.
    env.forget_objects([]);
    env.wall.advance(RECONCILE_SECS + 1);
    env.run_due_jobs().await;
    assert_eq!(unknown(&env, &ada).await, []);
    assert_eq!(env.plan(&ada).await, "pro");
    assert!(env.order(&ada, "team", Cycle::Monthly).await.unwrap().is_portal);
}

#[rstest]
#[tokio::test]
async fn a_deleted_customer_ends_its_subscriptions_and_is_replaced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
    #[values(true, false)] still_knows_the_subscription: bool,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    let subscription_id = env.subscriptions(&owner).await.remove(0).external_id;
    env.delete_customer(&customer).await;
    if !still_knows_the_subscription {
        env.forget_objects([subscription_id.as_str()]);
    }
    env.sync(&owner).await;
    let [ended] = env.subscriptions(&owner).await.try_into().unwrap();
    assert_eq!((ended.status, ended.ended_at.is_some()), (ProviderStatus::Canceled, true));
    assert_eq!((env.plan(&owner).await.as_str(), unknown(&env, &owner).await), ("free", vec![]));

    let page = env.checkout(&owner, "team").await;
    assert_ne!(env.customer(&owner.current_membership.tenant_id).await, customer);
    env.pay(&page).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(env.plan(&owner).await, "team");
}

/// A deleted customer without a subscription does not block a new checkout.
#[rstest]
#[tokio::test]
async fn a_deleted_customer_without_a_subscription_is_replaced_and_its_checkout_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner("ada@acme.test").await;
    env.checkout(&owner, "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.delete_customer(&customer).await;
    env.sync(&owner).await;
    assert_eq!(unknown(&env, &owner).await, []);

    let page = env.checkout(&owner, "team").await;
    assert_ne!(env.customer(&owner.current_membership.tenant_id).await, customer);
    env.pay(&page).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(env.plan(&owner).await, "team");
    // By then the previous checkout has long expired.
    env.wall.advance(2 * DAY_SECS);
    env.run_due_jobs().await;
    assert_eq!(work_counts(&env).await.failing, 0, "nothing goes on to ask for the former order");
    assert_eq!(unknown(&env, &owner).await, []);
}

#[rstest]
#[tokio::test]
async fn only_events_about_known_objects_are_processed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let subscription_id = env.subscriptions(&owner).await.remove(0).external_id;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.forget_objects([customer.as_str(), subscription_id.as_str()]);
    env.send_webhook(&env.subscription_ended_event("evt_never", never_seen(at))).await;
    env.send_webhook(&env.subscription_ended_event("evt_seen", &subscription_id)).await;
    env.run_due_jobs().await;
    let state = async |id: &str| {
        let mut reader = env.database.store.read().await.unwrap();
        reader.connection().find_event(at, id).await.unwrap().unwrap().1
    };
    assert_eq!((state("evt_never").await, state("evt_seen").await), (EventState::Ignored, EventState::Handled));
    assert_eq!(env.plan(&owner).await, "pro");
    assert_eq!(
        unknown(&env, &owner).await,
        [(ObjectKind::Customer, customer), (ObjectKind::Subscription, subscription_id)]
    );
}

#[rstest]
#[tokio::test]
async fn an_unknown_checkout_is_kept_until_it_expires(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner("ada@acme.test").await;
    let first = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    env.forget_objects([first.id.as_str()]);
    assert_refused(env.order(&owner, "team", Cycle::Monthly).await);
    assert_eq!(unknown(&env, &owner).await, [(ObjectKind::Checkout, first.id.clone())]);

    // The page of the unknown session can still be paid.
    env.forget_objects([]);
    env.pay(&first.url).await;
    let second = env.order(&owner, "team", Cycle::Monthly).await;
    assert!(second.is_ok_and(|second| second.is_portal), "it was paid, and is changed");
    assert_eq!(env.plan(&owner).await, "pro");
}
