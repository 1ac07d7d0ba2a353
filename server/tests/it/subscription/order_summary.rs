//! The price of a plan change: pages and the API show what the provider charges.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, TestApp};

/// Returns the text of a page without markup.
async fn words(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200);
    let text = page.text.split('<').filter_map(|part| Some(part.split_once('>')?.1));
    text.collect::<String>().replace('\u{a0}', " ")
}

/// Changes the plan from Pro to Team at a quantity of five, of which four are not paid yet: $116.00 are due for these,
/// and $350.00 for the difference of the plans.
#[rstest]
#[tokio::test]
async fn a_plan_change_of_quantity_five_shows_the_amounts_that_are_charged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let subscription = app.stripe.list("/v1/subscriptions").await.remove(0);
    let item = &subscription["items"]["data"][0];
    let (id, item_id) = (subscription["id"].as_str().unwrap(), item["id"].as_str().unwrap());
    // Prorations are computed by the second, so the clock is kept at the first second of the period.
    let begun = item["current_period_start"].as_i64().unwrap();
    let first_second = || app.stripe.set_clock(begun + 1);

    first_second();
    let five = [("items[0][id]", item_id), ("items[0][quantity]", "5")];
    app.stripe.post(&format!("/v1/subscriptions/{id}"), &five).await;
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    let membership = words(&owner, "/membership").await;
    assert!(
        membership.contains("The next payment of $261.00"),
        "four of this month and five of the next: {membership}"
    );
    assert_eq!(owner.get("/api/v1/entitlements").await.expect(200)["seats"], 5);

    first_second();
    let review = words(&owner, "/checkout?plan=team").await;
    for sum in ["Due today", "$466.00", "$495.00 a month"] {
        assert!(review.contains(sum), "{sum}: {review}");
    }
    assert!(!review.contains("$99.00 a month"), "{review}");
    first_second();
    let preflight = owner.get("/api/v1/billing/preflight?plan=team").await.expect(200);
    assert_eq!(preflight["dueNow"], json!({ "amount": 46_600, "currency": "USD" }));
    let upgrade = owner.post("/billing/upgrade", &json!({ "targetPlan": "team" })).await.expect(200);
    assert_eq!((&upgrade["session"]["amount"], &upgrade["flow"]), (&json!(9900), &json!("portal")), "the list price");

    first_second();
    let page = upgrade["checkoutUrl"].as_str().unwrap();
    let confirmed = [
        ("subscription", id.to_owned()),
        ("item", item_id.to_owned()),
        ("price", app.stripe.price("team")),
        ("quantity", "5".to_owned()),
    ];
    assert_eq!(app.stripe.submit(&format!("{page}/change"), &confirmed).await, 303);
    let charged = app.stripe.list(&format!("/v1/invoices?subscription={id}")).await.remove(0);
    assert_eq!((&charged["amount_paid"], &charged["status"]), (&json!(46_600), &json!("paid")));
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(owner.status().await["plan"], "team");
    let membership = words(&owner, "/membership").await;
    assert!(membership.contains("The next payment of $495.00"), "{membership}");
    let invoices = owner.get("/api/v1/billing/invoices").await.expect(200);
    assert_eq!(invoices["data"][0]["amount"], json!(46_600));
}
