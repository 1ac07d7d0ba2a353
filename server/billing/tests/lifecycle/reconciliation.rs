//! Reconciliation: periodic, for an event, and the backfill from the provider's list of events.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    subscription::{Provider, ProviderStatus, lifecycle::DriftSource},
};
use rstest::rstest;
use serde_json::json;

use crate::test_env::{RECONCILE_SECS, TestEnv, biller};

/// Ends the subscription immediately at the provider.
async fn end_at_stripe(env: &TestEnv, owner: &Viewer) {
    let id = env.subscriptions(owner).await[0].external_id.clone();
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{id}")).await;
}

#[rstest]
#[tokio::test]
async fn the_reconciliation_corrects_drift_without_events_and_reports_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let (ada, bob) = (env.owner_on("ada@acme.test", "pro").await, env.owner_on("bob@acme.test", "team").await);
    env.start_periodic_jobs().await;
    let activity = env.services.subscriptions().activity(&biller(&ada)).await.unwrap();
    assert_eq!((activity.drift.len(), activity.asked_at.is_some()), (0, true));

    end_at_stripe(&env, &ada).await;
    // Dues reads the provider's list of events before it reconciles, so the end is removed from the list.
    env.alter_responses(|answer| {
        if answer["url"] == "/v1/events" {
            answer["data"] = json!([]);
            answer["has_more"] = json!(false);
        }
    });
    // Within the interval no subscription is reconciled again.
    env.wall.advance(RECONCILE_SECS / 2);
    env.run_due_jobs().await;
    assert_eq!(env.plan(&ada).await, "pro");
    env.wall.advance(RECONCILE_SECS / 2 + 1);
    env.run_due_jobs().await;
    assert_eq!((env.plan(&ada).await.as_str(), env.plan(&bob).await.as_str()), ("free", "team"));

    let drift = env.services.subscriptions().activity(&biller(&ada)).await.unwrap().drift;
    assert_eq!(drift.len(), 1, "{drift:#?}");
    let was = drift[0].was.as_ref().unwrap();
    assert_eq!((was.status, drift[0].became.status), (ProviderStatus::Active, ProviderStatus::Canceled));
    assert_eq!(drift[0].found_by, DriftSource::Reconciliation);
    assert_eq!(env.services.subscriptions().activity(&biller(&bob)).await.unwrap().drift, []);
}

#[rstest]
#[tokio::test]
async fn an_outage_of_the_provider_is_retried_without_loss(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.start_periodic_jobs().await;
    end_at_stripe(&env, &owner).await;
    env.wall.advance(2 * RECONCILE_SECS);
    env.set_provider_down(true);
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "pro");
    env.set_provider_down(false);
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "pro", "it is not asked again at once");
    env.wall.advance(5);
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "free");
}

#[rstest]
#[tokio::test]
async fn missed_events_are_backfilled_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_with_unprocessed_payment("ada@acme.test", "pro").await;
    assert_eq!((env.plan(&owner).await.as_str(), env.stored_events().await), ("free", 0));
    env.start_periodic_jobs().await;
    assert_eq!(env.plan(&owner).await, "pro");
    let drift = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().drift;
    assert!(drift.iter().any(|drift| drift.found_by == DriftSource::Events && drift.was.is_none()), "{drift:#?}");

    let stored = env.stored_events().await;
    assert!(stored > 0);
    env.wall.advance(2 * RECONCILE_SECS);
    env.run_due_jobs().await;
    assert_eq!(env.stored_events().await, stored, "what was read is not read as new");
    let activity = env.services.subscriptions().activity(&biller(&owner)).await.unwrap();
    assert_eq!(activity.drift.len(), drift.len());
    assert!(activity.events.iter().all(|event| event.handled_at.is_some()), "{:#?}", activity.events);
}

/// The provider's list has more than one page of events.
#[rstest]
#[tokio::test]
async fn all_pages_of_the_list_of_events_are_read(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let mut owners = Vec::new();
    for number in 0..12 {
        owners.push(env.owner_with_unprocessed_payment(&format!("owner{number}@acme.test"), "starter").await);
    }
    assert_eq!(env.list("/v1/events?limit=100").await.len(), 100, "there is a second page");
    env.start_periodic_jobs().await;
    for owner in &owners {
        assert_eq!(env.plan(owner).await, "starter");
    }
}

#[rstest]
#[tokio::test]
async fn a_manual_reconciliation_shows_its_corrections(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.sync(&owner).await;
    assert_eq!(
        env.services.subscriptions().activity(&biller(&owner)).await.unwrap().drift,
        [],
        "a purchase is no drift"
    );
    end_at_stripe(&env, &owner).await;
    env.sync(&owner).await;
    let drift = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().drift;
    assert_eq!(drift.iter().map(|drift| drift.found_by).collect::<Vec<_>>(), [DriftSource::Sync]);
}

/// The calls of Dues that fetch subscriptions.
#[derive(Debug, PartialEq, Eq)]
struct SubscriptionCalls {
    by_id: usize,
    lists: usize,
}

/// Ends the subscription at the provider, delivers the event, and counts the calls until no job is due.
async fn count_calls_of_end(env: &TestEnv, owner: &Viewer, event: &str, customer: Option<&str>) -> SubscriptionCalls {
    let subscription = env.subscriptions(owner).await.remove(0).external_id;
    env.end_at_provider(&subscription).await;
    let mut body = env.subscription_ended_event(event, &subscription);
    if let Some(customer) = customer {
        match env.provider_name() {
            Provider::Stripe => body["data"]["object"]["customer"] = json!(customer),
            Provider::Polar => body["data"]["customer_id"] = json!(customer),
        }
    }
    assert_eq!(env.plan(owner).await, "pro");
    env.take_calls();
    env.send_webhook(&body).await;
    env.run_due_jobs().await;
    let calls = env.take_calls();
    assert_eq!(env.plan(owner).await, "free", "{event}");
    let count = |end: &str| calls.iter().filter(|call| call.trim_end_matches('/').ends_with(end)).count();
    SubscriptionCalls { by_id: count(&format!("/subscriptions/{subscription}")), lists: count("/subscriptions") }
}

/// Each event is about a different workspace, and Dues handles it before the next event is sent, so no two events share
/// a reconciliation.
#[rstest]
#[tokio::test]
async fn an_event_costs_no_call_to_find_the_customer_that_it_names(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let mut owners = Vec::new();
    for email in ["ada@acme.test", "bob@acme.test", "cyd@acme.test"] {
        owners.push(env.owner_on(email, "pro").await);
    }
    env.run_due_jobs().await;
    let customer = env.customer(&owners[0].current_membership.tenant_id).await;

    let named = count_calls_of_end(&env, &owners[0], "evt_named", Some(&customer)).await;
    assert_eq!(named, SubscriptionCalls { by_id: 0, lists: 1 });
    // Without the customer, the subscription is fetched to find it.
    let unnamed = count_calls_of_end(&env, &owners[1], "evt_unnamed", None).await;
    assert_eq!(unnamed, SubscriptionCalls { by_id: 1, lists: 1 });
    // The customer that the event names does not have the subscription.
    let misnamed = count_calls_of_end(&env, &owners[2], "evt_misnamed", Some(&customer)).await;
    assert_eq!(misnamed, SubscriptionCalls { by_id: 1, lists: 2 });
}
