//! Changes of seats whose call to the provider is lost.

use billing::store::testing::Engine;
use domain::{catalog::file::default_catalog, subscription::Provider};
use rstest::rstest;

use crate::test_env::{Lost, TestEnv, biller};

#[rstest]
#[case(Lost::Request, None)]
#[case(Lost::Answer, Some(5))]
#[tokio::test]
async fn a_change_of_seats_fails_only_if_it_was_not_made(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] lost: Lost,
    #[case] expected: Option<u64>,
) {
    let catalog = default_catalog().with_seats("team", (2, 3, None), 1_200);
    let env = TestEnv::selling_at(Provider::Stripe, engine, catalog).await;
    let owner = env.owner_on("ada@acme.test", "team").await;
    let subscriptions = env.services.subscriptions();
    env.lose_of_changes(Some(lost));
    let changed = subscriptions.change_seats(&biller(&owner), 5).await;
    assert_eq!(changed.ok().map(|view| view.seats), expected);
    env.lose_of_changes(None);
    env.sync(&owner).await;
    let held = subscriptions.seats(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(held.seats, expected.unwrap_or(3));
}
