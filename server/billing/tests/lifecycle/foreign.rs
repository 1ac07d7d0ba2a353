//! Responses about another customer than requested: they are rejected, and the other customer's data stays.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, Subscription},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stand::{Stand, biller};

const UNKNOWN: &str = "unknown_at_provider";

/// Fetches a workspace's subscription from Stripe.
async fn at_stripe(stand: &Stand, own: &Subscription) -> Value {
    stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{}", own.external_id)).await
}

async fn only(stand: &Stand, owner: &Viewer) -> Subscription {
    let [own] = stand.subscriptions(owner).await.try_into().unwrap();
    own
}

/// Stores a foreign subscription, as an earlier version did.
async fn store(stand: &Stand, owner: &Viewer, foreign: &Subscription) {
    let mut tx = stand.database.store.begin().await.unwrap();
    tx.link().upsert_subscription(&owner.current_membership.tenant_id, foreign).await.unwrap();
    tx.commit().await.unwrap();
}

#[rstest]
#[case::wholly(true)]
#[case::beside_the_own(false)]
#[tokio::test]
async fn a_list_with_another_customers_subscription_grants_and_ends_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] instead: bool,
) {
    let stand = Stand::start(engine).await;
    let (ada, bob) = (stand.owner_on("ada@acme.test", "starter").await, stand.owner_on("bob@acme.test", "team").await);
    let (own, theirs) = (only(&stand, &ada).await, only(&stand, &bob).await);
    let (id, foreign) = (own.external_id.clone(), at_stripe(&stand, &theirs).await);
    stand.answers_otherwise(move |answer| {
        if instead && answer["object"] == "subscription" && answer["id"] == id.as_str() {
            *answer = foreign.clone();
        } else if !instead && answer["object"] == "list" && answer["data"][0]["id"] == id.as_str() {
            let listed = answer["data"].as_array_mut().unwrap();
            if listed.iter().all(|one| one["id"] != foreign["id"]) {
                listed.push(foreign.clone());
            }
        }
    });
    for _ in 0..2 {
        stand.sync(&ada).await;
        stand.work().await;
    }
    assert_eq!(
        (stand.plan(&ada).await.as_str(), only(&stand, &ada).await.external_id),
        ("starter", own.external_id.clone())
    );
    let canceled = stand.services.cancel_at_period_end(&biller(&ada)).await;
    assert_eq!(canceled.is_err(), instead, "{canceled:?}");
    stand.work().await;

    stand.answers_otherwise(|_| {});
    stand.sync(&ada).await;
    stand.sync(&bob).await;
    stand.work().await;
    assert_eq!((stand.plan(&ada).await, stand.plan(&bob).await), ("starter".to_owned(), "team".to_owned()));
    for (one, ends) in [(&own, !instead), (&theirs, false)] {
        let there = at_stripe(&stand, one).await;
        assert_eq!((&there["status"], &there["cancel_at_period_end"]), (&json!("active"), &json!(ends)));
    }
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
    assert_eq!(stand.services.membership(&ada).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn what_was_believed_before_goes_back_to_whom_it_belongs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let (ada, bob) = (stand.owner_on("ada@acme.test", "starter").await, stand.owner_on("bob@acme.test", "team").await);
    let theirs = only(&stand, &bob).await;
    // It began later than the other one, so it is the tenant's current subscription.
    let later = Subscription { started_at: theirs.started_at.plus_secs(1), ..theirs.clone() };
    store(&stand, &ada, &later).await;
    assert_eq!(stand.plan(&ada).await, "team");
    stand.sync(&ada).await;
    stand.work().await;
    assert_eq!((stand.plan(&ada).await, stand.plan(&bob).await), ("starter".to_owned(), "team".to_owned()));
    let row = stand.subscriptions(&ada).await.into_iter().find(|own| own.external_id == theirs.external_id).unwrap();
    assert_eq!(row.status, ProviderStatus::Canceled);
    assert_eq!(at_stripe(&stand, &theirs).await["status"], "active");
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
    assert_eq!(stand.services.membership(&ada).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn a_subscription_of_a_customer_that_is_not_known_is_neither_settled_nor_canceled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let ada = stand.owner_on("ada@acme.test", "starter").await;
    let own = only(&stand, &ada).await;
    let stranger = stand.at_stripe(Method::POST, "/v1/customers?email=eve@else.test").await;
    let price = stand.prices.price(&"team".parse().unwrap(), Cycle::Monthly).unwrap();
    let fields = format!("customer={}&items[0][price]={price}&trial_period_days=30", stranger["id"].as_str().unwrap());
    let made = stand.at_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await;
    let foreign = Subscription {
        external_id: made["id"].as_str().unwrap().to_owned(),
        plan: "team".parse().unwrap(),
        ..own.clone()
    };
    store(&stand, &ada, &foreign).await;
    let before = stand.subscriptions(&ada).await;

    let refused = stand.services.sync_subscription(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), UNKNOWN);
    let refused = stand.services.cancel_at_period_end(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), UNKNOWN);
    assert_eq!(stand.order(&ada, "pro", Cycle::Monthly).await.unwrap_err().code(), UNKNOWN);
    stand.begin_rounds().await;
    stand.work().await;
    let row = |all: &[Subscription]| all.iter().find(|one| one.external_id == foreign.external_id).cloned();
    assert_eq!(row(&stand.subscriptions(&ada).await), row(&before), "nothing was written on one strange answer");
    let there = at_stripe(&stand, &foreign).await;
    assert_eq!((&there["status"], &there["cancel_at_period_end"]), (&json!("trialing"), &json!(false)));
    assert_eq!(at_stripe(&stand, &own).await["status"], "active");
    assert_eq!(stand.list("/v1/refunds").await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn another_customers_invoices_are_not_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let ada = stand.owner_on("ada@acme.test", "pro").await;
    assert_eq!(stand.services.invoices(&biller(&ada)).await.unwrap().len(), 1);
    stand.answers_otherwise(|answer| {
        if answer["object"] == "invoice" {
            answer["customer"] = "cus_of_another".into();
        }
    });
    let refused = stand.services.invoices(&biller(&ada)).await.unwrap_err();
    assert_eq!(refused.code(), "provider_unavailable");
    stand.answers_otherwise(|answer| {
        if answer["object"] == "list" && answer["data"][0]["object"] == "invoice" {
            let mut other = answer["data"][0].clone();
            other["customer"] = json!({ "id": "cus_of_another", "object": "customer" });
            answer["data"].as_array_mut().unwrap().push(other);
        }
    });
    assert_eq!(stand.services.invoices(&biller(&ada)).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_preview_for_another_subscription_states_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let ada = stand.owner_on("ada@acme.test", "pro").await;
    stand.answers_otherwise(|answer| {
        if answer["object"] == "invoice" {
            answer["parent"]["subscription_details"]["subscription"] = "sub_of_another".into();
        }
    });
    let preflight = stand.services.preflight(&ada.current_membership.tenant_id, "team", Cycle::Monthly).await.unwrap();
    assert_eq!(preflight.due_now, None);
    stand.sync(&ada).await;
    assert_eq!(only(&stand, &ada).await.details.next_payment, None);
}
