//! Duplicate subscriptions: two checkouts are paid, one subscription stays, the other is canceled and refunded.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::lifecycle::DuplicateState;
use rstest::rstest;

use crate::stand::{Stand, biller};

#[rstest]
#[tokio::test]
async fn of_two_that_are_paid_one_stays_and_the_money_of_the_other_goes_back_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] the_dearer_first: bool,
    #[values(false, true)] told_in_between: bool,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    let mut pages = vec![stand.checkout(&owner, "starter").await, stand.another_page(&owner, "second", "pro").await];
    if the_dearer_first {
        pages.reverse();
    }
    for page in &pages {
        stand.pay(page).await;
        if told_in_between {
            stand.sync(&owner).await;
        }
    }
    stand.sync(&owner).await;
    stand.work().await;

    let live = stand.list("/v1/subscriptions?limit=100").await;
    assert_eq!(live.len(), 1, "{live:#?}");
    let refunds = stand.list("/v1/refunds").await;
    assert_eq!(refunds.len(), 1, "{refunds:#?}");
    // Which one stays depends on the second in which each began; the other one is refunded.
    let stays = stand.plan(&owner).await;
    assert_eq!(refunds[0]["amount"], if stays == "pro" { 900 } else { 2900 });
    let kept = stand.subscriptions(&owner).await.into_iter().find(|own| own.status.is_live()).unwrap();
    assert_eq!((live[0]["id"].as_str(), kept.plan.as_str()), (Some(kept.external_id.as_str()), stays.as_str()));

    let duplicates = stand.services.activity(&owner).await.unwrap().duplicates;
    assert_eq!(duplicates.len(), 1);
    assert_eq!(
        (duplicates[0].state, duplicates[0].kept_external_id.as_str()),
        (DuplicateState::Refunded, kept.external_id.as_str())
    );
    assert_eq!(duplicates[0].refunded.map(|money| money.minor), refunds[0]["amount"].as_i64());

    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(stand.list("/v1/refunds").await.len(), 1, "never twice");
}

#[rstest]
#[tokio::test]
async fn a_provider_that_is_away_in_the_middle_gives_the_money_back_later_and_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    for page in [stand.checkout(&owner, "starter").await, stand.another_page(&owner, "second", "pro").await] {
        stand.pay(&page).await;
    }
    stand.sync(&owner).await;
    stand.is_away(true);
    stand.work().await;
    stand.is_away(false);
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
    let activity = stand.services.activity(&owner).await.unwrap();
    assert_eq!((activity.troubled.len(), activity.duplicates[0].state), (1, DuplicateState::Found));
    assert!(activity.troubled[0].error.contains("does not answer"), "{:?}", activity.troubled);

    stand.services.try_again(&biller(&owner), &activity.troubled[0].id).await.unwrap();
    stand.work().await;
    assert_eq!(stand.list("/v1/refunds").await.len(), 1);
    let activity = stand.services.activity(&owner).await.unwrap();
    assert_eq!((activity.troubled.len(), activity.duplicates[0].state), (0, DuplicateState::Refunded));
}

#[rstest]
#[tokio::test]
async fn what_can_not_be_given_back_is_flagged_with_the_providers_reason(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    stand.refuses_refunds();
    let owner = stand.owner("ada@acme.test").await;
    for page in [stand.checkout(&owner, "starter").await, stand.another_page(&owner, "second", "pro").await] {
        stand.pay(&page).await;
    }
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(stand.list("/v1/subscriptions?limit=100").await.len(), 1, "it is canceled all the same");
    let duplicate = stand.services.activity(&owner).await.unwrap().duplicates.remove(0);
    assert_eq!(
        (duplicate.state, duplicate.reason.as_deref()),
        (DuplicateState::Flagged, Some("This charge is disputed."))
    );
}

#[rstest]
#[tokio::test]
async fn what_was_refunded_by_hand_is_not_given_back_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    for page in [stand.checkout(&owner, "starter").await, stand.another_page(&owner, "second", "pro").await] {
        stand.pay(&page).await;
    }
    for intent in stand.list("/v1/payment_intents").await {
        let id = intent["id"].as_str().unwrap();
        stand.at_stripe(Method::POST, &format!("/v1/refunds?payment_intent={id}")).await;
    }
    let before = stand.list("/v1/refunds").await.len();
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(stand.list("/v1/refunds").await.len(), before);
    let duplicate = stand.services.activity(&owner).await.unwrap().duplicates.remove(0);
    assert_eq!(duplicate.state, DuplicateState::Refunded);
}

#[rstest]
#[tokio::test]
async fn what_was_paid_long_before_the_other_began_is_not_given_back_whole(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_who_paid("ada@acme.test", "starter").await;
    stand.days_pass(20).await;
    stand.pay(&stand.another_page(&owner, "second", "pro").await).await;
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "pro");
    assert_eq!(stand.list("/v1/subscriptions?limit=100").await.len(), 1, "it is canceled all the same");
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
    let duplicate = stand.services.activity(&owner).await.unwrap().duplicates.remove(0);
    assert_eq!((duplicate.state, duplicate.plan.as_str()), (DuplicateState::Flagged, "starter"));
    assert!(duplicate.reason.unwrap().contains("somebody has to decide"));
}

#[rstest]
#[tokio::test]
async fn of_a_period_that_was_over_when_the_other_began_nothing_is_left_to_give_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    stand.days_pass(33).await;
    stand.card_fails(&customer, false).await;
    stand.pay(&stand.another_page(&owner, "second", "team").await).await;
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "team");
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
    let duplicate = stand.services.activity(&owner).await.unwrap().duplicates.remove(0);
    assert_eq!((duplicate.state, duplicate.plan.as_str(), duplicate.reason), (DuplicateState::Canceled, "pro", None));
}
