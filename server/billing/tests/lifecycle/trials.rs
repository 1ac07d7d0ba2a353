//! Trials: once for each workspace, with a notice before the end, then paid or ended.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    lifecycle::DuplicateState,
    subscription::{ProviderStatus, SubscriptionStatus},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::json;

use crate::stand::{DAY_SECS, Stand, biller};

const DAYS: i64 = 14;

async fn stand(engine: Engine) -> Stand {
    Stand::with_trials(engine, 14).await
}

/// Returns the subscription's status and the remaining days of the trial.
async fn trial(stand: &Stand, owner: &Viewer) -> (ProviderStatus, i64) {
    let own = stand.subscriptions(owner).await.remove(0);
    let left = own.trial_end.map_or(0, |end| end.secs_since(stand.services.billing_now()));
    (own.status, (left + DAY_SECS / 2) / DAY_SECS)
}

async fn paid(stand: &Stand, owner: &Viewer) -> Vec<i64> {
    let invoices = stand.services.invoices(&biller(owner)).await.unwrap();
    invoices.iter().rev().map(|invoice| invoice.total.minor).collect()
}

fn subjects(stand: &Stand) -> Vec<String> {
    stand.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn a_first_order_is_free_at_first_and_paid_when_its_time_has_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = stand(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    let review = stand.services.review_order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(
        (review.route, review.trial_days, review.membership.is_trial_available),
        (OrderRoute::Checkout, 14, true)
    );
    let started = stand.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!((started.trial_days, started.price.minor), (14, 2900));
    stand.pay(&started.url).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    assert_eq!(stand.plan(&owner).await, "pro");
    assert_eq!(trial(&stand, &owner).await, (ProviderStatus::Trialing, DAYS));
    assert_eq!(paid(&stand, &owner).await, [0]);
    assert!(!stand.services.membership(&owner).await.unwrap().is_trial_available);

    stand.days_pass(10).await;
    assert_eq!(subjects(&stand), Vec::<String>::new());
    stand.days_pass(1).await;
    let told = subjects(&stand);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("Acme: the trial of Pro ends on "), "{told:?}");
    let text = stand.smtp.received()[0].text();
    assert!(text.contains("Then $29.00 is charged, and again each month.") && text.contains("/membership"), "{text}");

    // No webhook arrives: Dues reconciles when a period is over.
    stand.days_pass(4).await;
    assert_eq!(trial(&stand, &owner).await.0, ProviderStatus::Active);
    assert_eq!(paid(&stand, &owner).await, [0, 2900]);
    stand.sync(&owner).await;
    assert_eq!(subjects(&stand).len(), 1, "told once");
}

#[rstest]
#[tokio::test]
async fn who_cancels_in_time_pays_nothing_and_pays_the_next_time(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = stand(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.services.cancel_at_period_end(&biller(&owner)).await.unwrap();
    assert_eq!(stand.plan(&owner).await, "pro", "what is free stays to its end");
    stand.days_pass(DAYS + 1).await;
    let status = stand.services.status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::Canceled));
    assert_eq!((paid(&stand, &owner).await, subjects(&stand)), (vec![0], Vec::new()));

    let review = stand.services.review_order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!((review.trial_days, review.membership.is_trial_available), (0, false));
    let started = stand.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(started.trial_days, 0);
    stand.pay(&started.url).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    assert_eq!(paid(&stand, &owner).await, [0, 2900]);
}

#[rstest]
#[tokio::test]
async fn a_first_payment_that_fails_is_due_like_any_other(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = stand(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    stand.days_pass(DAYS + 1).await;
    let status = stand.services.status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("pro", SubscriptionStatus::PastDue));
    assert_eq!(subjects(&stand), ["Acme: a payment failed"], "it is too late to tell of the trial's end");
}

/// An earlier plan, paid or not, uses up the trial.
#[rstest]
#[tokio::test]
async fn a_plan_that_is_not_tried_uses_up_the_first_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = stand(engine).await;
    let owner = stand.owner_on("ada@acme.test", "starter").await;
    assert_eq!(paid(&stand, &owner).await, [900]);
    let id = stand.subscriptions(&owner).await[0].external_id.clone();
    stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{id}")).await;
    assert_eq!(stand.order(&owner, "pro", Cycle::Monthly).await.unwrap().trial_days, 0);
    // Another workspace has a trial.
    let other = stand.owner("bob@acme.test").await;
    assert_eq!(stand.order(&other, "pro", Cycle::Yearly).await.unwrap().trial_days, 14);
}

#[rstest]
#[case::while_the_first_runs(false)]
#[case::after_its_end(true)]
#[tokio::test]
async fn two_pages_that_are_both_confirmed_are_one_trial(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] ends_first: bool,
) {
    let stand = stand(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    let first = stand.checkout(&owner, "pro").await;
    let second = stand.another_page_with(&owner, "a2", "pro", 14).await;
    stand.pay(&first).await;
    stand.sync(&owner).await;
    let kept = stand.subscriptions(&owner).await[0].external_id.clone();
    // A second later, so that the order of ids is defined.
    stand.post("/clock", &json!({ "advance_secs": 60 })).await;
    if ends_first {
        stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{kept}")).await;
    }
    stand.pay(&second).await;
    stand.sync(&owner).await;
    stand.work().await;
    let live: Vec<_> = stand.subscriptions(&owner).await.into_iter().filter(|own| own.status.is_live()).collect();
    assert_eq!(live.len(), usize::from(!ends_first), "{live:#?}");
    assert!(live.iter().all(|own| own.external_id == kept));
    let duplicates = stand.services.membership(&owner).await.unwrap().duplicates;
    assert_eq!(duplicates.iter().map(|duplicate| duplicate.state).collect::<Vec<_>>(), [DuplicateState::Canceled]);
    assert_eq!(paid(&stand, &owner).await, [0, 0], "nothing was paid for either");
}

/// A trial whose card was removed ends without a debt.
#[rstest]
#[tokio::test]
async fn a_trial_without_a_card_at_its_end_is_over(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = stand(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let own = stand.subscriptions(&owner).await.remove(0);
    let at_stripe = stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{}", own.external_id)).await;
    let end = &at_stripe["trial_settings"]["end_behavior"]["missing_payment_method"];
    assert_eq!((end, &at_stripe["status"]), (&json!("cancel"), &json!("trialing")));
}
