//! Mutated responses to the first request for the account: an invalid account is not stored.

use billing::store::testing::Engine;
use domain::{catalog::Cycle, subscription::Provider};
use rstest::rstest;

use super::{Mutation, Wrong, restore_responses};
use crate::test_env::TestEnv;

#[rstest]
#[tokio::test]
async fn an_unreadable_account_is_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let (env, kind) = match at {
        Provider::Stripe => (TestEnv::start(engine).await, "account"),
        Provider::Polar => (TestEnv::at_polar(engine).await, "organizations"),
    };
    let owner = env.owner("ada@acme.test").await;
    for wrong in Wrong::ALL {
        let mutation = Mutation { kind: kind.to_owned(), field: "id".to_owned(), wrong, asked: vec![()] };
        mutation.begin(&env);
        let order = env.order(&owner, "pro", Cycle::Monthly).await;
        let refused = order.map(|started| started.url).unwrap_err();
        assert_eq!(refused.code(), "provider_unavailable", "{mutation}: {refused:?}");
    }
    restore_responses(&env);
    let page = env.checkout(&owner, "pro").await;
    env.pay(&page).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(env.plan(&owner).await, "pro");
}
