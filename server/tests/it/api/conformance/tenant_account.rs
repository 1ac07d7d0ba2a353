//! A tenant's Polar account with the objects that the calls in `end2end/conformance/` name.

use serde_json::{Value, json};

use super::document::Call;
use crate::harness::{Owner, TestApp};

/// Creates the objects and returns the call with their ids in place of the documented ones.
pub(super) async fn with_ids(app: &TestApp, owner: &Owner, call: &Call) -> Call {
    let key = format!("polar_sk_test_{}", owner.tenant);
    owner.post("/tenant/secrets", &json!({ "key": "polar_api_key", "value": key })).await.expect(201);
    owner.post("/tenant/secrets", &json!({ "key": "polar_organization_id", "value": "org-123" })).await.expect(201);
    let price = json!({ "amount": 2900, "currency": "usd", "interval": "month" });
    let product = json!({ "name": "Pro Plan", "description": "Access to all features", "prices": [price] });
    let product = owner.post("/billing/tenant/products", &product).await.expect(201);
    let order = json!({ "productPriceId": product["prices"][0]["id"], "successUrl": "https://yourapp.com/success" });
    let checkout = owner.post("/billing/tenant/checkout", &order).await.expect(200);
    app.stripe.pay_as(checkout["url"].as_str().unwrap(), "customer@example.com", "John Doe").await;
    let paid = &owner.get("/billing/tenant/subscriptions").await.expect(200)["items"][0];
    let ids = [
        ("prod-123", &product["id"]),
        ("price-123", &product["prices"][0]["id"]),
        ("cust-123", &paid["customer_id"]),
        ("sub-123", &paid["id"]),
    ]
    .map(|(printed, id)| (printed, id.as_str().unwrap()));
    let real = |text: &str| ids.iter().fold(text.to_owned(), |text, (printed, id)| text.replace(printed, id));
    let of =
        |value: &Option<Value>| value.as_ref().map(|value| serde_json::from_str(&real(&value.to_string())).unwrap());
    Call { path: real(&call.path), body: of(&call.body), answer: of(&call.answer), ..call.clone() }
}
