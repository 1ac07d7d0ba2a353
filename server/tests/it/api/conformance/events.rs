//! Replays the documented events of Stripe and checks their effects.

use serde_json::{Value, json};

use super::document::{After, Event};
use crate::harness::{Engine, Owner, TestApp, becomes_true};

/// Causes the change while webhooks are dropped, then sends its event to the documented path. Returns the differences.
pub(super) async fn replay(engine: Engine, event: &Event) -> Vec<String> {
    let Event { path, r#type, after } = event;
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    cause(&app, &owner, r#type).await;
    let before = owner.status().await;
    let body = app.stripe.list(&format!("/v1/events?type={type}")).await[0].to_string();
    let answer = app.send_stripe_event_to(path, &body).await;

    let mut differences = Vec::new();
    if matches_status(&before, after) {
        differences.push(format!("it was so before the event came: {before}"));
    }
    if answer.status != 200 {
        differences.push(format!("answered {} {}", answer.status, answer.text));
    }
    if !becomes_true(async || matches_status(&owner.status().await, after)).await {
        differences.push(format!("afterwards the status is {}", owner.status().await));
    }
    differences
}

fn matches_status(status: &Value, After { plan, status: standing }: &After) -> bool {
    status["plan"] == **plan && status["status"] == **standing
}

async fn cause(app: &TestApp, owner: &Owner, event: &str) {
    if event == "checkout.session.completed" {
        // The owner does not return to Dues.
        app.stripe.pay(&owner.checkout("starter").await).await;
        return;
    }
    let back = app.stripe.pay(&owner.checkout("starter").await).await;
    assert_eq!(owner.get(&back).await.status, 200);
    let subscription = &app.subscriptions(&owner.tenant).await[0].external_id;
    match event {
        "customer.subscription.updated" => {
            let path = format!("/v1/subscriptions/{subscription}");
            let held = app.stripe.get(&path).await;
            let item = held["items"]["data"][0]["id"].as_str().unwrap();
            let price = app.stripe.price("business");
            app.stripe.post(&path, &[("items[0][id]", item), ("items[0][price]", &price)]).await;
        }
        "customer.subscription.deleted" => app.stripe.cancel(subscription).await,
        "invoice.payment_failed" => {
            let customer = app.stripe.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
            app.stripe.press(&format!("/customers/{customer}/fail_payments"), &json!({ "on": true })).await;
            app.stripe.press("/clock", &json!({ "advance_days": 32 })).await;
        }
        _ => panic!("no way to cause {event}"),
    }
}
