//! A customer on Stripe's pages.

use axum::http::Method;
use rand::Rng as _;
use serde_json::Value;

use crate::{
    lives::{
        life::Life,
        offer::Offer,
        reported::{stripe_items, stripe_plan_item},
    },
    test_env::TestEnv,
};

/// Changes the price of the plan's item.
pub(super) async fn change_price(
    life: &mut Life,
    env: &TestEnv,
    offer: &Offer,
    (subscription, price): (&Value, &str),
) -> Result<Value, String> {
    let item = stripe_plan_item(offer, subscription).map_or(&stripe_items(subscription)[0], |(item, _)| item);
    // With a declined card the portal changes nothing; the dashboard can change the plan anyway.
    let behavior = if life.rng.random_bool(0.5) { "allow_incomplete" } else { "error_if_incomplete" };
    let (at, item) = (subscription["id"].as_str().unwrap(), item["id"].as_str().unwrap());
    let how = format!("proration_behavior=always_invoice&payment_behavior={behavior}");
    let change = format!("items[0][id]={item}&items[0][price]={price}");
    env.try_call_stripe(Method::POST, &format!("/v1/subscriptions/{at}?{change}&{how}")).await
}

pub(super) async fn set_end(env: &TestEnv, subscription: &str, leaves: bool) -> Result<Value, String> {
    let path = format!("/v1/subscriptions/{subscription}?cancel_at_period_end={leaves}");
    env.try_call_stripe(Method::POST, &path).await
}

pub(super) async fn pay_open_invoices(life: &mut Life, env: &TestEnv) {
    for open in env.list(&format!("/v1/invoices?status=open&customer={}", life.customer)).await {
        let path = format!("/v1/invoices/{}/pay", open["id"].as_str().unwrap());
        let paid = env.try_call_stripe(Method::POST, &path).await.is_ok();
        life.log(format!("pays what is due: {paid}"));
    }
}

pub(super) async fn end(env: &TestEnv, subscription: &str) -> Result<Value, String> {
    env.try_call_stripe(Method::DELETE, &format!("/v1/subscriptions/{subscription}")).await
}
