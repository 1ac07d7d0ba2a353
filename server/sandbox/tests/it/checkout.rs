//! The hosted checkout, through its forms.

use crate::harness::{TestSandbox, card_form, list, text};
use serde_json::Value;

#[tokio::test]
async fn paying_creates_customer_subscription_and_paid_invoice() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session =
        sandbox.session(&price, &[("metadata[attempt]", "a1"), ("subscription_data[metadata][tenant]", "t1")]).await;
    assert_eq!((text(&session, "status"), text(&session, "payment_status")), ("open", "unpaid"));
    let page = sandbox.client.get(text(&session, "url")).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://shop.test"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("Pay $29.00") && html.contains("http://shop.test/back"), "{html}");

    let paid = sandbox.submit(text(&session, "url"), &card_form("4242424242424242")).await;
    assert_eq!(paid.status(), 303);
    let expected = format!("http://shop.test/paid?session={}", text(&session, "id"));
    assert_eq!(paid.headers()["location"], expected.as_str());

    let path = format!(
        "/v1/checkout/sessions/{}?expand[]=subscription.default_payment_method&expand[]=invoice&expand[]=line_items&expand[]=customer",
        text(&session, "id")
    );
    let session = sandbox.get(&path).await;
    assert_eq!((text(&session, "status"), text(&session, "payment_status")), ("complete", "paid"));
    assert_eq!(session["url"], Value::Null);
    let subscription = &session["subscription"];
    assert_eq!(text(subscription, "status"), "active");
    assert_eq!(subscription["metadata"]["tenant"], "t1");
    assert_eq!(subscription["default_payment_method"]["card"]["last4"], "4242");
    assert_eq!(subscription["items"]["data"][0]["price"]["id"], price.as_str());
    assert_eq!((text(&session["invoice"], "status"), &session["invoice"]["amount_paid"]), ("paid", &Value::from(2900)));
    assert_eq!(session["line_items"]["data"][0]["amount_total"], 2900);
    assert_eq!(text(&session["customer"], "email"), "owner@acme.test");
    assert_eq!(
        sandbox.events().await,
        [
            "product.created",
            "price.created",
            "customer.created",
            "payment_method.attached",
            "invoice.created",
            "payment_intent.created",
            "invoice.finalized",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.paid",
            "invoice.payment_succeeded",
            "customer.subscription.created",
            "checkout.session.completed",
        ]
    );
}

#[tokio::test]
async fn a_declined_card_shows_the_form_and_stores_nothing() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    for card in ["4000 0000 0000 0002", "4000 0000 0000 0341"] {
        let session = sandbox.session(&price, &[]).await;
        let refused = sandbox.submit(text(&session, "url"), &card_form(card)).await;
        assert_eq!(refused.status(), 402);
        assert!(refused.text().await.unwrap().contains("Your card was declined."));
        let session = sandbox.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
        assert_eq!(text(&session, "status"), "open");
        let again = sandbox.submit(text(&session, "url"), &card_form("4242 4242 4242 4242")).await;
        assert_eq!(again.status(), 303);
    }
    assert_eq!(list(&sandbox.get("/v1/customers").await).len(), 2);
}

#[tokio::test]
async fn a_card_with_authentication_pays_after_confirmation() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.session(&price, &[]).await;
    let asks = sandbox.submit(text(&session, "url"), &card_form("4000 0025 0000 3155")).await;
    let bank = asks.headers()["location"].to_str().unwrap().to_owned();
    assert!(bank.ends_with("/authenticate"));
    let page = sandbox.client.get(format!("{}{bank}", sandbox.url)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Complete") && page.contains("Fail"));

    let failed = sandbox.submit(&bank, &[("outcome", "fail")]).await;
    assert_eq!(failed.status(), 402);
    assert!(failed.text().await.unwrap().contains("unable to authenticate"));

    sandbox.submit(text(&session, "url"), &card_form("4000 0025 0000 3155")).await;
    let paid = sandbox.submit(&bank, &[("outcome", "complete")]).await;
    assert!(paid.headers()["location"].to_str().unwrap().starts_with("http://shop.test/paid"));
    let session = sandbox.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await;
    assert_eq!(text(&session, "payment_status"), "paid");
}

#[tokio::test]
async fn concurrent_submits_pay_once() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.session(&price, &[]).await;
    let form = card_form("4242 4242 4242 4242");
    let presses: Vec<_> = (0..20).map(|_| sandbox.client.post(text(&session, "url")).form(&form).send()).collect();
    let answers: Vec<_> = presses.into_iter().map(tokio::spawn).collect();
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status(), 303);
    }
    assert_eq!(list(&sandbox.get("/v1/subscriptions").await).len(), 1);
    assert_eq!(list(&sandbox.get("/v1/invoices").await).len(), 1);
}

#[tokio::test]
async fn closed_sessions_show_their_status() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let by_api = sandbox.session(&price, &[]).await;
    let expired = sandbox.post(&format!("/v1/checkout/sessions/{}/expire", text(&by_api, "id")), &[]).await;
    assert_eq!(text(&expired, "status"), "expired");
    let by_time = sandbox.session(&price, &[]).await;
    sandbox.advance(crate::harness::DAY + 1).await;
    for session in [&by_api, &by_time] {
        let shown = sandbox.client.get(text(session, "url")).send().await.unwrap();
        assert_eq!(shown.status(), 410);
        assert!(shown.text().await.unwrap().contains("has expired"));
        assert_eq!(sandbox.submit(text(session, "url"), &card_form("4242 4242 4242 4242")).await.status(), 410);
    }
    let done = sandbox.buy(&price, &[], "4242 4242 4242 4242").await;
    let shown = sandbox.client.get(format!("{}/pay/{}", sandbox.url, text(&done, "id"))).send().await.unwrap();
    assert!(shown.text().await.unwrap().contains("This is paid."));
    let (status, error) = sandbox.refused(&format!("/v1/checkout/sessions/{}/expire", text(&done, "id")), &[]).await;
    assert_eq!(status, 400);
    assert!(text(&error, "message").contains("complete"));
}

#[tokio::test]
async fn invalid_form_fields_are_marked() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.session(&price, &[]).await;
    let url = text(&session, "url");
    let wrong = [("email", "no-address"), ("card_number", "<script>"), ("expiry", "13/20"), ("cvc", "x"), ("name", "")];
    let shown = sandbox.submit(url, &wrong).await;
    assert_eq!(shown.status(), 400);
    let html = shown.text().await.unwrap();
    for name in ["email", "card_number", "expiry", "cvc", "name"] {
        assert!(html.contains(&format!("href=\"#{name}\"")), "{name}");
    }
    assert!(!html.contains("<script>"));
    assert_eq!(sandbox.submit::<&str>(url, &[]).await.status(), 400);
    assert_eq!(sandbox.client.get(format!("{}/pay/cs_test_none", sandbox.url)).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.session(&price, &[]).await;
    let foreign = sandbox.client.post(text(&session, "url")).header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.form(&card_form("4242 4242 4242 4242")).send().await.unwrap().status(), 403);
    let clock = sandbox.client.post(format!("{}/clock", sandbox.url)).header("origin", "http://evil.test");
    assert_eq!(clock.form(&[("advance_secs", "60")]).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_trial_costs_nothing_today() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let session = sandbox.buy(&price, &[("subscription_data[trial_period_days]", "14")], "4000 0000 0000 0341").await;
    assert_eq!(text(&session, "payment_status"), "no_payment_required");
    let path = format!("/v1/subscriptions/{}", text(&session, "subscription"));
    assert_eq!(text(&sandbox.get(&path).await, "status"), "trialing");
    sandbox.advance(15 * crate::harness::DAY).await;
    assert_eq!(text(&sandbox.get(&path).await, "status"), "past_due");
    let events = sandbox.events().await;
    assert!(events.contains(&"customer.subscription.trial_will_end".to_owned()));
    assert!(events.contains(&"invoice.payment_failed".to_owned()));
}
