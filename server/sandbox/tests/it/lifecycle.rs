//! Billing over time: renewals, retries, changes and refunds.

use crate::harness::{DAY, TestSandbox, list, text};
use serde_json::{Value, json};

async fn subscription(sandbox: &TestSandbox, of: &Value) -> Value {
    sandbox.get(&format!("/v1/subscriptions/{}", text(of, "id"))).await
}

fn period_end(subscription: &Value) -> i64 {
    subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap()
}

#[tokio::test]
async fn a_year_of_renewals_creates_twelve_paid_invoices_at_their_due_times() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let started = sandbox.subscribed(&price).await;
    sandbox.advance(366 * DAY).await;
    let invoices = sandbox.get("/v1/invoices?limit=100").await;
    let invoices = list(&invoices);
    assert_eq!(invoices.len(), 13);
    assert!(invoices.iter().all(|invoice| invoice["status"] == "paid" && invoice["amount_paid"] == 2900));
    assert_eq!(invoices[11]["created"].as_i64().unwrap(), period_end(&started));
    assert_eq!(text(&invoices[11], "billing_reason"), "subscription_cycle");
    assert_eq!(invoices[11]["parent"]["subscription_details"]["subscription"], started["id"]);
    let now = subscription(&sandbox, &started).await;
    let clock: Value = sandbox.client.get(format!("{}/clock", sandbox.url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(clock["offset_secs"], 366 * DAY);
    assert!(period_end(&now) > period_end(&started) + 330 * DAY);
    assert_eq!(now["latest_invoice"], invoices[0]["id"]);
}

#[tokio::test]
async fn a_failing_card_is_retried_for_two_weeks_and_then_canceled() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let started = sandbox.subscribed(&price).await;
    sandbox.press(&format!("/customers/{}/fail_payments", text(&started, "customer")), json!({"on": true})).await;
    let until_renewal = period_end(&started) - started["created"].as_i64().unwrap() + 1;
    sandbox.advance(until_renewal).await;
    assert_eq!(text(&subscription(&sandbox, &started).await, "status"), "past_due");
    for (days, attempts) in [(1, 2), (2, 3), (2, 4), (2, 5), (2, 6), (2, 7)] {
        sandbox.advance(days * DAY).await;
        let open = sandbox.get("/v1/invoices?status=open").await;
        assert_eq!(list(&open)[0]["attempt_count"], attempts);
        assert_eq!(text(&subscription(&sandbox, &started).await, "status"), "past_due");
    }
    sandbox.advance(3 * DAY).await;
    let over = subscription(&sandbox, &started).await;
    assert_eq!((text(&over, "status"), text(&over["cancellation_details"], "reason")), ("canceled", "payment_failed"));
    let events = sandbox.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "invoice.payment_failed").count(), 8);
    assert_eq!(events.last().map(String::as_str), Some("customer.subscription.deleted"));
}

#[tokio::test]
async fn a_successful_retry_makes_the_subscription_active() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let started = sandbox.subscribed(&price).await;
    let switch = format!("/customers/{}/fail_payments", text(&started, "customer"));
    sandbox.press(&switch, json!({"on": true})).await;
    sandbox.advance(period_end(&started) - started["created"].as_i64().unwrap() + 1).await;
    assert_eq!(sandbox.get(&format!("/v1/customers/{}", text(&started, "customer"))).await["delinquent"], true);
    sandbox.press(&switch, json!({"on": false})).await;
    sandbox.advance(DAY).await;
    assert_eq!(text(&subscription(&sandbox, &started).await, "status"), "active");
    assert_eq!(sandbox.get(&format!("/v1/customers/{}", text(&started, "customer"))).await["delinquent"], false);
}

#[tokio::test]
async fn an_upgrade_charges_the_prorated_difference() {
    let sandbox = TestSandbox::start().await;
    let pro = sandbox.price("Pro", 2900, "month").await;
    let team = sandbox.price("Team", 9900, "month").await;
    let started = sandbox.subscribed(&pro).await;
    let start = started["items"]["data"][0]["current_period_start"].as_i64().unwrap();
    let whole = period_end(&started) - start;
    sandbox.advance(whole / 2).await;
    let item = text(&started["items"]["data"][0], "id");
    let preview = sandbox
        .post(
            "/v1/invoices/create_preview",
            &[
                ("subscription", text(&started, "id")),
                ("subscription_details[items][0][id]", item),
                ("subscription_details[items][0][price]", &team),
                ("subscription_details[proration_behavior]", "always_invoice"),
            ],
        )
        .await;
    let changed = sandbox
        .post(
            &format!("/v1/subscriptions/{}", text(&started, "id")),
            &[
                ("items[0][id]", item),
                ("items[0][price]", &team),
                ("proration_behavior", "always_invoice"),
                ("expand[]", "latest_invoice"),
            ],
        )
        .await;
    let invoice = &changed["latest_invoice"];
    let amounts: Vec<i64> = list(&invoice["lines"]).iter().map(|line| line["amount"].as_i64().unwrap()).collect();
    // Half of $29 is credited and half of $99 is charged. The seconds that the test takes may change each by a cent.
    assert!((-1450..=-1449).contains(&amounts[0]) && (4949..=4950).contains(&amounts[1]), "{amounts:?}");
    assert_eq!(invoice["amount_paid"].as_i64().unwrap(), amounts.iter().sum::<i64>());
    assert!((preview["amount_due"].as_i64().unwrap() - invoice["amount_paid"].as_i64().unwrap()).abs() <= 1);
    assert_eq!(period_end(&changed), period_end(&started), "the period stays");
}

#[tokio::test]
async fn a_downgrade_credits_the_next_invoice() {
    let sandbox = TestSandbox::start().await;
    let pro = sandbox.price("Pro", 2900, "month").await;
    let team = sandbox.price("Team", 9900, "month").await;
    let started = sandbox.subscribed(&team).await;
    let item = text(&started["items"]["data"][0], "id");
    let path = format!("/v1/subscriptions/{}", text(&started, "id"));
    sandbox
        .post(&path, &[("items[0][id]", item), ("items[0][price]", &pro), ("proration_behavior", "always_invoice")])
        .await;
    let customer = sandbox.get(&format!("/v1/customers/{}", text(&started, "customer"))).await;
    let credit = customer["balance"].as_i64().unwrap();
    assert!((-7000..=-6999).contains(&credit), "{credit}");
    sandbox.advance(32 * DAY).await;
    let newest = sandbox.get("/v1/invoices?limit=1").await;
    assert_eq!((list(&newest)[0]["total"].as_i64(), list(&newest)[0]["amount_due"].as_i64()), (Some(2900), Some(0)));
    let customer = sandbox.get(&format!("/v1/customers/{}", text(&started, "customer"))).await;
    assert_eq!(customer["balance"].as_i64().unwrap(), credit + 2900);
}

#[tokio::test]
async fn prorations_are_billed_with_the_next_invoice_by_default() {
    let sandbox = TestSandbox::start().await;
    let pro = sandbox.price("Pro", 2900, "month").await;
    let team = sandbox.price("Team", 9900, "month").await;
    let started = sandbox.subscribed(&pro).await;
    let item = text(&started["items"]["data"][0], "id");
    let path = format!("/v1/subscriptions/{}", text(&started, "id"));
    sandbox.post(&path, &[("items[0][id]", item), ("items[0][price]", &team)]).await;
    assert_eq!(list(&sandbox.get("/v1/invoices").await).len(), 1);
    sandbox.advance(32 * DAY).await;
    let newest = sandbox.get("/v1/invoices?limit=1").await;
    assert_eq!(list(&list(&newest)[0]["lines"]).len(), 3);

    sandbox.post(&path, &[("items[0][id]", item), ("items[0][price]", &pro), ("proration_behavior", "none")]).await;
    sandbox.advance(32 * DAY).await;
    assert_eq!(list(&sandbox.get("/v1/invoices?limit=1").await)[0]["total"], 2900);
}

#[tokio::test]
async fn another_billing_interval_starts_a_new_period_paid_at_once() {
    let sandbox = TestSandbox::start().await;
    let monthly = sandbox.price("Pro", 2900, "month").await;
    let yearly = sandbox.price("Pro", 29_000, "year").await;
    let started = sandbox.subscribed(&monthly).await;
    sandbox.advance(5 * DAY).await;
    let item = text(&started["items"]["data"][0], "id");
    let changed = sandbox
        .post(
            &format!("/v1/subscriptions/{}", text(&started, "id")),
            &[("items[0][id]", item), ("items[0][price]", &yearly), ("expand[]", "latest_invoice")],
        )
        .await;
    let left = period_end(&changed) - changed["items"]["data"][0]["current_period_start"].as_i64().unwrap();
    assert!((365 * DAY..=366 * DAY).contains(&left));
    let amounts: Vec<i64> =
        list(&changed["latest_invoice"]["lines"]).iter().map(|line| line["amount"].as_i64().unwrap()).collect();
    assert!(amounts[0] < -2000 && amounts[1] == 29_000, "{amounts:?}");
}

#[tokio::test]
async fn canceling_at_once_and_paying_by_the_api() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let started = sandbox.subscribed(&price).await;
    sandbox.press(&format!("/customers/{}/fail_payments", text(&started, "customer")), json!({"on": true})).await;
    sandbox.advance(32 * DAY).await;
    let open = sandbox.get("/v1/invoices?status=open").await;
    let invoice = text(&list(&open)[0], "id").to_owned();
    let (status, error) = sandbox.refused(&format!("/v1/invoices/{invoice}/pay"), &[]).await;
    assert_eq!((status, text(&error, "type"), text(&error, "code")), (402, "card_error", "card_declined"));
    assert_eq!(text(&error, "decline_code"), "generic_decline");
    let attempts = sandbox.get(&format!("/v1/invoices/{invoice}")).await["attempt_count"].as_i64().unwrap();
    assert!(attempts >= 3, "the refusal leaves its trace: {attempts}");
    let path = format!("/v1/subscriptions/{}", text(&started, "id"));
    let gone = sandbox.delete(&path).await;
    assert_eq!(text(&gone, "status"), "canceled");
    let again = sandbox.request(reqwest::Method::DELETE, &path).send().await.unwrap();
    assert_eq!(crate::harness::refusal(again).await.0, 404);
}

#[tokio::test]
async fn a_payment_is_refunded_once_and_not_beyond_its_amount() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.buy(&price, &[], "4242 4242 4242 4242").await;
    let invoice = sandbox.get(&format!("/v1/invoices/{}?expand[]=payments", text(&session, "invoice"))).await;
    let intent = text(&invoice["payments"]["data"][0]["payment"], "payment_intent");
    let intent = &sandbox.get(&format!("/v1/payment_intents/{intent}?expand[]=latest_charge")).await;
    assert_eq!(intent["latest_charge"]["amount"], 2900);
    let part = [("payment_intent", text(intent, "id")), ("amount", "900"), ("reason", "duplicate")];
    assert_eq!(text(&sandbox.post("/v1/refunds", &part).await, "status"), "succeeded");
    let (_, error) =
        sandbox.refused("/v1/refunds", &[("payment_intent", text(intent, "id")), ("amount", "2001")]).await;
    assert_eq!(text(&error, "param"), "amount");
    assert_eq!(sandbox.post("/v1/refunds", &[("charge", text(&intent["latest_charge"], "id"))]).await["amount"], 2000);
    let (status, error) = sandbox.refused("/v1/refunds", &[("payment_intent", text(intent, "id"))]).await;
    assert_eq!((status, text(&error, "code")), (400, "charge_already_refunded"));
    assert_eq!(sandbox.get(&format!("/v1/charges/{}", text(&intent["latest_charge"], "id"))).await["refunded"], true);
}

#[tokio::test]
async fn the_clock_moves_only_forward_within_limits() {
    let sandbox = TestSandbox::start().await;
    for wrong in [
        json!({}),
        json!({"advance_secs": 0}),
        json!({"advance_secs": -5}),
        json!({"advance_secs": "x"}),
        json!({"advance_secs": 1.5}),
        json!({"advance_secs": 11_i64 * 366 * DAY}),
        json!([1]),
        json!("x"),
    ] {
        let refused = sandbox.client.post(format!("{}/clock", sandbox.url)).json(&wrong).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    let page = sandbox.submit("/clock", &[("advance_days", "7")]).await;
    assert_eq!((page.status().as_u16(), page.headers()["location"].to_str().unwrap()), (303, "/"));
    assert_eq!(sandbox.billing.offset_secs(), 7 * DAY);
}
