//! Failing jobs: visible to their workspace, retried when an admin requests it.

use axum::http::Method;
use billing::{
    identity::factors::Confirmed,
    mail::testing::SmtpFailure,
    service::{ServiceError, base::permission::Biller},
    store::testing::Engine,
};
use domain::{account::Role, catalog::Cycle, subscription::UnmanagedReason};
use rstest::rstest;

use crate::test_env::{TestEnv, biller};

#[rstest]
#[tokio::test]
async fn a_failing_job_is_shown_to_its_workspace_and_can_be_retried(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let invitations = env.services.invitations();
    let (ada, bob) = (env.owner("ada@acme.test").await, env.owner("bob@acme.test").await);
    env.smtp.fail_next([SmtpFailure::Busy]);
    invitations.invite(&ada, "new@acme.test", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let troubled = env.services.subscriptions().activity(&biller(&ada)).await.unwrap().troubled;
    assert_eq!(troubled.len(), 1);
    assert!(troubled[0].next_try.unwrap() > troubled[0].created_at);
    assert_eq!(env.services.subscriptions().activity(&biller(&bob)).await.unwrap().troubled, []);

    let others = env.services.subscriptions().retry_job(&biller(&bob), &troubled[0].id).await;
    assert!(matches!(others, Err(ServiceError::NotFound(_))), "{others:?}");
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), 0, "it waits for its turn");
    env.services.subscriptions().retry_job(&biller(&ada), &troubled[0].id).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), 1);
    assert_eq!(env.services.subscriptions().activity(&biller(&ada)).await.unwrap().troubled, []);
    let gone = env.services.subscriptions().retry_job(&biller(&ada), &troubled[0].id).await;
    assert!(matches!(gone, Err(ServiceError::NotFound(_))), "{gone:?}");
}

/// An unmapped price is set in the provider's dashboard.
#[rstest]
#[tokio::test]
async fn an_unsold_subscription_is_shown_to_the_paying_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let (ada, bob) =
        (env.owner_with_unprocessed_payment("ada@acme.test", "pro").await, env.owner("bob@acme.test").await);
    let [stored] = env.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (stored["id"].as_str().unwrap(), &stored["items"]["data"][0]);
    let price = "/v1/prices?product_data[name]=Pro&currency=usd&unit_amount=1&recurring[interval]=month";
    let price = env.call_stripe(Method::POST, price).await;
    let (item, price) = (item["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&ada).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&ada).await, "free");
    let [subscription] = env.services.subscriptions().membership(&ada).await.unwrap().unmanaged.try_into().unwrap();
    assert_eq!((subscription.external_id.as_str(), subscription.reason), (id, UnmanagedReason::NoPlan));
    assert_eq!(subscription.described, "Pro, $0.01 a month");
    assert_eq!(env.services.subscriptions().membership(&bob).await.unwrap().unmanaged, []);
    assert_eq!(
        env.services.subscriptions().activity(&biller(&ada)).await.unwrap().troubled,
        [],
        "nothing fails for it"
    );

    let mended = env.prices.price(&"pro".parse().unwrap(), Cycle::Monthly).unwrap();
    let change = format!("items[0][id]={item}&items[0][price]={mended}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&ada).await;
    assert_eq!(env.plan(&ada).await, "pro");
    assert_eq!(env.services.subscriptions().membership(&ada).await.unwrap().unmanaged, []);
}

/// A mistake in the dashboard or in the price map revokes no paid plan.
#[rstest]
#[tokio::test]
async fn a_move_to_an_unmapped_price_keeps_the_plan_and_is_shown(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let ada = env.owner_on("ada@acme.test", "pro").await;
    let [stored_subscription] = env.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (stored_subscription["id"].as_str().unwrap(), &stored_subscription["items"]["data"][0]);
    let price = "/v1/prices?product_data[name]=Pro&currency=usd&unit_amount=100&recurring[interval]=month";
    let price = env.call_stripe(Method::POST, price).await;
    let (item, price) = (item["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&ada).await;
    assert_eq!(env.plan(&ada).await, "pro");
    let [subscription] = env.services.subscriptions().membership(&ada).await.unwrap().unmanaged.try_into().unwrap();
    assert_eq!((subscription.reason, subscription.described.as_str()), (UnmanagedReason::Moved, "Pro, $1.00 a month"));
    let stored = env.subscriptions(&ada).await.remove(0);
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, 100, "the sum is the provider's");
    env.services.subscriptions().cancel_at_period_end(&biller(&ada)).await.unwrap();
    assert!(env.order(&ada, "team", Cycle::Monthly).await.unwrap().is_portal);
}

#[rstest]
#[tokio::test]
async fn a_plain_member_sees_no_failing_jobs(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let mut member = env.owner("ada@acme.test").await;
    member.current_membership.role = Role::Member;
    let biller = Biller::person(&member);
    assert!(matches!(biller, Err(ServiceError::BillerRequired)), "{biller:?}");
}
