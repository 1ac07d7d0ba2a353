//! Mutated responses of Polar.

use billing::store::testing::Engine;
use domain::{account::Viewer, subscription::UnmanagedReason};
use rstest::rstest;
use serde_json::json;

use super::{Question, kept, mutations, right_again, unmanaged};
use crate::stand::{Stand, biller};

/// Pays for a product at Polar that no plan sells.
async fn buys_support(stand: &Stand, owner: &Viewer) {
    // An abandoned checkout creates the customer.
    stand.checkout(owner, "pro").await;
    let price = json!({ "amount_type": "fixed", "price_amount": 5000, "price_currency": "usd" });
    let product = json!({ "name": "Support", "recurring_interval": "month", "prices": [price] });
    let product = stand.make_at_polar("products/", &product).await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    let order = json!({ "products": [product["id"]], "customer_id": customer, "success_url": "http://dues.test/paid" });
    let checkout = stand.make_at_polar("checkouts/", &order).await;
    stand.pay(checkout["url"].as_str().unwrap()).await;
    stand.sync(owner).await;
}

#[rstest]
#[case::sqlite(Engine::Sqlite, 0)]
#[case::postgres(Engine::Postgres, 5)]
#[tokio::test]
async fn an_answer_of_polars_with_anything_wrong_in_it_is_a_stated_condition(
    #[case] engine: Engine,
    #[case] offset: usize,
) {
    let stand = Stand::at_polar(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let buyer = stand.owner("bea@acme.test").await;
    buys_support(&stand, &buyer).await;
    let stored = async || {
        let of_buyer = (stand.subscriptions(&buyer).await, unmanaged(&stand, &buyer).await);
        (kept(stand.subscriptions(&owner).await), unmanaged(&stand, &owner).await, of_buyer)
    };
    let before = stored().await;
    let (none, [(_, UnmanagedReason::NoPlan, described)]) = (&before.2.0, before.2.1.as_slice()) else {
        panic!("{before:?}")
    };
    assert_eq!((none.len(), described.as_str()), (0, "Support, $50.00 a month"));

    let of_buyer = [Question::Sync, Question::Order, Question::Return].map(|question| (&buyer, "free", question));
    let questions = [&Question::ALL.map(|question| (&owner, "pro", question))[..], &of_buyer].concat();
    let ask = async |(who, _, question): (&Viewer, &str, Question)| question.ask(&stand, who, "nothing wrong").await;
    for mutation in mutations(&stand, &questions, ask, offset).await {
        mutation.begin(&stand);
        for (who, plan, question) in &mutation.asked {
            question.ask(&stand, who, &mutation.to_string()).await;
            assert_eq!(&*stand.plan(who).await, *plan, "{question:?} with {mutation}");
        }
    }
    right_again(&stand);
    for who in [&owner, &buyer] {
        stand.sync(who).await;
    }
    // Calls during the mutation may have taken effect.
    stand.services.resume(&biller(&owner)).await.unwrap();
    assert_eq!(stored().await, before);
}
