//! Outgoing webhooks: signatures, order, retries, and the board's switches.

use std::time::Duration;

use crate::harness::{Receiver, TestSandbox, endpoint, list, text};
use aws_lc_rs::hmac;
use serde_json::{Value, json};

async fn until(sandbox: &TestSandbox, state: &str) -> Vec<Value> {
    for _ in 0..400 {
        let all = sandbox.deliveries().await;
        if !all.is_empty() && all.iter().all(|delivery| delivery["state"] == state) {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not all {state}: {:?}", sandbox.deliveries().await);
}

#[tokio::test]
async fn events_arrive_signed_and_in_order_at_subscribed_endpoints() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    let created = endpoint(&sandbox, &receiver.url, &["invoice.paid", "checkout.session.completed"]).await;
    let secret = text(&created, "secret").to_owned();
    let shown = sandbox.get(&format!("/v1/webhook_endpoints/{}", text(&created, "id"))).await;
    assert!(shown.get("secret").is_none());
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.buy(&price, &[], "4242 4242 4242 4242").await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(receiver.kinds(), ["invoice.paid", "checkout.session.completed"]);

    let (headers, body) = &arrived[1];
    let signature = headers["stripe-signature"].to_str().unwrap();
    let (at, tag) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, format!("{at}.{body}").as_bytes(), &hex::decode(tag).unwrap()).unwrap();
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!(event["data"]["object"]["id"], session["id"]);
    assert_eq!((text(&event, "object"), &event["pending_webhooks"]), ("event", &json!(1)));
    let kept = sandbox.get(&format!("/v1/events/{}", text(&event, "id"))).await;
    assert_eq!(kept["data"], event["data"]);
    until(&sandbox, "delivered").await;
    assert_eq!(sandbox.get(&format!("/v1/events/{}", text(&event, "id"))).await["pending_webhooks"], 0);
}

#[tokio::test]
async fn failed_deliveries_are_retried() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::answering(vec![500, 302]).await;
    endpoint(&sandbox, &receiver.url, &["*"]).await;
    sandbox.post("/v1/customers", &[("email", "a@b.test")]).await;
    receiver.wait_for(3).await;
    let all = until(&sandbox, "delivered").await;
    assert_eq!((&all[0]["attempts"], &all[0]["last_status"]), (&json!(3), &json!(200)));
    let bodies: Vec<_> = receiver.received().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies[0], bodies[2], "the same event, byte for byte");
}

#[tokio::test]
async fn an_unreachable_receiver_does_not_block_others() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    endpoint(&sandbox, "http://127.0.0.1:9/unreachable", &["*"]).await;
    endpoint(&sandbox, &receiver.url, &["*"]).await;
    for at in 0..5 {
        sandbox.post("/v1/customers", &[("name", &format!("C{at}"))]).await;
    }
    receiver.wait_for(5).await;
    let lost =
        sandbox.deliveries().await.into_iter().find(|delivery| text(delivery, "url").ends_with("unreachable")).unwrap();
    assert_eq!((text(&lost, "state"), &lost["last_status"]), ("queued", &Value::Null));
    assert!(text(&lost, "last_error").contains("refused"));
}

#[tokio::test]
async fn dropped_deliveries_are_sent_only_on_resend() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    endpoint(&sandbox, &receiver.url, &["customer.created"]).await;
    sandbox.press("/deliveries/drop", json!({"count": 2})).await;
    for name in ["A", "B", "C"] {
        sandbox.post("/v1/customers", &[("name", name)]).await;
    }
    receiver.wait_for(1).await;
    let all = sandbox.deliveries().await;
    let states: Vec<_> = all.iter().map(|delivery| text(delivery, "state")).collect();
    assert_eq!(&states[..2], ["dropped", "dropped"]);
    sandbox.press(&format!("/deliveries/{}/resend", text(&all[0], "id")), json!({})).await;
    let arrived = receiver.wait_for(2).await;
    let event: Value = serde_json::from_str(&arrived[1].1).unwrap();
    assert_eq!(event["data"]["object"]["name"], "A");
    sandbox.press(&format!("/deliveries/{}/resend", text(&all[0], "id")), json!({})).await;
    receiver.wait_for(3).await;
}

#[tokio::test]
async fn held_deliveries_can_be_released_in_any_order() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    endpoint(&sandbox, &receiver.url, &["customer.created"]).await;
    sandbox.press("/deliveries/hold", json!({"on": true})).await;
    for name in ["A", "B", "C"] {
        sandbox.post("/v1/customers", &[("name", name)]).await;
    }
    let held = until(&sandbox, "held").await;
    sandbox.press(&format!("/deliveries/{}/release", text(&held[2], "id")), json!({})).await;
    receiver.wait_for(1).await;
    let released = sandbox.press("/deliveries/release", json!({})).await;
    assert_eq!(released["released"], 2);
    sandbox.press("/deliveries/hold", json!({"on": false})).await;
    let arrived = receiver.wait_for(3).await;
    let name = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"]["object"]["name"].clone();
    assert_eq!(arrived.iter().map(|(_, body)| name(body)).collect::<Vec<_>>(), ["C", "A", "B"]);
    let twice = format!("{}/deliveries/{}/release", sandbox.url, text(&held[2], "id"));
    assert_eq!(sandbox.client.post(twice).send().await.unwrap().status(), 400);
    let none = format!("{}/deliveries/none/resend", sandbox.url);
    assert_eq!(sandbox.client.post(none).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn endpoints_get_their_pinned_version_and_disabled_ones_nothing() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    let form = [
        ("url", receiver.url.as_str()),
        ("enabled_events[]", "customer.subscription.created"),
        ("api_version", "2024-06-20"),
    ];
    let old = sandbox.post("/v1/webhook_endpoints", &form).await;
    let price = sandbox.price("Pro", 2900, "month").await;
    sandbox.subscribed(&price).await;
    let (_, body) = receiver.wait_for(1).await.remove(0);
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["api_version"], "2024-06-20");
    assert!(event["data"]["object"]["current_period_end"].is_i64());
    sandbox.post(&format!("/v1/webhook_endpoints/{}", text(&old, "id")), &[("disabled", "true")]).await;
    sandbox.subscribed(&price).await;
    assert_eq!(sandbox.deliveries().await.len(), 1);
    sandbox.delete(&format!("/v1/webhook_endpoints/{}", text(&old, "id"))).await;
    assert!(list(&sandbox.get("/v1/webhook_endpoints").await).is_empty());
}

#[tokio::test]
async fn the_board_lists_everything_and_its_forms_redirect_to_it() {
    let sandbox = TestSandbox::start().await;
    let receiver = Receiver::start().await;
    endpoint(&sandbox, &receiver.url, &["*"]).await;
    let price = sandbox.price("Pro <b>", 2900, "month").await;
    sandbox.subscribed(&price).await;
    until(&sandbox, "delivered").await;
    let page = sandbox.client.get(&sandbox.url).header("accept", "text/html").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let html = page.text().await.unwrap();
    for shown in [
        "checkout.session.completed",
        "Send again",
        "owner@acme.test",
        "Fail payments",
        "Drop the next",
        "31 days ahead",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert!(html.contains("Pro &lt;b&gt;") && !html.contains("Pro <b>"));
    for (path, form) in
        [("/deliveries/hold", ("on", "true")), ("/deliveries/drop", ("count", "3")), ("/deliveries/release", ("x", ""))]
    {
        let pressed = sandbox.submit(path, &[form]).await;
        assert_eq!((pressed.status().as_u16(), pressed.headers()["location"].to_str().unwrap()), (303, "/"), "{path}");
    }
    let sheet = html.split("href=\"/style/").nth(1).unwrap().split('"').next().unwrap();
    let style = sandbox.client.get(format!("{}/style/{sheet}", sandbox.url)).send().await.unwrap();
    assert!(style.headers()["cache-control"].to_str().unwrap().contains("immutable"));
}
