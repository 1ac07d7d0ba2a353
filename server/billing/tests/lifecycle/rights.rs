//! A key that loses all permissions but to read its account.

use billing::{service::ServiceError, store::testing::Engine};
use domain::{catalog::Cycle, subscription::Provider};
use rstest::rstest;

use crate::{
    account::{essence, stored, three_who_pay, told_of_ends, work_counts},
    stand::{Rights, Stand, WALK_SECS, biller},
};

fn rejected<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "provider_rejected", "{error:?}");
}

/// The key still opens the right account, but each other call is rejected.
#[rstest]
#[tokio::test]
async fn an_hour_with_a_key_that_may_read_its_account_and_nothing_else_writes_nothing_and_sells_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owners = three_who_pay(&stand).await;
    let newcomer = stand.owner("new@acme.test").await;
    stand.begin_rounds().await;
    let before = stored(&stand, &owners).await;
    let (sold, customers) = (stand.sold().await.len(), stand.customers().await.len());

    stand.grants(Rights::Account);
    for minute in 0..60 {
        stand.wall.advance(60);
        if minute % 10 == 0 {
            stand.begin_rounds().await;
            let owner = &owners[minute / 10 % 3];
            rejected(stand.order(owner, "business", Cycle::Monthly).await);
            rejected(stand.services.sync_subscription(&biller(owner)).await);
            rejected(stand.services.cancel_at_period_end(&biller(owner)).await);
            rejected(stand.order(&newcomer, "pro", Cycle::Monthly).await);
        }
        if minute == 30 {
            told_of_ends(&stand, &before).await;
        }
        stand.work().await;
    }
    assert_eq!(essence(stored(&stand, &owners).await), essence(before.clone()), "nothing was written");
    assert_eq!(stand.services.account_warnings(), [], "it is the right account");
    assert!(work_counts(&stand).await.failing > 0, "operators see that it is refused");
    assert_eq!((stand.sold().await.len(), stand.customers().await.len()), (sold, customers));

    let left = before[0].0[0].external_id.clone();
    stand.ends_there(&left).await;
    stand.grants(Rights::All);
    // The longest delay of a retry.
    stand.wall.advance(2 * WALK_SECS);
    stand.work().await;
    let counts = work_counts(&stand).await;
    assert_eq!((counts.failing, counts.waiting), (0, 0), "all that was told is followed");
    assert_eq!(stand.plan(&owners[0]).await, "free", "who left has left");
    assert_eq!(essence(stored(&stand, &owners[1..]).await), essence(before[1..].to_vec()));
    assert!(stand.order(&owners[1], "business", Cycle::Monthly).await.unwrap().is_portal);
    assert_eq!(stand.sold().await.len(), sold, "nothing was sold twice");
}
