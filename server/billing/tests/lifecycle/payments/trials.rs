//! Trials: once for each workspace, with a notice before the end, then paid or ended.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, SubscriptionStatus, lifecycle::DuplicateState},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::json;

use crate::test_env::{DAY_SECS, TestEnv, biller};

const DAYS: i64 = 14;

async fn env(engine: Engine) -> TestEnv {
    TestEnv::with_trials(engine, 14).await
}

/// Returns the subscription's status and the remaining days of the trial.
async fn trial(env: &TestEnv, owner: &Viewer) -> (ProviderStatus, i64) {
    let subscription = env.subscriptions(owner).await.remove(0);
    let left = subscription.trial_end.map_or(0, |end| end.secs_since(env.services.billing_now()));
    (subscription.status, (left + DAY_SECS / 2) / DAY_SECS)
}

async fn paid_amounts(env: &TestEnv, owner: &Viewer) -> Vec<i64> {
    let invoices = env.services.subscriptions().invoices(&biller(owner)).await.unwrap();
    invoices.iter().rev().map(|invoice| invoice.total.minor).collect()
}

fn subjects(env: &TestEnv) -> Vec<String> {
    env.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn a_first_order_starts_a_trial_and_is_paid_after_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = env(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let review = env.services.checkouts().review_order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(
        (review.route, review.trial_days, review.membership.is_trial_available),
        (OrderRoute::Checkout, 14, true)
    );
    let started = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!((started.trial_days, started.price.minor), (14, 2900));
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(env.plan(&owner).await, "pro");
    assert_eq!(trial(&env, &owner).await, (ProviderStatus::Trialing, DAYS));
    assert_eq!(paid_amounts(&env, &owner).await, [0]);
    assert!(!env.services.subscriptions().membership(&owner).await.unwrap().is_trial_available);

    env.advance_days(10).await;
    assert_eq!(subjects(&env), Vec::<String>::new());
    env.advance_days(1).await;
    let subjects_sent = subjects(&env);
    assert_eq!(subjects_sent.len(), 1, "{subjects_sent:?}");
    assert!(subjects_sent[0].starts_with("Acme: your Pro trial ends on "), "{subjects_sent:?}");
    let text = env.smtp.received()[0].text();
    assert!(text.contains("After that, you’re charged $29.00 every month.") && text.contains("/membership"), "{text}");

    // No webhook arrives: Dues reconciles when a period is over.
    env.advance_days(4).await;
    assert_eq!(trial(&env, &owner).await.0, ProviderStatus::Active);
    assert_eq!(paid_amounts(&env, &owner).await, [0, 2900]);
    env.sync(&owner).await;
    assert_eq!(subjects(&env).len(), 1, "notified once");
}

#[rstest]
#[tokio::test]
async fn a_canceled_trial_costs_nothing_and_is_not_offered_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = env(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    assert_eq!(env.plan(&owner).await, "pro", "what is free stays to its end");
    env.advance_days(DAYS + 1).await;
    let status = env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::Canceled));
    assert_eq!((paid_amounts(&env, &owner).await, subjects(&env)), (vec![0], Vec::new()));

    let review = env.services.checkouts().review_order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!((review.trial_days, review.membership.is_trial_available), (0, false));
    let started = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(started.trial_days, 0);
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(paid_amounts(&env, &owner).await, [0, 2900]);
}

#[rstest]
#[tokio::test]
async fn a_failed_first_payment_is_past_due(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = env(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    env.advance_days(DAYS + 1).await;
    let status = env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("pro", SubscriptionStatus::PastDue));
    assert_eq!(subjects(&env), ["Acme: payment failed"], "it is too late to tell of the trial's end");
}

/// An earlier plan without a trial uses up the workspace's trial.
#[rstest]
#[tokio::test]
async fn a_plan_without_a_trial_uses_up_the_first_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = env(engine).await;
    let owner = env.owner_on("ada@acme.test", "starter").await;
    assert_eq!(paid_amounts(&env, &owner).await, [900]);
    let id = env.subscriptions(&owner).await[0].external_id.clone();
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{id}")).await;
    assert_eq!(env.order(&owner, "pro", Cycle::Monthly).await.unwrap().trial_days, 0);
    // Another workspace has a trial.
    let other = env.owner("bob@acme.test").await;
    assert_eq!(env.order(&other, "pro", Cycle::Yearly).await.unwrap().trial_days, 14);
}

#[rstest]
#[case::while_the_first_runs(false)]
#[case::after_its_end(true)]
#[tokio::test]
async fn two_confirmed_checkouts_are_one_trial(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] ends_first: bool,
) {
    let env = env(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let first = env.checkout(&owner, "pro").await;
    let second = env.create_unknown_checkout_with(&owner, "a2", "pro", 14).await;
    env.pay(&first).await;
    env.sync(&owner).await;
    let kept = env.subscriptions(&owner).await[0].external_id.clone();
    // Not in the same second as the first subscription, so that the order of ids is defined.
    env.post("/clock", &json!({ "advance_secs": 60 })).await;
    if ends_first {
        env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{kept}")).await;
    }
    env.pay(&second).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    let live: Vec<_> =
        env.subscriptions(&owner).await.into_iter().filter(|subscription| subscription.status.is_live()).collect();
    assert_eq!(live.len(), usize::from(!ends_first), "{live:#?}");
    assert!(live.iter().all(|subscription| subscription.external_id == kept));
    let duplicates = env.services.subscriptions().membership(&owner).await.unwrap().duplicates;
    assert_eq!(duplicates.iter().map(|duplicate| duplicate.state).collect::<Vec<_>>(), [DuplicateState::Canceled]);
    assert_eq!(paid_amounts(&env, &owner).await, [0, 0], "nothing was paid for either");
}

/// A trial whose card was removed ends without a debt.
#[rstest]
#[tokio::test]
async fn a_trial_without_a_card_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = env(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    let at_stripe = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{}", subscription.external_id)).await;
    let end = &at_stripe["trial_settings"]["end_behavior"]["missing_payment_method"];
    assert_eq!((end, &at_stripe["status"]), (&json!("cancel"), &json!("trialing")));
}
