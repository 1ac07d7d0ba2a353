//! Mutated responses to the first request for the account: an invalid account is not stored.

use billing::store::testing::Engine;
use domain::{catalog::Cycle, subscription::Provider};
use rstest::rstest;

use super::{Mutation, WRONG, right_again};
use crate::stand::Stand;

#[rstest]
#[tokio::test]
async fn an_account_that_can_not_be_read_is_not_believed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let (stand, kind) = match at {
        Provider::Stripe => (Stand::start(engine).await, "account"),
        Provider::Polar => (Stand::at_polar(engine).await, "organizations"),
    };
    let owner = stand.owner("ada@acme.test").await;
    for wrong in WRONG {
        let mutation = Mutation { kind: kind.to_owned(), field: "id".to_owned(), wrong, asked: vec![()] };
        mutation.begin(&stand);
        let order = stand.order(&owner, "pro", Cycle::Monthly).await;
        let refused = order.map(|started| started.url).unwrap_err();
        assert_eq!(refused.code(), "provider_unavailable", "{mutation}: {refused:?}");
    }
    right_again(&stand);
    let page = stand.checkout(&owner, "pro").await;
    stand.pay(&page).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    assert_eq!(stand.plan(&owner).await, "pro");
}
