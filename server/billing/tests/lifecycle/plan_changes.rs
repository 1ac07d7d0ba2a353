//! Changes of plan or cycle: upgrades apply immediately, downgrades at the end of the period.

use axum::http::Method;
use billing::{
    service::{ServiceError, tenant::audit::AuditFilter},
    store::testing::Engine,
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{PendingChange, ProviderStatus},
    wire::OrderRoute,
};
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::test_env::{DAY_SECS, TestEnv, biller};

async fn pending(env: &TestEnv, owner: &Viewer) -> Option<PendingChange> {
    env.subscriptions(owner).await.remove(0).pending
}

async fn paid_amounts(env: &TestEnv, owner: &Viewer) -> Vec<i64> {
    let invoices = env.services.subscriptions().invoices(&biller(owner)).await.unwrap();
    invoices.iter().rev().map(|invoice| invoice.total.minor).collect()
}

async fn current_plan(env: &TestEnv, owner: &Viewer) -> (String, Cycle) {
    let subscription = env.subscriptions(owner).await.remove(0);
    assert_eq!(env.plan(owner).await, subscription.plan.as_str());
    (subscription.plan.to_string(), subscription.cycle)
}

/// Advances to a day after the end of the current period.
async fn advance_past_period(env: &TestEnv, owner: &Viewer) {
    let end = env.subscriptions(owner).await[0].period_end;
    env.advance_days(end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
}

#[rstest]
#[tokio::test]
async fn a_downgrade_waits_for_the_end_of_the_period(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let checkouts = env.services.checkouts();
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let end = env.subscriptions(&owner).await[0].period_end;
    let review = checkouts.review_order(&owner, "starter", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, Some(end));
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!((preview.due_now.minor, preview.lines.len()), (0, 0));
    let preflight =
        checkouts.preflight(&owner.current_membership.tenant_id, "starter", Cycle::Monthly, None).await.unwrap();
    assert_eq!((preflight.starts_at, preflight.due_now.map(|money| money.minor)), (Some(end), Some(0)));

    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    assert_eq!(current_plan(&env, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    let waiting = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at: end };
    assert_eq!(pending(&env, &owner).await, Some(waiting));
    assert_eq!(paid_amounts(&env, &owner).await, [2900]);

    advance_past_period(&env, &owner).await;
    assert_eq!(current_plan(&env, &owner).await, ("starter".to_owned(), Cycle::Monthly));
    assert_eq!((pending(&env, &owner).await, paid_amounts(&env, &owner).await), (None, vec![2900, 900]));
    advance_past_period(&env, &owner).await;
    assert_eq!(paid_amounts(&env, &owner).await, [2900, 900, 900]);
    // The schedule is completed.
    let schedules = env.list("/v1/subscription_schedules").await;
    assert_eq!(schedules.iter().map(|schedule| schedule["status"].as_str().unwrap()).collect::<Vec<_>>(), ["released"]);
}

#[rstest]
#[tokio::test]
async fn a_dropped_pending_change_does_not_apply(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    // A pending change blocks other changes.
    let other = env.order(&owner, "team", Cycle::Monthly).await;
    assert!(matches!(other, Err(ServiceError::Conflict(_))), "{other:?}");
    for _ in 0..2 {
        env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
        assert_eq!(pending(&env, &owner).await, None);
    }
    advance_past_period(&env, &owner).await;
    assert_eq!(current_plan(&env, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    assert_eq!(paid_amounts(&env, &owner).await, [2900, 2900]);
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    assert_eq!(current_plan(&env, &owner).await.0, "team");
}

#[rstest]
#[tokio::test]
async fn a_cancellation_drops_the_pending_change(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    // Stripe rejects a cancellation while a schedule is active.
    let subscription = env.subscriptions(&owner).await.remove(0);
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    let after = env.subscriptions(&owner).await.remove(0);
    assert_eq!((after.pending, after.cancel_at_period_end, after.plan), (None, true, subscription.plan));
    let log =
        tenants.audit(&owner.current_membership.tenant_id, &AuditFilter::default(), None, 100).await.unwrap().entries;
    let waited = log.iter().find_map(|entry| entry.details.pointer("/after/pending/at"));
    assert_eq!(waited, Some(&json!(subscription.pending.unwrap().at.rfc3339_secs())), "times are RFC 3339");
    advance_past_period(&env, &owner).await;
    assert_eq!(env.plan(&owner).await, "free");
}

/// After the change, the subscription still has its schedule, without a further phase.
#[rstest]
#[tokio::test]
async fn a_cancellation_in_the_portal_after_a_change_can_be_reverted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    advance_past_period(&env, &owner).await;
    env.cancel_in_portal(&owner).await;
    assert!(env.subscriptions(&owner).await[0].cancel_at_period_end);
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    assert!(!env.subscriptions(&owner).await[0].cancel_at_period_end);
    advance_past_period(&env, &owner).await;
    assert_eq!(current_plan(&env, &owner).await.0, "starter");
}

#[rstest]
#[tokio::test]
async fn a_longer_cycle_starts_immediately_and_a_shorter_one_waits(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let review = env.services.checkouts().review_order(&owner, "pro", Cycle::Yearly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert!(review.starts_at.is_none() && preview.due_now.minor > 26_000, "{preview:?}");
    env.change_plan(&owner, "pro", Cycle::Yearly).await;
    assert_eq!(current_plan(&env, &owner).await, ("pro".to_owned(), Cycle::Yearly));
    assert_eq!(paid_amounts(&env, &owner).await, [2900, preview.due_now.minor], "as it was said");

    let end = env.subscriptions(&owner).await[0].period_end;
    assert_eq!(
        env.services.checkouts().review_order(&owner, "team", Cycle::Monthly).await.unwrap().starts_at,
        Some(end)
    );
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    assert_eq!(current_plan(&env, &owner).await, ("pro".to_owned(), Cycle::Yearly));
    advance_past_period(&env, &owner).await;
    assert_eq!(current_plan(&env, &owner).await, ("team".to_owned(), Cycle::Monthly));
    let subscription = env.subscriptions(&owner).await.remove(0);
    let days = subscription.period_end.secs_since(subscription.period_start) / DAY_SECS;
    assert!((28..=31).contains(&days), "{days}");
    assert_eq!(paid_amounts(&env, &owner).await.last(), Some(&9900));
}

/// The page shows what a change costs during a trial: an upgrade ends the trial, a downgrade waits for its end.
#[rstest]
#[tokio::test]
async fn a_change_during_a_trial_costs_the_shown_amount(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::with_trials(engine, 14).await;
    let (ada, bob) = (env.owner_on("ada@acme.test", "pro").await, env.owner_on("bob@acme.test", "pro").await);
    let review = env.services.checkouts().review_order(&ada, "team", Cycle::Monthly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.due_now.minor, 9900);
    env.change_plan(&ada, "team", Cycle::Monthly).await;
    let subscription = env.subscriptions(&ada).await.remove(0);
    assert_eq!((subscription.status, subscription.plan.as_str()), (ProviderStatus::Active, "team"));
    assert_eq!(paid_amounts(&env, &ada).await, [0, 9900]);

    env.change_plan(&bob, "starter", Cycle::Monthly).await;
    assert_eq!(current_plan(&env, &bob).await.0, "pro");
    env.advance_days(15).await;
    assert_eq!(
        (current_plan(&env, &bob).await.0, paid_amounts(&env, &bob).await),
        ("starter".to_owned(), vec![0, 900])
    );
}

/// When the catalog's amounts and the provider's prices change, existing subscriptions keep their plan.
#[rstest]
#[tokio::test]
async fn current_and_pending_plans_are_known_at_replaced_prices(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    let fetched = env.fetch_with_other_prices(&owner).await;
    assert_eq!(fetched.bought, Some(("pro".parse().unwrap(), Cycle::Monthly)));
    assert_eq!((fetched.pending, fetched.price.map(|price| price.minor)), (pending(&env, &owner).await, Some(2900)));
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();

    // An operator set a custom price in the dashboard.
    let [subscription] = env.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (subscription["id"].as_str().unwrap(), &subscription["items"]["data"][0]);
    let product = item["price"]["product"].as_str().unwrap();
    let price = format!(
        "/v1/prices?product={product}&currency=usd&unit_amount=700&recurring[interval]=month&metadata[dues_plan]=pro"
    );
    let price = env.call_stripe(Method::POST, &price).await;
    let (item, price) = (item["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&owner).await;
    assert_eq!(current_plan(&env, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    let membership = env.services.subscriptions().membership(&owner).await.unwrap();
    assert_eq!(membership.price.map(|price| price.minor), Some(700));
    // Starter costs more than the current price, so the change is an upgrade at the provider's amount.
    let review = env.services.checkouts().review_order(&owner, "starter", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, None);
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert!(preview.due_now.minor > 0, "{preview:?}");
}

/// The reconciliation finds a schedule that was released in Stripe's dashboard.
#[rstest]
#[tokio::test]
async fn a_change_dropped_at_the_provider_is_reconciled(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.change_plan(&owner, "starter", Cycle::Monthly).await;
    let schedule = env.list("/v1/subscription_schedules").await[0]["id"].as_str().unwrap().to_owned();
    env.call_stripe(Method::POST, &format!("/v1/subscription_schedules/{schedule}/release")).await;
    env.sync(&owner).await;
    assert_eq!(pending(&env, &owner).await, None);
    assert_eq!(env.services.subscriptions().activity(&biller(&owner)).await.unwrap().drift.len(), 1);
}

#[rstest]
#[tokio::test]
async fn of_many_orders_at_once_the_last_ones_are_refused_as_busy(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let (ada, bob) = (env.owner("ada@acme.test").await, env.owner("bob@acme.test").await);
    let orders = join_all((0..12).map(|_| env.order(&ada, "pro", Cycle::Monthly)));
    let (orders, other) = tokio::join!(orders, env.order(&bob, "pro", Cycle::Monthly));
    assert!(other.is_ok(), "another workspace does not wait: {other:?}");
    let busy = orders.iter().filter(|order| matches!(order, Err(ServiceError::Busy { retry_after_secs: 1.. }))).count();
    let done = orders.iter().filter(|order| order.is_ok()).count();
    assert!(busy > 0 && done > 0 && busy + done == orders.len(), "{orders:#?}");
}
