//! Changes of plan or cycle: upgrades apply immediately, downgrades at the end of the period.

use axum::http::Method;
use billing::{
    service::{ServiceError, audit::AuditFilter},
    store::testing::Engine,
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{PendingChange, ProviderStatus},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::json;

use crate::stand::{DAY_SECS, Stand, biller};

async fn pending(stand: &Stand, owner: &Viewer) -> Option<PendingChange> {
    stand.subscriptions(owner).await.remove(0).pending
}

async fn paid(stand: &Stand, owner: &Viewer) -> Vec<i64> {
    let invoices = stand.services.invoices(&biller(owner)).await.unwrap();
    invoices.iter().rev().map(|invoice| invoice.total.minor).collect()
}

async fn holds(stand: &Stand, owner: &Viewer) -> (String, Cycle) {
    let own = stand.subscriptions(owner).await.remove(0);
    assert_eq!(stand.plan(owner).await, own.plan.as_str());
    (own.plan.to_string(), own.cycle)
}

/// Advances to a day after the end of the current period.
async fn period_passes(stand: &Stand, owner: &Viewer) {
    let end = stand.subscriptions(owner).await[0].period_end;
    stand.days_pass(end.secs_since(stand.services.billing_now()) / DAY_SECS + 1).await;
}

#[rstest]
#[tokio::test]
async fn a_smaller_plan_waits_for_the_end_of_what_is_paid(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let end = stand.subscriptions(&owner).await[0].period_end;
    let review = stand.services.review_order(&owner, "starter", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, Some(end));
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!((preview.due_now.minor, preview.lines.len()), (0, 0));
    let preflight =
        stand.services.preflight(&owner.current_membership.tenant_id, "starter", Cycle::Monthly).await.unwrap();
    assert_eq!((preflight.starts_at, preflight.due_now.map(|money| money.minor)), (Some(end), Some(0)));

    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    assert_eq!(holds(&stand, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    let waiting = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at: end };
    assert_eq!(pending(&stand, &owner).await, Some(waiting));
    assert_eq!(paid(&stand, &owner).await, [2900]);

    period_passes(&stand, &owner).await;
    assert_eq!(holds(&stand, &owner).await, ("starter".to_owned(), Cycle::Monthly));
    assert_eq!((pending(&stand, &owner).await, paid(&stand, &owner).await), (None, vec![2900, 900]));
    period_passes(&stand, &owner).await;
    assert_eq!(paid(&stand, &owner).await, [2900, 900, 900]);
    // The schedule is completed.
    let schedules = stand.list("/v1/subscription_schedules").await;
    assert_eq!(schedules.iter().map(|it| it["status"].as_str().unwrap()).collect::<Vec<_>>(), ["released"]);
}

#[rstest]
#[tokio::test]
async fn a_change_that_waits_is_taken_back_and_nothing_comes_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    // A pending change blocks other changes.
    let other = stand.order(&owner, "team", Cycle::Monthly).await;
    assert!(matches!(other, Err(ServiceError::Conflict(_))), "{other:?}");
    for _ in 0..2 {
        stand.services.resume(&biller(&owner)).await.unwrap();
        assert_eq!(pending(&stand, &owner).await, None);
    }
    period_passes(&stand, &owner).await;
    assert_eq!(holds(&stand, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    assert_eq!(paid(&stand, &owner).await, [2900, 2900]);
    stand.changes_to(&owner, "team", Cycle::Monthly).await;
    assert_eq!(holds(&stand, &owner).await.0, "team");
}

#[rstest]
#[tokio::test]
async fn who_leaves_drops_the_change_that_waits(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    // Stripe rejects a cancellation while a schedule is active.
    let own = stand.subscriptions(&owner).await.remove(0);
    stand.services.cancel_at_period_end(&biller(&owner)).await.unwrap();
    let after = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((after.pending, after.cancel_at_period_end, after.plan), (None, true, own.plan));
    let log = stand
        .services
        .audit(&owner.current_membership.tenant_id, &AuditFilter::default(), None, 100)
        .await
        .unwrap()
        .entries;
    let waited = log.iter().find_map(|entry| entry.details.pointer("/after/pending/at"));
    assert_eq!(waited, Some(&json!(own.pending.unwrap().at.rfc3339_secs())), "times are told as such");
    period_passes(&stand, &owner).await;
    assert_eq!(stand.plan(&owner).await, "free");
}

/// After the change, the subscription still has its schedule, without a further phase.
#[rstest]
#[tokio::test]
async fn who_leaves_at_the_portal_after_a_change_has_come_may_stay_after_all(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    period_passes(&stand, &owner).await;
    stand.cancels_at_the_portal(&owner).await;
    assert!(stand.subscriptions(&owner).await[0].cancel_at_period_end);
    stand.services.resume(&biller(&owner)).await.unwrap();
    assert!(!stand.subscriptions(&owner).await[0].cancel_at_period_end);
    period_passes(&stand, &owner).await;
    assert_eq!(holds(&stand, &owner).await.0, "starter");
}

#[rstest]
#[tokio::test]
async fn a_longer_cycle_begins_at_once_and_a_shorter_one_waits(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let review = stand.services.review_order(&owner, "pro", Cycle::Yearly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert!(review.starts_at.is_none() && preview.due_now.minor > 26_000, "{preview:?}");
    stand.changes_to(&owner, "pro", Cycle::Yearly).await;
    assert_eq!(holds(&stand, &owner).await, ("pro".to_owned(), Cycle::Yearly));
    assert_eq!(paid(&stand, &owner).await, [2900, preview.due_now.minor], "as it was said");

    let end = stand.subscriptions(&owner).await[0].period_end;
    assert_eq!(stand.services.review_order(&owner, "team", Cycle::Monthly).await.unwrap().starts_at, Some(end));
    stand.changes_to(&owner, "team", Cycle::Monthly).await;
    assert_eq!(holds(&stand, &owner).await, ("pro".to_owned(), Cycle::Yearly));
    period_passes(&stand, &owner).await;
    assert_eq!(holds(&stand, &owner).await, ("team".to_owned(), Cycle::Monthly));
    let own = stand.subscriptions(&owner).await.remove(0);
    let days = own.period_end.secs_since(own.period_start) / DAY_SECS;
    assert!((28..=31).contains(&days), "{days}");
    assert_eq!(paid(&stand, &owner).await.last(), Some(&9900));
}

/// The page shows what a change costs during a trial: an upgrade ends the trial, a downgrade waits for its end.
#[rstest]
#[tokio::test]
async fn a_change_in_a_trial_costs_what_was_said(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::with_trials(engine, 14).await;
    let (ada, bob) = (stand.owner_on("ada@acme.test", "pro").await, stand.owner_on("bob@acme.test", "pro").await);
    let review = stand.services.review_order(&ada, "team", Cycle::Monthly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.due_now.minor, 9900);
    stand.changes_to(&ada, "team", Cycle::Monthly).await;
    let own = stand.subscriptions(&ada).await.remove(0);
    assert_eq!((own.status, own.plan.as_str()), (ProviderStatus::Active, "team"));
    assert_eq!(paid(&stand, &ada).await, [0, 9900]);

    stand.changes_to(&bob, "starter", Cycle::Monthly).await;
    assert_eq!(holds(&stand, &bob).await.0, "pro");
    stand.days_pass(15).await;
    assert_eq!((holds(&stand, &bob).await.0, paid(&stand, &bob).await), ("starter".to_owned(), vec![0, 900]));
}

/// When the catalog's amounts and the provider's prices change, existing subscriptions keep their plan.
#[rstest]
#[tokio::test]
async fn what_waits_and_what_is_paid_are_known_at_prices_that_were_replaced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    let told = stand.told_with_other_prices(&owner).await;
    assert_eq!(told.bought, Some(("pro".parse().unwrap(), Cycle::Monthly)));
    assert_eq!((told.pending, told.price.map(|price| price.minor)), (pending(&stand, &owner).await, Some(2900)));
    stand.services.resume(&biller(&owner)).await.unwrap();

    // An operator set a custom price in the dashboard.
    let [own] = stand.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (own["id"].as_str().unwrap(), &own["items"]["data"][0]);
    let product = item["price"]["product"].as_str().unwrap();
    let price = format!(
        "/v1/prices?product={product}&currency=usd&unit_amount=700&recurring[interval]=month&metadata[dues_plan]=pro"
    );
    let price = stand.at_stripe(Method::POST, &price).await;
    let (item, price) = (item["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    stand.sync(&owner).await;
    assert_eq!(holds(&stand, &owner).await, ("pro".to_owned(), Cycle::Monthly));
    let membership = stand.services.membership(&owner).await.unwrap();
    assert_eq!(membership.price.map(|price| price.minor), Some(700));
    // Starter costs more than the current price, so the change is an upgrade at the provider's amount.
    let review = stand.services.review_order(&owner, "starter", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, None);
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert!(preview.due_now.minor > 0, "{preview:?}");
}

/// The reconciliation finds a schedule that was released in Stripe's dashboard.
#[rstest]
#[tokio::test]
async fn what_becomes_of_a_change_elsewhere_is_found_out(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.changes_to(&owner, "starter", Cycle::Monthly).await;
    let schedule = stand.list("/v1/subscription_schedules").await[0]["id"].as_str().unwrap().to_owned();
    stand.at_stripe(Method::POST, &format!("/v1/subscription_schedules/{schedule}/release")).await;
    stand.sync(&owner).await;
    assert_eq!(pending(&stand, &owner).await, None);
    assert_eq!(stand.services.activity(&owner).await.unwrap().drift.len(), 1);
}
