//! Objects that the right account no longer knows: nothing ends, and operators are notified.

use billing::{
    service::ServiceError,
    store::{inbox::EventState, testing::Engine, unknown_objects::ObjectKind},
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{Provider, ProviderStatus},
};
use rstest::rstest;

use crate::{
    account::work_counts,
    stand::{DAY_SECS, Stand, WALK_SECS, biller},
};

/// Returns a valid id of an object that does not exist at the provider.
const fn never_seen(at: Provider) -> &'static str {
    match at {
        Provider::Stripe => "sub_never_seen",
        Provider::Polar => "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11",
    }
}

async fn unknown(stand: &Stand, owner: &Viewer) -> Vec<(ObjectKind, String)> {
    let mut reader = stand.database.store.read().await.unwrap();
    let listed = reader.link().list_unknown(&owner.current_membership.tenant_id).await.unwrap();
    let mut listed: Vec<_> = listed.into_iter().map(|it| (it.kind, it.external_id)).collect();
    listed.sort_by_key(|(kind, _)| kind.as_str());
    listed
}

fn refused<T: std::fmt::Debug>(answer: Result<T, ServiceError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "unknown_at_provider", "{error:?}");
}

#[rstest]
#[tokio::test]
async fn what_the_provider_does_not_know_is_noted_and_goes_on_until_it_is_known_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let (ada, bob) = (stand.owner_on("ada@acme.test", "pro").await, stand.owner_on("bob@acme.test", "team").await);
    stand.begin_rounds().await;
    let before = stand.subscriptions(&ada).await;
    let customer = stand.customer(&ada.current_membership.tenant_id).await;
    let own = before[0].external_id.clone();
    let left = stand.subscriptions(&bob).await.remove(0).external_id;
    stand.ends_there(&left).await;

    stand.forgets([customer.as_str(), own.as_str()]);
    for _ in 0..3 {
        stand.wall.advance(WALK_SECS + 1);
        stand.work().await;
    }
    assert_eq!(stand.subscriptions(&ada).await, before, "nothing is written of it");
    assert_eq!(stand.plan(&bob).await, "free", "the walk goes on to all others");
    assert_eq!(
        unknown(&stand, &ada).await,
        [(ObjectKind::Customer, customer.clone()), (ObjectKind::Subscription, own.clone())]
    );
    assert_eq!(unknown(&stand, &bob).await, []);
    let admin = biller(&ada);
    refused(stand.services.sync_subscription(&admin).await);
    refused(stand.services.cancel_at_period_end(&admin).await);
    refused(stand.order(&ada, "team", Cycle::Monthly).await);
    refused(stand.services.invoices(&admin).await);
    assert_eq!(stand.customers().await.len(), 2, "the customer is not replaced");

    // The periodic reconciliation retries without an event.
    stand.forgets([]);
    stand.wall.advance(WALK_SECS + 1);
    stand.work().await;
    assert_eq!(unknown(&stand, &ada).await, []);
    assert_eq!(stand.plan(&ada).await, "pro");
    assert!(stand.order(&ada, "team", Cycle::Monthly).await.unwrap().is_portal);
}

#[rstest]
#[tokio::test]
async fn a_customer_that_is_shown_as_deleted_ends_its_subscriptions_and_is_replaced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
    #[values(true, false)] still_knows_the_subscription: bool,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    let own = stand.subscriptions(&owner).await.remove(0).external_id;
    stand.deletes_customer(&customer).await;
    if !still_knows_the_subscription {
        stand.forgets([own.as_str()]);
    }
    stand.sync(&owner).await;
    let [ended] = stand.subscriptions(&owner).await.try_into().unwrap();
    assert_eq!((ended.status, ended.ended_at.is_some()), (ProviderStatus::Canceled, true));
    assert_eq!((stand.plan(&owner).await.as_str(), unknown(&stand, &owner).await), ("free", vec![]));

    let page = stand.checkout(&owner, "team").await;
    assert_ne!(stand.customer(&owner.current_membership.tenant_id).await, customer);
    stand.pay(&page).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    assert_eq!(stand.plan(&owner).await, "team");
}

/// A deleted customer without a subscription does not block a new checkout.
#[rstest]
#[tokio::test]
async fn a_deleted_customer_without_a_subscription_is_replaced_and_its_order_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.checkout(&owner, "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.deletes_customer(&customer).await;
    stand.sync(&owner).await;
    assert_eq!(unknown(&stand, &owner).await, []);

    let page = stand.checkout(&owner, "team").await;
    assert_ne!(stand.customer(&owner.current_membership.tenant_id).await, customer);
    stand.pay(&page).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    assert_eq!(stand.plan(&owner).await, "team");
    // Long after the previous checkout expired.
    stand.wall.advance(2 * DAY_SECS);
    stand.work().await;
    assert_eq!(work_counts(&stand).await.failing, 0, "nothing goes on to ask for the former order");
    assert_eq!(unknown(&stand, &owner).await, []);
}

#[rstest]
#[tokio::test]
async fn an_event_about_what_was_never_seen_is_ignored_and_one_about_what_was_is_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let own = stand.subscriptions(&owner).await.remove(0).external_id;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.forgets([customer.as_str(), own.as_str()]);
    stand.tell(&stand.event_of_an_end("evt_never", never_seen(at))).await;
    stand.tell(&stand.event_of_an_end("evt_seen", &own)).await;
    stand.work().await;
    let state = async |id: &str| {
        let mut reader = stand.database.store.read().await.unwrap();
        reader.link().find_event(at, id).await.unwrap().unwrap().1
    };
    assert_eq!((state("evt_never").await, state("evt_seen").await), (EventState::Ignored, EventState::Handled));
    assert_eq!(stand.plan(&owner).await, "pro");
    assert_eq!(unknown(&stand, &owner).await, [(ObjectKind::Customer, customer), (ObjectKind::Subscription, own)]);
}

#[rstest]
#[tokio::test]
async fn a_checkout_that_is_not_known_is_not_over_before_its_time(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let stand = Stand::at(at, engine).await;
    let owner = stand.owner("ada@acme.test").await;
    let first = stand.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    stand.forgets([first.id.as_str()]);
    refused(stand.order(&owner, "team", Cycle::Monthly).await);
    assert_eq!(unknown(&stand, &owner).await, [(ObjectKind::Checkout, first.id.clone())]);

    // It may have been paid.
    stand.forgets([]);
    stand.pay(&first.url).await;
    let second = stand.order(&owner, "team", Cycle::Monthly).await;
    assert!(second.is_ok_and(|second| second.is_portal), "it was paid, and is changed");
    assert_eq!(stand.plan(&owner).await, "pro");
}
