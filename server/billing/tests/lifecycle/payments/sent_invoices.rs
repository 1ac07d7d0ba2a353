//! Customers with sent invoices and a due date; and prices in other currencies than the catalog's.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, Subscription},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::test_env::{DAY_SECS, TestEnv};

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

fn price_of(env: &TestEnv, plan: &str) -> String {
    env.prices.price(&plan.parse().unwrap(), Cycle::Monthly).unwrap().to_owned()
}

/// Returns an owner whose customer has a card and no subscription.
async fn owner_with_card(env: &TestEnv) -> Viewer {
    let owner = env.owner_on("ada@acme.test", "starter").await;
    let sold = env.subscriptions(&owner).await.remove(0).external_id;
    let card = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{sold}")).await;
    let (card, customer) = (text(&card, "/default_payment_method"), text(&card, "/customer"));
    let fields = format!("invoice_settings[default_payment_method]={card}");
    env.call_stripe(Method::POST, &format!("/v1/customers/{customer}?{fields}")).await;
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{sold}")).await;
    env.sync(&owner).await;
    owner
}

/// Creates a subscription in the provider's dashboard and returns its id.
async fn create_subscription_in_dashboard(env: &TestEnv, owner: &Viewer, fields: &str) -> String {
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    let made = env.call_stripe(Method::POST, &format!("/v1/subscriptions?customer={customer}&{fields}")).await;
    env.sync(owner).await;
    text(&made, "/id").to_owned()
}

async fn stored(env: &TestEnv, owner: &Viewer, id: &str) -> Subscription {
    env.subscriptions(owner).await.into_iter().find(|subscription| subscription.external_id == id).unwrap()
}

async fn pay_open_invoices(env: &TestEnv) {
    for invoice in env.list("/v1/invoices?status=open").await {
        env.call_stripe(Method::POST, &format!("/v1/invoices/{}/pay", text(&invoice, "/id"))).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_sent_invoice_keeps_the_plan_until_its_due_date(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = owner_with_card(&env).await;
    let fields = format!("items[0][price]={}&collection_method=send_invoice&days_until_due=20", price_of(&env, "pro"));
    let id = create_subscription_in_dashboard(&env, &owner, &fields).await;
    let subscription = stored(&env, &owner, &id).await;
    assert_eq!((subscription.status, env.plan(&owner).await.as_str()), (ProviderStatus::Active, "pro"));
    let due = subscription.started_at.plus_secs(20 * DAY_SECS);
    let open = subscription.details.open_invoices.unwrap();
    assert_eq!((open.amount.exact().as_str(), open.due_at), ("$29.00", Some(due)));
    assert!(subscription.details.is_invoiced);
    assert_eq!(subscription.details.next_payment.map(|next| next.at), Some(subscription.period_end), "it is sent then");

    env.advance_days(21).await;
    env.sync(&owner).await;
    let subscription = stored(&env, &owner, &id).await;
    assert_eq!(
        (subscription.status, subscription.past_due_since, subscription.plan_before_due.as_ref()),
        (ProviderStatus::PastDue, Some(due), None)
    );
    assert_eq!(env.plan(&owner).await, "pro", "it has its grace");
    env.advance_days(4).await;
    assert_eq!(env.plan(&owner).await, "free");
    pay_open_invoices(&env).await;
    env.sync(&owner).await;
    let subscription = stored(&env, &owner, &id).await;
    assert_eq!((subscription.status, subscription.details.open_invoices), (ProviderStatus::Active, None));
    assert_eq!(env.plan(&owner).await, "pro");
}

#[rstest]
#[tokio::test]
async fn an_upgrade_with_a_sent_invoice_applies_immediately(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = owner_with_card(&env).await;
    let fields = format!("items[0][price]={}&collection_method=send_invoice&days_until_due=20", price_of(&env, "pro"));
    let id = create_subscription_in_dashboard(&env, &owner, &fields).await;
    pay_open_invoices(&env).await;
    let item =
        text(&env.call_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await, "/items/data/0/id").to_owned();
    let fields =
        format!("items[0][id]={item}&items[0][price]={}&proration_behavior=always_invoice", price_of(&env, "team"));
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{fields}")).await;
    env.sync(&owner).await;
    let subscription = stored(&env, &owner, &id).await;
    assert_eq!((subscription.plan_before_due.as_ref(), env.plan(&owner).await.as_str()), (None, "team"));
    let owed = subscription.details.open_invoices.unwrap().amount.minor;
    assert!((6990..=7000).contains(&owed), "{owed}");
}

/// Creates a subscription of Pro at a custom price in another currency, and returns its id.
async fn create_pro_in_currency(env: &TestEnv, owner: &Viewer, currency: &str, amount: i64) -> String {
    let product = env.call_stripe(Method::POST, "/v1/products?name=Pro").await;
    let fields = format!(
        "product={}&currency={currency}&unit_amount={amount}&recurring[interval]=month&metadata[dues_plan]=pro",
        text(&product, "/id")
    );
    let price = env.call_stripe(Method::POST, &format!("/v1/prices?{fields}")).await;
    create_subscription_in_dashboard(env, owner, &format!("items[0][price]={}", text(&price, "/id"))).await
}

#[rstest]
#[case::more_in_numbers("jpy", 430_000)]
#[case::less_in_numbers("eur", 2700)]
#[tokio::test]
async fn prices_in_different_currencies_are_not_compared(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] currency: &str,
    #[case] amount: i64,
) {
    let env = TestEnv::start(engine).await;
    let checkouts = env.services.checkouts();
    let owner = owner_with_card(&env).await;
    let id = create_pro_in_currency(&env, &owner, currency, amount).await;
    let subscription = stored(&env, &owner, &id).await;
    assert_eq!(
        (subscription.plan.as_str(), subscription.currency().unwrap().code()),
        ("pro", currency.to_uppercase().as_str())
    );
    for plan in ["team", "starter"] {
        let review = checkouts.review_order(&owner, plan, Cycle::Monthly).await.unwrap();
        assert_eq!((review.starts_at, review.route), (None, OrderRoute::Portal { preview: None }), "{plan}");
        let preflight =
            checkouts.preflight(&owner.current_membership.tenant_id, plan, Cycle::Monthly, None).await.unwrap();
        assert_eq!((preflight.starts_at, preflight.due_now), (None, None), "{plan}");
        assert!(preflight.conflict.unwrap().contains("pays in another currency"), "{plan}");
        let refused = env.order(&owner, plan, Cycle::Monthly).await.unwrap_err();
        assert_eq!(refused.code(), "conflict", "{plan}");
    }
    let item =
        text(&env.call_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await, "/items/data/0/id").to_owned();
    let fields = format!("items[0][id]={item}&items[0][price]={}", price_of(&env, "team"));
    let refused = env.try_call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{fields}")).await.unwrap_err();
    assert!(refused.contains("match the expected currency"), "{refused}");
}

#[rstest]
#[tokio::test]
async fn one_time_charges_are_not_part_of_the_cycle_price(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.alter_responses(|answer| {
        if answer["object"] == "invoice" && answer["status"] == "draft" {
            let mut once = answer["lines"]["data"][0].clone();
            once["amount"] = json!(5000);
            once["parent"] = json!({ "invoice_item_details": { "invoice_item": "ii_1", "proration": false }, "type": "invoice_item_details" });
            answer["lines"]["data"].as_array_mut().unwrap().push(once);
        }
    });
    let review = env.services.checkouts().review_order(&owner, "team", Cycle::Monthly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.afterwards.map(|sum| sum.minor), Some(9900));
}
