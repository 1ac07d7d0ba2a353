//! Discounts: redeemed by an order, and read with the subscription.

use axum::http::Method;
use billing::{service::ServiceError, store::testing::Engine};
use domain::{
    catalog::Cycle,
    money::Money,
    subscription::{
        Off,
        checkout_options::{CheckoutDiscount, CheckoutOptions},
    },
};
use rstest::rstest;

use crate::test_env::TestEnv;

fn with_coupon(id: &str) -> CheckoutOptions {
    let discount = Some(CheckoutDiscount::Coupon(id.to_owned()));
    CheckoutOptions { discount, ..CheckoutOptions::default() }
}

#[rstest]
#[tokio::test]
async fn a_coupon_of_the_order_discounts_the_subscription(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let fields = "id=SPRING&name=Spring+sale&percent_off=25.5&duration=repeating&duration_in_months=3";
    env.call_stripe(Method::POST, &format!("/v1/coupons?{fields}")).await;
    let started = env.order_with(&owner, "pro", Cycle::Monthly, with_coupon("SPRING")).await.unwrap();
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();

    let stored = env.subscriptions(&owner).await.remove(0);
    let [discount] = stored.details.discounts.as_slice() else { panic!("{:?}", stored.details) };
    assert_eq!((discount.name.as_deref(), discount.off), (Some("Spring sale"), Off::Percent(2550)));
    let months = discount.until.unwrap().secs_since(stored.started_at) / (28 * crate::test_env::DAY_SECS);
    assert_eq!(months, 3);
    assert!(stored.details.is_adjusted);

    let later = env.order_with(&owner, "team", Cycle::Monthly, with_coupon("SPRING")).await;
    let Err(ServiceError::Validation { fields, .. }) = later else { panic!("{later:?}") };
    assert!(fields["coupon"].starts_with("coupon is for a first payment."), "{fields:?}");
}

#[rstest]
#[tokio::test]
async fn an_unknown_coupon_is_refused_and_the_next_order_works(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let refused = env.order_with(&owner, "pro", Cycle::Monthly, with_coupon("GOLD")).await;
    let Err(ServiceError::Validation { fields, .. }) = refused else { panic!("{refused:?}") };
    assert!(fields["coupon"].contains("GOLD"), "{fields:?}");
    let page = env.checkout(&owner, "pro").await;
    env.pay(&page).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    assert_eq!(env.plan(&owner).await, "pro");
}

#[rstest]
#[tokio::test]
async fn an_amount_off_is_in_the_currency_of_the_subscription(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::with_euros(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let fields = "id=FIVE&amount_off=500&currency=usd&currency_options[eur][amount_off]=400&duration=forever";
    env.call_stripe(Method::POST, &format!("/v1/coupons?{fields}")).await;
    let euro = "EUR".parse().unwrap();
    let options = CheckoutOptions { currency: Some(euro), ..with_coupon("FIVE") };
    let started = env.order_with(&owner, "pro", Cycle::Monthly, options).await.unwrap();
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();

    let details = env.subscriptions(&owner).await.remove(0).details;
    let off = details.discounts.iter().map(|discount| discount.off).collect::<Vec<_>>();
    assert_eq!(off, [Off::Amount(Money::new(400, euro))]);
    assert_eq!(details.next_payment.unwrap().amount, Money::new(2800 - 400, euro));
}
