//! The periodic reconciliation, and the backfill from the provider's list of events.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{account::Viewer, lifecycle::DriftSource, subscription::ProviderStatus};
use rstest::rstest;
use serde_json::json;

use crate::stand::{Stand, WALK_SECS};

/// Ends the subscription immediately at the provider.
async fn end_at_stripe(stand: &Stand, owner: &Viewer) {
    let id = stand.subscriptions(owner).await[0].external_id.clone();
    stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{id}")).await;
}

#[rstest]
#[tokio::test]
async fn the_walk_finds_what_nobody_told_of_and_says_what_it_mended(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let (ada, bob) = (stand.owner_on("ada@acme.test", "pro").await, stand.owner_on("bob@acme.test", "team").await);
    stand.begin_rounds().await;
    let activity = stand.services.activity(&ada).await.unwrap();
    assert_eq!((activity.drift.len(), activity.asked_at.is_some()), (0, true));

    end_at_stripe(&stand, &ada).await;
    // The list of events does not report it, either: it is read before the reconciliation.
    stand.answers_otherwise(|answer| {
        if answer["url"] == "/v1/events" {
            answer["data"] = json!([]);
            answer["has_more"] = json!(false);
        }
    });
    // Within the interval no subscription is reconciled again.
    stand.wall.advance(WALK_SECS / 2);
    stand.work().await;
    assert_eq!(stand.plan(&ada).await, "pro");
    stand.wall.advance(WALK_SECS / 2 + 1);
    stand.work().await;
    assert_eq!((stand.plan(&ada).await.as_str(), stand.plan(&bob).await.as_str()), ("free", "team"));

    let drift = stand.services.activity(&ada).await.unwrap().drift;
    assert_eq!(drift.len(), 1, "{drift:#?}");
    let was = drift[0].was.as_ref().unwrap();
    assert_eq!((was.status, drift[0].became.status), (ProviderStatus::Active, ProviderStatus::Canceled));
    assert_eq!(drift[0].found_by, DriftSource::Reconciliation);
    assert_eq!(stand.services.activity(&bob).await.unwrap().drift, []);
}

#[rstest]
#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_and_nothing_is_lost(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.begin_rounds().await;
    end_at_stripe(&stand, &owner).await;
    stand.wall.advance(2 * WALK_SECS);
    stand.is_away(true);
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "pro");
    stand.is_away(false);
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "pro", "it is not asked again at once");
    stand.wall.advance(5);
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "free");
}

#[rstest]
#[tokio::test]
async fn what_happened_while_nobody_was_here_is_read_from_the_list_and_counts_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_who_paid("ada@acme.test", "pro").await;
    assert_eq!((stand.plan(&owner).await.as_str(), stand.stored_events().await), ("free", 0));
    stand.begin_rounds().await;
    assert_eq!(stand.plan(&owner).await, "pro");
    let drift = stand.services.activity(&owner).await.unwrap().drift;
    assert!(drift.iter().any(|drift| drift.found_by == DriftSource::Events && drift.was.is_none()), "{drift:#?}");

    let stored = stand.stored_events().await;
    assert!(stored > 0);
    stand.wall.advance(2 * WALK_SECS);
    stand.work().await;
    assert_eq!(stand.stored_events().await, stored, "what was read is not read as new");
    let activity = stand.services.activity(&owner).await.unwrap();
    assert_eq!(activity.drift.len(), drift.len());
    assert!(activity.events.iter().all(|event| event.handled_at.is_some()), "{:#?}", activity.events);
}

/// More than a page of events, and a failure in the middle of the list.
#[rstest]
#[tokio::test]
async fn a_long_list_is_read_to_its_end(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let mut owners = Vec::new();
    for number in 0..12 {
        owners.push(stand.owner_who_paid(&format!("owner{number}@acme.test"), "starter").await);
    }
    assert_eq!(stand.list("/v1/events?limit=100").await.len(), 100, "there is a second page");
    stand.begin_rounds().await;
    for owner in &owners {
        assert_eq!(stand.plan(owner).await, "starter");
    }
}

#[rstest]
#[tokio::test]
async fn who_has_the_provider_asked_sees_what_was_mended(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    stand.sync(&owner).await;
    assert_eq!(stand.services.activity(&owner).await.unwrap().drift, [], "a purchase is no drift");
    end_at_stripe(&stand, &owner).await;
    stand.sync(&owner).await;
    let drift = stand.services.activity(&owner).await.unwrap().drift;
    assert_eq!(drift.iter().map(|drift| drift.found_by).collect::<Vec<_>>(), [DriftSource::Sync]);
}
