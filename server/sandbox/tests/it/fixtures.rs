//! Tests that objects have every field of Stripe's published samples, with the same type or null.

use crate::harness::{Receiver, TestSandbox, endpoint, list, text};
use serde_json::{Map, Value};

/// Free-form fields, whose keys the merchant chooses.
const FREE: [&str; 2] = ["metadata", "payment_method_options"];

fn missing(sample: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
    match (sample, ours) {
        (_, Value::Null) | (Value::Null, _) => {}
        (Value::Object(sample), Value::Object(ours)) => {
            for (name, value) in sample {
                let path = format!("{path}.{name}");
                match ours.get(name) {
                    None => found.push(format!("{path} is missing")),
                    Some(_) if FREE.contains(&name.as_str()) => {}
                    Some(actual) => missing(value, actual, &path, found),
                }
            }
        }
        (Value::Array(sample), Value::Array(ours)) => {
            if let (Some(sample), Some(actual)) = (sample.first(), ours.first()) {
                missing(sample, actual, &format!("{path}[0]"), found);
            }
        }
        _ if std::mem::discriminant(sample) == std::mem::discriminant(ours) => {}
        _ => found.push(format!("{path} is {ours}, in the sample {sample}")),
    }
}

#[tokio::test]
async fn objects_have_the_fields_of_the_published_samples() {
    let samples: Value = serde_json::from_str(include_str!("stripe_samples.json")).unwrap();
    let samples: &Map<String, Value> = samples["resources"].as_object().unwrap();
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    let webhook_endpoint = endpoint(&sandbox, &receiver.url, &["*"]).await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let open = sandbox.session(&price, &[]).await;
    let session = sandbox.buy(&price, &[], "4242 4242 4242 4242").await;
    let path = format!(
        "/v1/checkout/sessions/{}?expand[]=line_items&expand[]=subscription.default_payment_method&expand[]=customer&expand[]=invoice.payments",
        text(&session, "id")
    );
    let session = sandbox.get(&path).await;
    let customer = session["customer"].clone();
    let intent = text(&session["invoice"]["payments"]["data"][0]["payment"], "payment_intent").to_owned();
    let intent = sandbox.get(&format!("/v1/payment_intents/{intent}?expand[]=latest_charge")).await;
    let charge = intent["latest_charge"].clone();
    let intent = sandbox.get(&format!("/v1/payment_intents/{}", text(&intent, "id"))).await;
    let refund = sandbox.post("/v1/refunds", &[("payment_intent", text(&intent, "id"))]).await;
    let subscription = session["subscription"].clone();
    let portal = sandbox
        .post(
            "/v1/billing_portal/sessions",
            &[
                ("customer", text(&customer, "id")),
                ("flow_data[type]", "subscription_cancel"),
                ("flow_data[subscription_cancel][subscription]", text(&subscription, "id")),
            ],
        )
        .await;
    let configuration =
        sandbox.get(&format!("/v1/billing_portal/configurations/{}", text(&portal, "configuration"))).await;
    let coupon = sandbox
        .post("/v1/coupons", &[("percent_off", "25.5"), ("duration", "repeating"), ("duration_in_months", "3")])
        .await;
    let promotion_code = sandbox
        .post(
            "/v1/promotion_codes",
            &[("promotion[type]", "coupon"), ("promotion[coupon]", text(&coupon, "id")), ("code", "FALL20")],
        )
        .await;
    let tax_id = sandbox
        .post(
            &format!("/v1/customers/{}/tax_ids", text(&customer, "id")),
            &[("type", "eu_vat"), ("value", "DE123456789")],
        )
        .await;
    let schedule =
        sandbox.post("/v1/subscription_schedules", &[("from_subscription", text(&subscription, "id"))]).await;
    let events = sandbox.get("/v1/events?limit=1").await;
    let product =
        sandbox.get(&format!("/v1/products/{}", text(&subscription["items"]["data"][0]["price"], "product"))).await;
    let ours = [
        ("billing_portal.configuration", configuration),
        ("billing_portal.session", portal),
        ("charge", charge),
        ("checkout.session", open),
        ("checkout.session", session.clone()),
        ("coupon", coupon),
        ("customer", customer.clone()),
        ("event", list(&events)[0].clone()),
        ("invoice", session["invoice"].clone()),
        ("item", list(&session["line_items"])[0].clone()),
        ("line_item", list(&session["invoice"]["lines"])[0].clone()),
        ("payment_intent", intent),
        ("payment_method", subscription["default_payment_method"].clone()),
        ("plan", subscription["items"]["data"][0]["plan"].clone()),
        ("price", subscription["items"]["data"][0]["price"].clone()),
        ("product", product),
        ("promotion_code", promotion_code),
        ("refund", refund),
        ("subscription", subscription.clone()),
        ("subscription_schedule", schedule),
        ("tax_id", tax_id),
        ("subscription_item", subscription["items"]["data"][0].clone()),
        ("webhook_endpoint", webhook_endpoint),
        ("deleted_customer", sandbox.delete(&format!("/v1/customers/{}", text(&customer, "id"))).await),
    ];
    let mut found = Vec::new();
    for (name, actual) in &ours {
        // The sample's event is about another kind of object than the sandbox's event: the two are not compared.
        let mut sample = samples[*name].clone();
        if *name == "event" {
            sample["data"]["object"] = Value::Null;
        }
        missing(&sample, actual, name, &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}
