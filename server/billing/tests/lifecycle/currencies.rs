//! The currency of a workspace: chosen before its first subscription, then set by it.

use axum::http::Method;
use billing::{
    service::{ServiceError, checkout::order_preview::OrderChoices},
    store::testing::Engine,
};
use domain::{
    account::Viewer,
    catalog::{Cycle, Limit},
    entitlement::{FeatureUsage, remedy::LimitRemedy},
    money::{Currency, Money},
    subscription::checkout_options::CheckoutOptions,
};
use rstest::rstest;

use crate::{provider_answers::unmanaged::create_support_price, test_env::TestEnv};

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

fn paid_in(code: &str) -> CheckoutOptions {
    CheckoutOptions { currency: Some(code.parse().unwrap()), ..CheckoutOptions::default() }
}

/// Asserts that the order is refused because of its currency.
fn assert_invalid_currency<T: std::fmt::Debug>(refused: Result<T, ServiceError>, expected: &str) {
    let Err(ServiceError::Validation { fields, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(fields.get("currency").map(String::as_str), Some(expected), "{fields:?}");
}

async fn price_on_the_page(env: &TestEnv, owner: &Viewer, plan: &str, chosen: Option<Currency>) -> Money {
    let choices = OrderChoices { currency: chosen, ..OrderChoices::default() };
    env.services.checkouts().review_order_with(owner, plan, Cycle::Monthly, choices).await.unwrap().price
}

#[rstest]
#[tokio::test]
async fn before_the_first_subscription_the_currency_is_chosen(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::with_euros(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let membership = env.services.subscriptions().membership(&owner).await.unwrap();
    assert_eq!(membership.currencies, [euro(), Currency::USD]);
    assert_eq!(membership.catalog.currency, Currency::USD);
    assert_eq!(price_on_the_page(&env, &owner, "pro", None).await, Money::new(2900, Currency::USD));
    assert_eq!(price_on_the_page(&env, &owner, "pro", Some(euro())).await, Money::new(2800, euro()));
    let yen = "JPY".parse().unwrap();
    assert_eq!(price_on_the_page(&env, &owner, "pro", Some(yen)).await, Money::new(2900, Currency::USD));

    let tenant = &owner.current_membership.tenant_id;
    let preflight = async |plan: &str, currency: &str| {
        let currency = Some(currency.parse().unwrap());
        env.services.checkouts().preflight(tenant, plan, Cycle::Monthly, currency).await
    };
    assert_eq!(preflight("pro", "EUR").await.unwrap().price, Some(Money::new(2800, euro())));
    assert_eq!(preflight("pro", "USD").await.unwrap().price, Some(Money::new(2900, Currency::USD)));

    let sold = "currency must be one in which plans are sold here: EUR, USD.";
    assert_invalid_currency(preflight("pro", "JPY").await, sold);
    assert_invalid_currency(env.order_with(&owner, "pro", Cycle::Monthly, paid_in("JPY")).await, sold);
    let not_sold = "Business is not sold in EUR. Choose another plan or currency.";
    assert_invalid_currency(env.order_with(&owner, "business", Cycle::Monthly, paid_in("EUR")).await, not_sold);
    assert_invalid_currency(preflight("business", "EUR").await, not_sold);
    let dollars = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(dollars.price, Money::new(2900, Currency::USD));
    let euros = env.order_with(&owner, "pro", Cycle::Yearly, paid_in("EUR")).await.unwrap();
    assert_eq!(euros.price, Money::new(28_900, euro()));
}

#[rstest]
#[tokio::test]
async fn the_first_subscription_sets_the_currency(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::with_euros(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let started = env.order_with(&owner, "pro", Cycle::Monthly, paid_in("EUR")).await.unwrap();
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.currency(), stored.price), (Some(euro()), Some(Money::new(2800, euro()))));

    let membership = env.services.subscriptions().membership_in(&owner, Some(Currency::USD)).await.unwrap();
    assert_eq!((membership.catalog.currency, membership.currencies.len()), (euro(), 0));
    assert_eq!(price_on_the_page(&env, &owner, "team", Some(Currency::USD)).await, Money::new(9800, euro()));
    let tenant = &owner.current_membership.tenant_id;
    let preflight = env.services.checkouts().preflight(tenant, "team", Cycle::Monthly, None).await.unwrap();
    assert_eq!((preflight.price, preflight.conflict), (Some(Money::new(9800, euro())), None));
    assert_eq!(preflight.due_now.map(|due| due.currency), Some(euro()));
    let rooms = "websocket_rooms".parse().unwrap();
    let reached = FeatureUsage { feature: rooms, used: 10, limit: Limit::AtMost(10), since: None, resets_at: None };
    let remedy = env.services.subscriptions().limit_remedy(tenant, &reached).await.unwrap();
    let LimitRemedy::Plan(offer) = remedy else { panic!("{remedy:?}") };
    assert_eq!((offer.plan.as_str(), offer.price), ("team", Some(Money::new(9800, euro()))));

    let differs = "This workspace pays in EUR, the currency of its first subscription. Leave currency out.";
    assert_invalid_currency(env.order_with(&owner, "team", Cycle::Monthly, paid_in("USD")).await, differs);
    let dollars = Some(Currency::USD);
    let refused = env.services.checkouts().preflight(tenant, "team", Cycle::Monthly, dollars).await;
    assert_invalid_currency(refused, differs);
    let preflight = env.services.checkouts().preflight(tenant, "business", Cycle::Monthly, Some(euro())).await.unwrap();
    assert!(preflight.conflict.unwrap().contains("pays in another currency"));
    assert_eq!(env.order(&owner, "business", Cycle::Monthly).await.unwrap_err().code(), "conflict");
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    let team = env.subscriptions(&owner).await.remove(0);
    assert_eq!((team.plan.as_str(), team.price), ("team", Some(Money::new(9800, euro()))));

    env.cancel_in_portal(&owner).await;
    env.advance_days(40).await;
    env.sync(&owner).await;
    assert!(!env.subscriptions(&owner).await[0].status.is_live());
    assert_invalid_currency(env.order_with(&owner, "pro", Cycle::Monthly, paid_in("USD")).await, differs);
    let again = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert_eq!(again.price, Money::new(2800, euro()));
}

#[rstest]
#[tokio::test]
async fn an_item_beside_the_plan_costs_what_it_does_in_the_currency_of_the_subscription(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::with_euros(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let started = env.order_with(&owner, "pro", Cycle::Monthly, paid_in("EUR")).await.unwrap();
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    let support = create_support_price(&env).await;
    env.call_stripe(Method::POST, &format!("/v1/prices/{support}?currency_options[eur][unit_amount]=4500")).await;
    let id = env.subscriptions(&owner).await.remove(0).external_id;
    let change = format!("items[0][price]={support}&proration_behavior=none");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&owner).await;

    let stored = env.subscriptions(&owner).await.remove(0);
    let prices: Vec<_> = stored.details.included_items.iter().map(|item| item.price).collect();
    assert_eq!(prices, [Some(Money::new(4500, euro()))]);
    assert_eq!(stored.details.next_payment.unwrap().amount, Money::new(2800 + 4500, euro()));
}
