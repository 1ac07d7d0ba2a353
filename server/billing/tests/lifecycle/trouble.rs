//! Jobs that fail: seen by the workspace that they are about, tried again when its admins say so.

use axum::http::Method;
use billing::{mail::testing::Mood, service::ServiceError, store::testing::Engine};
use domain::{account::Role, catalog::Cycle};
use rstest::rstest;

use crate::stand::{Stand, biller};

#[rstest]
#[tokio::test]
async fn a_job_that_fails_is_seen_by_its_own_workspace_and_tried_again_when_asked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let (ada, bob) = (stand.owner("ada@acme.test").await, stand.owner("bob@acme.test").await);
    stand.smtp.will_be([Mood::Busy]);
    stand.services.invite(&ada, "new@acme.test", Role::Member).await.unwrap();
    stand.work().await;
    let troubled = stand.services.activity(&ada).await.unwrap().troubled;
    assert_eq!(troubled.len(), 1);
    assert!(troubled[0].next_try > troubled[0].created_at);
    assert_eq!(stand.services.activity(&bob).await.unwrap().troubled, []);

    let others = stand.services.try_again(&biller(&bob), &troubled[0].id).await;
    assert!(matches!(others, Err(ServiceError::NotFound(_))), "{others:?}");
    stand.work().await;
    assert_eq!(stand.smtp.received().len(), 0, "it waits for its turn");
    stand.services.try_again(&biller(&ada), &troubled[0].id).await.unwrap();
    stand.work().await;
    assert_eq!(stand.smtp.received().len(), 1);
    assert_eq!(stand.services.activity(&ada).await.unwrap().troubled, []);
    let gone = stand.services.try_again(&biller(&ada), &troubled[0].id).await;
    assert!(matches!(gone, Err(ServiceError::NotFound(_))), "{gone:?}");
}

/// Somebody at the provider's dashboard puts a workspace on a price of nobody's.
#[rstest]
#[tokio::test]
async fn what_no_plan_sells_is_seen_by_the_workspace_that_pays_for_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let (ada, bob) = (stand.owner_who_paid("ada@acme.test", "pro").await, stand.owner("bob@acme.test").await);
    let [own] = stand.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (own["id"].as_str().unwrap(), &own["items"]["data"][0]);
    let product = item["price"]["product"].as_str().unwrap();
    let price = format!("/v1/prices?product={product}&currency=usd&unit_amount=1&recurring[interval]=month");
    let price = stand.at_stripe(Method::POST, &price).await;
    let (item, price) = (item["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    let asked = stand.services.sync_subscription(&biller(&ada)).await;
    assert!(matches!(asked, Err(ServiceError::UnmappedPrice(_))), "{asked:?}");
    stand.work().await;
    assert_eq!(stand.plan(&ada).await, "free");
    let troubled = stand.services.activity(&ada).await.unwrap().troubled;
    let [job] = troubled.as_slice() else { panic!("{troubled:#?}") };
    assert!(job.error.contains("has a price that no price map names"), "{job:?}");
    assert!(job.next_try > job.created_at, "not at once");
    assert_eq!(stand.services.activity(&bob).await.unwrap().troubled, []);

    let mended = stand.prices.price(&"pro".parse().unwrap(), Cycle::Monthly).unwrap();
    let change = format!("items[0][id]={item}&items[0][price]={mended}&proration_behavior=none");
    stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    stand.services.try_again(&biller(&ada), &job.id).await.unwrap();
    stand.work().await;
    assert_eq!(stand.plan(&ada).await, "pro");
    assert_eq!(stand.services.activity(&ada).await.unwrap().troubled, []);
}

#[rstest]
#[tokio::test]
async fn only_admins_see_what_goes_on(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let mut member = stand.owner("ada@acme.test").await;
    member.here.role = Role::Member;
    let seen = stand.services.activity(&member).await;
    assert!(matches!(seen, Err(ServiceError::AdminRequired)), "{seen:?}");
}
