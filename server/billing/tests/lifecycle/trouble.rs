//! Jobs that fail: seen by the workspace that they are about, tried again when its admins say so.

use billing::{mail::testing::Mood, service::ServiceError, store::testing::Engine};
use domain::account::Role;
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

#[rstest]
#[tokio::test]
async fn only_admins_see_what_goes_on(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let mut member = stand.owner("ada@acme.test").await;
    member.here.role = Role::Member;
    let seen = stand.services.activity(&member).await;
    assert!(matches!(seen, Err(ServiceError::AdminRequired)), "{seen:?}");
}
