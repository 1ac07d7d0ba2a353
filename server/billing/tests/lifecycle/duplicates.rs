//! Duplicate subscriptions: two checkouts are paid, one subscription stays, the other is canceled and refunded.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::subscription::{RefundRefusal, lifecycle::DuplicateState};
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::test_env::{TestEnv, biller};

/// Bound on provider calls: well above those of one reconcile of ten subscriptions, and below those of two reconciles.
const MAX_CALLS: usize = 60;

#[rstest]
#[tokio::test]
async fn of_two_paid_subscriptions_one_stays_and_the_other_is_refunded_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] the_dearer_first: bool,
    #[values(false, true)] is_reported_in_between: bool,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let mut pages =
        vec![env.checkout(&owner, "starter").await, env.create_unknown_checkout(&owner, "second", "pro").await];
    if the_dearer_first {
        pages.reverse();
    }
    for page in &pages {
        env.pay(page).await;
        if is_reported_in_between {
            env.sync(&owner).await;
        }
    }
    env.sync(&owner).await;
    env.run_due_jobs().await;

    let live = env.list("/v1/subscriptions?limit=100").await;
    assert_eq!(live.len(), 1, "{live:#?}");
    let refunds = env.list("/v1/refunds").await;
    assert_eq!(refunds.len(), 1, "{refunds:#?}");
    // The second in which each subscription began decides which of them stays. The other is refunded.
    let stays = env.plan(&owner).await;
    assert_eq!(refunds[0]["amount"], if stays == "pro" { 900 } else { 2900 });
    let kept = env.subscriptions(&owner).await.into_iter().find(|subscription| subscription.status.is_live()).unwrap();
    assert_eq!((live[0]["id"].as_str(), kept.plan.as_str()), (Some(kept.external_id.as_str()), stays.as_str()));

    let duplicates = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().duplicates;
    assert_eq!(duplicates.len(), 1);
    assert_eq!(
        (duplicates[0].state, duplicates[0].kept_external_id.as_str()),
        (DuplicateState::Refunded, kept.external_id.as_str())
    );
    assert_eq!(duplicates[0].refunded.map(|money| money.minor), refunds[0]["amount"].as_i64());

    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.list("/v1/refunds").await.len(), 1, "never twice");
}

#[rstest]
#[tokio::test]
async fn an_outage_during_the_settlement_delays_the_refund(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    for page in [env.checkout(&owner, "starter").await, env.create_unknown_checkout(&owner, "second", "pro").await] {
        env.pay(&page).await;
    }
    env.sync(&owner).await;
    env.set_provider_down(true);
    env.run_due_jobs().await;
    env.set_provider_down(false);
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    let activity = env.services.subscriptions().activity(&biller(&owner)).await.unwrap();
    assert_eq!((activity.troubled.len(), activity.duplicates[0].state), (1, DuplicateState::Found));
    assert!(activity.troubled[0].error.contains("does not answer"), "{:?}", activity.troubled);

    env.services.subscriptions().retry_job(&biller(&owner), &activity.troubled[0].id).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(env.list("/v1/refunds").await.len(), 1);
    let activity = env.services.subscriptions().activity(&biller(&owner)).await.unwrap();
    assert_eq!((activity.troubled.len(), activity.duplicates[0].state), (0, DuplicateState::Refunded));
}

#[rstest]
#[tokio::test]
async fn a_rejected_refund_is_flagged_with_the_providers_reason(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    env.reject_refunds();
    let owner = env.owner("ada@acme.test").await;
    for page in [env.checkout(&owner, "starter").await, env.create_unknown_checkout(&owner, "second", "pro").await] {
        env.pay(&page).await;
    }
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.list("/v1/subscriptions?limit=100").await.len(), 1, "it is canceled all the same");
    let duplicate = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().duplicates.remove(0);
    assert_eq!(
        (duplicate.state, duplicate.reason.as_deref()),
        (DuplicateState::Flagged, Some("This charge is disputed."))
    );
}

#[rstest]
#[tokio::test]
async fn a_manual_refund_is_not_repeated(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    for page in [env.checkout(&owner, "starter").await, env.create_unknown_checkout(&owner, "second", "pro").await] {
        env.pay(&page).await;
    }
    for intent in env.list("/v1/payment_intents").await {
        let id = intent["id"].as_str().unwrap();
        env.call_stripe(Method::POST, &format!("/v1/refunds?payment_intent={id}")).await;
    }
    let before = env.list("/v1/refunds").await.len();
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.list("/v1/refunds").await.len(), before);
    let duplicate = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().duplicates.remove(0);
    assert_eq!(duplicate.state, DuplicateState::Refunded);
}

#[rstest]
#[tokio::test]
async fn an_old_payment_is_not_refunded_in_full(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_with_unprocessed_payment("ada@acme.test", "starter").await;
    env.advance_days(20).await;
    env.pay(&env.create_unknown_checkout(&owner, "second", "pro").await).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "pro");
    assert_eq!(env.list("/v1/subscriptions?limit=100").await.len(), 1, "it is canceled all the same");
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    let duplicate = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().duplicates.remove(0);
    assert_eq!((duplicate.state, duplicate.plan.as_str()), (DuplicateState::Flagged, "starter"));
    assert_eq!(duplicate.reason.as_deref(), Some(RefundRefusal::TooOld.as_str()));
}

#[rstest]
#[tokio::test]
async fn a_period_that_ended_before_the_other_began_is_not_refunded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    env.advance_days(33).await;
    env.set_card_failing(&customer, false).await;
    env.pay(&env.create_unknown_checkout(&owner, "second", "team").await).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "team");
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    let duplicate = env.services.subscriptions().activity(&biller(&owner)).await.unwrap().duplicates.remove(0);
    assert_eq!((duplicate.state, duplicate.plan.as_str(), duplicate.reason), (DuplicateState::Canceled, "pro", None));
}

/// The provider lists ten more subscriptions once, and does not know them afterwards.
#[rstest]
#[tokio::test]
async fn duplicates_that_the_provider_does_not_know_cause_few_calls(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "starter").await;
    env.run_due_jobs().await;
    let subscription_id = env.subscriptions(&owner).await.remove(0).external_id;
    env.alter_responses(move |answer| {
        if answer["object"] == "list" && answer["data"][0]["id"] == subscription_id.as_str() {
            let listed = answer["data"].as_array_mut().unwrap();
            for number in 0..10 {
                let mut copy = listed[0].clone();
                copy["id"] = json!(format!("sub_neverSeen{number}"));
                copy["start_date"] = json!(copy["start_date"].as_i64().unwrap() - 60);
                listed.push(copy);
            }
        }
    });
    env.sync(&owner).await;
    assert_eq!(env.subscriptions(&owner).await.len(), 11);
    env.alter_responses(|_| {});
    env.take_calls();

    for _ in 0..5 {
        join_all((0..4).map(|_| env.run_due_jobs())).await;
        env.wall.advance(5);
    }
    let refused = env.services.subscriptions().sync_subscription(&biller(&owner)).await.unwrap_err();
    assert_eq!(refused.code(), "unknown_at_provider");
    let calls = env.take_calls();
    assert!(calls.len() < MAX_CALLS, "{}: {calls:#?}", calls.len());

    assert_eq!(env.plan(&owner).await, "starter");
    assert_eq!(env.list("/v1/subscriptions?limit=100").await.len(), 1);
    assert_eq!(env.list("/v1/refunds").await.len(), 0);
    // Dues reads the ten subscriptions again later.
    env.wall.advance(60);
    assert!(env.services.subscriptions().sync_subscription(&biller(&owner)).await.is_err());
    let reads = env.take_calls().into_iter().filter(|call| call.contains("/v1/subscriptions/sub_neverSeen")).count();
    assert_eq!(reads, 10);
}
