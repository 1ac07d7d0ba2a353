//! Changes of a subscription whose call to the provider, or its answer, is lost: plan, seats and cancellation.

use billing::{
    service::{ServiceError, checkout::CheckoutOrder},
    store::testing::Engine,
};
use domain::{
    account::Viewer,
    catalog::{Cycle, file::default_catalog},
    subscription::{Provider, checkout_options::CheckoutOptions},
};
use rstest::rstest;

use crate::test_env::{Lost, TestEnv, biller};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Plan,
    Seats,
    Cancellation,
}

impl Change {
    /// How many invoices it makes.
    const fn invoices(self) -> usize {
        match self {
            Self::Plan | Self::Seats => 1,
            Self::Cancellation => 0,
        }
    }

    async fn make(self, env: &TestEnv, owner: &Viewer) -> Result<(), ServiceError> {
        let biller = biller(owner);
        match self {
            Self::Plan => {
                let order = CheckoutOrder {
                    plan: "business".to_owned(),
                    cycle: Cycle::Monthly,
                    success_url: None,
                    cancel_url: None,
                    upgrade_only: false,
                    seats: None,
                    is_confirmed: true,
                    language: None,
                    options: CheckoutOptions::default(),
                };
                env.services.checkouts().start_checkout(&biller, order).await.map(drop)
            }
            Self::Seats => env.services.subscriptions().change_seats(&biller, 5).await.map(drop),
            Self::Cancellation => env.services.subscriptions().cancel_at_period_end(&biller).await,
        }
    }

    /// Whether the stored subscription has the change.
    async fn is_stored(self, env: &TestEnv, owner: &Viewer) -> bool {
        let stored = env.subscriptions(owner).await.remove(0);
        match self {
            Self::Plan => stored.plan.as_str() == "business",
            Self::Seats => stored.details.seats == Some(5),
            Self::Cancellation => stored.cancel_at_period_end,
        }
    }
}

#[rstest]
#[case::request(Lost::Request, Some("provider_unavailable"))]
#[case::answer(Lost::Answer, None)]
#[case::connection(Lost::Connection, Some("outcome_unknown"))]
#[tokio::test]
async fn after_a_lost_answer_the_state_is_that_of_the_provider_and_nothing_is_charged_twice(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Change::Plan, Change::Seats, Change::Cancellation)] change: Change,
    #[case] lost: Lost,
    #[case] refused: Option<&str>,
) {
    let catalog = default_catalog().with_seats("team", (2, 3, None), 1_200);
    let env = TestEnv::selling_at(Provider::Stripe, engine, catalog).await;
    let owner = env.owner_on("ada@acme.test", "team").await;
    let invoices = async || env.list("/v1/invoices?limit=100").await.len();
    let before = invoices().await;

    env.lose_of_changes(Some(lost));
    let made = change.make(&env, &owner).await;
    assert_eq!(made.as_ref().err().map(|error| error.code().as_str()), refused, "{made:?}");
    let is_made = lost != Lost::Request;
    let text = made.err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(text.contains("Nothing was charged"), !is_made, "{text}");

    env.set_provider_down(false);
    env.lose_of_changes(None);
    assert_eq!(invoices().await, before + if is_made { change.invoices() } else { 0 });
    env.sync(&owner).await;
    assert_eq!(change.is_stored(&env, &owner).await, is_made);

    // A person who was shown the error tries again.
    let repeated = change.make(&env, &owner).await;
    match change {
        // The workspace is on the plan already.
        Change::Plan if is_made => assert!(matches!(repeated, Err(ServiceError::Validation { .. })), "{repeated:?}"),
        Change::Plan | Change::Seats | Change::Cancellation => assert!(repeated.is_ok(), "{repeated:?}"),
    }
    env.sync(&owner).await;
    assert!(change.is_stored(&env, &owner).await);
    assert_eq!(invoices().await, before + change.invoices(), "nothing is charged twice");
    assert_eq!(env.provider_subscriptions().await.len(), 1);
}
