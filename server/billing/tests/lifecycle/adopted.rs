//! Subscriptions and customers that Dues did not create: they count for a plan, and Dues ends and refunds none of them.

use axum::http::Method;
use billing::{
    ServiceError,
    store::{job::jobs::Task, testing::Engine},
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{
        Provider, UnmanagedReason,
        lifecycle::{DuplicateState, DuplicateSubscription},
    },
};
use rstest::rstest;
use serde_json::Value;

use crate::{
    provider_answers::unmanaged::{create_subscription_in_dashboard, price_of, unmanaged},
    test_env::{TestEnv, biller},
};

/// Returns an owner whose customer has a card and whose only subscription has ended.
async fn owner_with_card(env: &TestEnv) -> Viewer {
    let owner = env.owner_on("ada@acme.test", "starter").await;
    let sold = env.subscriptions(&owner).await.remove(0).external_id;
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{sold}")).await;
    env.sync(&owner).await;
    assert_eq!(env.plan(&owner).await, "free");
    owner
}

async fn status_at_stripe(env: &TestEnv, id: &str) -> String {
    let found = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await;
    found["status"].as_str().unwrap().to_owned()
}

async fn refunds(env: &TestEnv) -> usize {
    env.list("/v1/refunds").await.len()
}

#[rstest]
#[tokio::test]
async fn of_two_adopted_subscriptions_the_better_plan_counts_and_both_stay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] the_better_first: bool,
) {
    let env = TestEnv::start(engine).await;
    let owner = owner_with_card(&env).await;
    let mut plans = ["starter", "team"];
    if the_better_first {
        plans.reverse();
    }
    let mut ids = Vec::new();
    for plan in plans {
        ids.push((plan, create_subscription_in_dashboard(&env, &owner, &price_of(&env, plan)).await));
        env.sync(&owner).await;
        env.run_due_jobs().await;
    }
    assert_eq!(env.plan(&owner).await, "team");
    for (_, id) in &ids {
        assert_eq!(status_at_stripe(&env, id).await, "active");
    }
    assert_eq!(refunds(&env).await, 0);
    let activity = env.services.subscriptions().activity(&biller(&owner)).await.unwrap();
    assert_eq!((activity.duplicates, activity.troubled), (Vec::new(), Vec::new()));
    let (_, lesser) = ids.iter().find(|(plan, _)| *plan == "starter").unwrap();
    let [beside] = unmanaged(&env, &owner).await.try_into().unwrap();
    assert_eq!((&beside.external_id, beside.reason), (lesser, UnmanagedReason::Several));
    assert_eq!(beside.described, "Starter, $9.00 a month");

    // The better one ends: the other counts, and is no longer listed.
    let (_, better) = ids.iter().find(|(plan, _)| *plan == "team").unwrap();
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{better}")).await;
    env.sync(&owner).await;
    assert_eq!((env.plan(&owner).await.as_str(), unmanaged(&env, &owner).await), ("starter", Vec::new()));
}

#[rstest]
#[tokio::test]
async fn an_adopted_subscription_beside_a_better_order_stays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "team").await;
    assert!(env.subscriptions(&owner).await[0].details.begun_by_dues);
    let adopted = create_subscription_in_dashboard(&env, &owner, &price_of(&env, "pro")).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "team", "the newer one has the lesser plan");
    assert_eq!((status_at_stripe(&env, &adopted).await.as_str(), refunds(&env).await), ("active", 0));
    assert_eq!(env.services.subscriptions().membership(&owner).await.unwrap().duplicates, []);
    assert_eq!(unmanaged(&env, &owner).await[0].external_id, adopted);
}

#[rstest]
#[tokio::test]
async fn an_order_beside_a_better_adopted_subscription_is_refunded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "starter").await;
    let order = env.subscriptions(&owner).await.remove(0).external_id;
    let adopted = create_subscription_in_dashboard(&env, &owner, &price_of(&env, "team")).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "team");
    assert_eq!(status_at_stripe(&env, &adopted).await, "active");
    assert_eq!((status_at_stripe(&env, &order).await.as_str(), refunds(&env).await), ("canceled", 1));
    let duplicates = env.services.subscriptions().membership(&owner).await.unwrap().duplicates;
    assert_eq!((duplicates[0].external_id.as_str(), duplicates[0].state), (&*order, DuplicateState::Refunded));
    assert_eq!(unmanaged(&env, &owner).await, []);
}

/// A copy of a subscription in the dashboard has the same metadata.
#[rstest]
#[tokio::test]
async fn copied_metadata_makes_no_order_of_dues(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "team").await;
    let order = env.subscriptions(&owner).await.remove(0).external_id;
    let found = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{order}")).await;
    let attempt = found["metadata"]["attempt_id"].as_str().unwrap();
    let copy = create_subscription_in_dashboard(&env, &owner, &price_of(&env, "pro")).await;
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{copy}?metadata[attempt_id]={attempt}")).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!((status_at_stripe(&env, &copy).await.as_str(), refunds(&env).await), ("active", 0));
    let begun: Vec<_> = env.subscriptions(&owner).await;
    let is_begun = |id: &str| begun.iter().find(|one| one.external_id == id).unwrap().details.begun_by_dues;
    assert_eq!((is_begun(&order), is_begun(&copy)), (true, false));
}

/// An earlier version decided to cancel the subscription.
#[rstest]
#[tokio::test]
async fn the_settlement_refuses_an_adopted_subscription_at_the_last_moment(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "team").await;
    let kept = env.subscriptions(&owner).await.remove(0).external_id;
    let adopted = create_subscription_in_dashboard(&env, &owner, &price_of(&env, "pro")).await;
    let tenant = &owner.current_membership.tenant_id;
    let found = DuplicateSubscription {
        provider: Provider::Stripe,
        external_id: adopted.clone(),
        plan: "pro".parse().unwrap(),
        kept_external_id: kept,
        state: DuplicateState::Found,
        refunded: None,
        reason: None,
        found_at: env.services.billing_now(),
    };
    let task =
        Task::SettleDuplicate { tenant: tenant.clone(), provider: Provider::Stripe, subscription: adopted.clone() };
    let now = env.services.wall_now();
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_duplicate(tenant, &found).await.unwrap();
    tx.connection().decide_duplicate(tenant, Provider::Stripe, &adopted).await.unwrap();
    tx.connection().insert_job(&task, now, now).await.unwrap();
    tx.commit().await.unwrap();
    env.run_due_jobs().await;
    assert_eq!((status_at_stripe(&env, &adopted).await.as_str(), refunds(&env).await), ("active", 0));
    let mut reader = env.database.store.read().await.unwrap();
    let settled = reader.connection().find_duplicate(tenant, Provider::Stripe, &adopted).await.unwrap().unwrap();
    assert_eq!(settled.state, DuplicateState::Dropped);
}

#[rstest]
#[tokio::test]
async fn a_linked_customer_buys_again_and_no_second_one_is_created(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::at(at, engine).await;
    let owner = env.owner("ada@acme.test").await;
    // An import links a customer that the provider has already.
    let tenant = &owner.current_membership.tenant_id;
    let linked = match at {
        Provider::Stripe => env.call_stripe(Method::POST, "/v1/customers?email=ada@acme.test").await,
        Provider::Polar => env.post_to_polar("customers/", &serde_json::json!({ "email": "ada@acme.test" })).await,
    };
    let linked = linked["id"].as_str().unwrap();
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_customer(tenant, at, linked, env.services.billing_now()).await.unwrap();
    tx.commit().await.unwrap();

    for plan in ["pro", "team"] {
        let page = env.checkout(&owner, plan).await;
        env.pay(&page).await;
        env.services.checkouts().settle_return(&owner, None).await.unwrap();
        assert_eq!(env.plan(&owner).await, plan);
        let live = env.subscriptions(&owner).await.into_iter().find(|one| one.status.is_live()).unwrap();
        assert!(live.details.begun_by_dues);
        env.end_at_provider(&live.external_id).await;
        env.sync(&owner).await;
        assert_eq!(env.plan(&owner).await, "free");
    }
    let customers: Vec<_> =
        env.customers().await.iter().map(|customer| customer["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((env.customer(tenant).await.as_str(), customers), (linked, vec![linked.to_owned()]));
}

/// The provider returns the customer that it made for an earlier attempt, and an import has taken it meanwhile.
#[rstest]
#[tokio::test]
async fn a_checkout_shares_no_customer_with_another_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let other = env.owner_on("bob@acme.test", "pro").await;
    let taken = env.customer(&other.current_membership.tenant_id).await;
    let owner = env.owner("ada@acme.test").await;
    env.alter_responses(move |answer| {
        if answer["object"] == "customer" {
            answer["id"] = taken.as_str().into();
        }
    });
    let refused = env.order(&owner, "pro", Cycle::Monthly).await;
    assert!(matches!(refused, Err(ServiceError::CustomerTaken)), "{refused:?}");
    env.alter_responses(|_| {});
    env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    let tenant = &owner.current_membership.tenant_id;
    assert_ne!(env.customer(tenant).await, env.customer(&other.current_membership.tenant_id).await);
}

/// Puts the tenant's only subscription on a new price with these fields, and returns the stored state.
async fn move_to(env: &TestEnv, owner: &Viewer, fields: &str) -> domain::subscription::Subscription {
    let price = env.call_stripe(Method::POST, &format!("/v1/prices?currency=usd&unit_amount=7500&{fields}")).await;
    let id = env.subscriptions(owner).await.remove(0).external_id;
    let found: Value = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await;
    let (item, price) = (found["items"]["data"][0]["id"].as_str().unwrap(), price["id"].as_str().unwrap());
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(owner).await;
    env.subscriptions(owner).await.remove(0)
}

#[rstest]
#[case::of_the_price(
    "recurring[interval]=month&recurring[interval_count]=3&metadata[dues_plan]=team&product_data[name]=Own",
    Cycle::Monthly,
    Some("3 month")
)]
#[case::of_the_product(
    "recurring[interval]=week&product_data[name]=Own&product_data[metadata][dues_plan]=team",
    Cycle::Monthly,
    Some("1 week")
)]
#[case::with_a_cycle(
    "recurring[interval]=month&recurring[interval_count]=6&product_data[name]=Own&product_data[metadata][dues_plan]=team\
     &product_data[metadata][dues_cycle]=yearly",
    Cycle::Yearly,
    Some("6 month")
)]
#[case::of_two_years(
    "recurring[interval]=year&recurring[interval_count]=2&metadata[dues_plan]=team&product_data[name]=Own",
    Cycle::Yearly,
    Some("2 year")
)]
#[case::of_twelve_months(
    "recurring[interval]=month&recurring[interval_count]=12&metadata[dues_plan]=team&product_data[name]=Own",
    Cycle::Yearly,
    None
)]
#[tokio::test]
async fn a_price_of_any_interval_counts_as_the_plan_in_its_metadata(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] fields: &str,
    #[case] cycle: Cycle,
    #[case] interval: Option<&str>,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let stored = move_to(&env, &owner, fields).await;
    assert_eq!((stored.plan.as_str(), stored.cycle), ("team", cycle));
    assert_eq!(stored.details.interval.map(|interval| interval.to_string()).as_deref(), interval);
    assert_eq!(stored.price.unwrap().minor, 7_500);
    assert_eq!(unmanaged(&env, &owner).await, []);
    let counts = env.services.store().read().await.unwrap().connection().count_subscriptions().await.unwrap();
    let [count] = counts.try_into().unwrap();
    assert_eq!(count.interval, stored.details.interval);
    assert_eq!((count.subscriptions, count.paid_minor), (1, 7_500));
}
