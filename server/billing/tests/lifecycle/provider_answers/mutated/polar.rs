//! Mutated responses of Polar.

use billing::store::testing::Engine;
use domain::{account::Viewer, subscription::UnmanagedReason};
use rstest::rstest;
use serde_json::json;

use super::{Call, invariant_fields, mutations, restore_responses, unmanaged};
use crate::test_env::{TestEnv, biller};

/// Pays at Polar for a product that belongs to no plan.
async fn buys_support(env: &TestEnv, owner: &Viewer) {
    // An abandoned checkout creates the customer.
    env.checkout(owner, "pro").await;
    let price = json!({ "amount_type": "fixed", "price_amount": 5000, "price_currency": "usd" });
    let product = json!({ "name": "Support", "recurring_interval": "month", "prices": [price] });
    let product = env.post_to_polar("products/", &product).await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    let order = json!({ "products": [product["id"]], "customer_id": customer, "success_url": "http://dues.test/paid" });
    let checkout = env.post_to_polar("checkouts/", &order).await;
    env.pay(checkout["url"].as_str().unwrap()).await;
    env.sync(owner).await;
}

#[rstest]
#[case::sqlite(Engine::Sqlite, 0)]
#[case::postgres(Engine::Postgres, 5)]
#[tokio::test]
async fn a_mutated_response_of_polar_is_a_stated_error(#[case] engine: Engine, #[case] offset: usize) {
    let env = TestEnv::at_polar(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let buyer = env.owner("bea@acme.test").await;
    buys_support(&env, &buyer).await;
    let stored = async || {
        let of_buyer = (env.subscriptions(&buyer).await, unmanaged(&env, &buyer).await);
        (invariant_fields(env.subscriptions(&owner).await), unmanaged(&env, &owner).await, of_buyer)
    };
    let before = stored().await;
    let (none, [(_, UnmanagedReason::NoPlan, described)]) = (&before.2.0, before.2.1.as_slice()) else {
        panic!("{before:?}")
    };
    assert_eq!((none.len(), described.as_str()), (0, "Support, $50.00 a month"));

    let of_buyer = [Call::Sync, Call::Order, Call::Return].map(|question| (&buyer, "free", question));
    let questions = [&Call::ALL.map(|question| (&owner, "pro", question))[..], &of_buyer].concat();
    let ask = async |(who, _, question): (&Viewer, &str, Call)| question.ask(&env, who, "nothing wrong").await;
    for mutation in mutations(&env, &questions, ask, offset).await {
        mutation.begin(&env);
        for (who, plan, question) in &mutation.asked {
            question.ask(&env, who, &mutation.to_string()).await;
            assert_eq!(&*env.plan(who).await, *plan, "{question:?} with {mutation}");
        }
    }
    restore_responses(&env);
    for who in [&owner, &buyer] {
        env.sync(who).await;
    }
    // A call with mutated responses may have scheduled a cancellation at the provider: undo it.
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    assert_eq!(stored().await, before);
}
