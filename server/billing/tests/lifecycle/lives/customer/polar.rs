//! A customer in Polar's portal.

use axum::http::Method;
use serde_json::{Value, json};

use crate::test_env::TestEnv;

/// Changes the product as the portal does: the difference is charged, or nothing changes.
pub(super) async fn change_product(env: &TestEnv, subscription: &str, product: &str) -> Result<Value, String> {
    let change = json!({ "product_id": product, "proration_behavior": "invoice" });
    env.try_call_polar(Method::PATCH, &format!("subscriptions/{subscription}"), &change).await
}

pub(super) async fn set_end(env: &TestEnv, subscription: &str, leaves: bool) -> Result<Value, String> {
    let change = json!({ "cancel_at_period_end": leaves });
    env.try_call_polar(Method::PATCH, &format!("subscriptions/{subscription}"), &change).await
}

pub(super) async fn end(env: &TestEnv, subscription: &str) -> Result<Value, String> {
    env.try_call_polar(Method::DELETE, &format!("subscriptions/{subscription}"), &Value::Null).await
}
