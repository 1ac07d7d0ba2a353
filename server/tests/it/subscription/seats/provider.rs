//! Seats that are set at the provider, and seats at Polar.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::harness::TestPolar;

/// Sets the quantity of the item for seats, as in Stripe's dashboard.
async fn set_quantity(app: &TestApp, owner: &Owner, quantity: u64) {
    let subscription = subscription(app, owner).await;
    let price = app.stripe.seat_price("team");
    let item = subscription["items"]["data"].as_array().unwrap().iter().find(|item| item["price"]["id"] == price);
    let item = item.unwrap()["id"].as_str().unwrap();
    let path = format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap());
    app.stripe.post(&path, &[("items[0][id]", item), ("items[0][quantity]", &quantity.to_string())]).await;
}

#[rstest]
#[tokio::test]
async fn seats_of_the_providers_dashboard_count(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 5).await;
    let revision = async || owner.get("/api/v1/entitlements").await.expect(200)["revision"].as_i64().unwrap();
    let before = revision().await;
    set_quantity(&app, &owner, 10).await;
    wait_for_limit(&owner, 12).await;
    assert!(revision().await > before, "a client that keeps the entitlements sees the change");
    assert_eq!(seats(&owner).await["seats"], 12);
    // More than the catalog sells can be bought there, and is paid for.
    set_quantity(&app, &owner, 30).await;
    wait_for_limit(&owner, 32).await;
    assert_eq!(put(&owner, 32).await.expect(200)["seats"], 32);
    put(&owner, 33).await.refused_field("seats");
}

#[rstest]
#[tokio::test]
async fn fewer_seats_keep_the_metadata_of_the_items(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 8).await;
    let item = subscription(&app, &owner).await["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    app.stripe.post(&format!("/v1/subscription_items/{item}"), &[("metadata[contract]", "4711")]).await;
    put(&owner, 5).await.expect(200);
    let schedule = subscription(&app, &owner).await["schedule"].as_str().unwrap().to_owned();
    let schedule = app.stripe.get(&format!("/v1/subscription_schedules/{schedule}")).await;
    for phase in schedule["phases"].as_array().unwrap() {
        assert_eq!(phase["items"][0]["metadata"], json!({ "contract": "4711" }), "{schedule}");
    }
}

#[rstest]
#[tokio::test]
async fn nobody_is_admitted_above_the_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 5).await;
    for _ in 0..4 {
        app.absent_member_id(&owner).await;
    }
    let invite = async |email: &str| {
        let invitation = json!({ "email": email, "role": "member" });
        owner.post("/api/v1/tenant/invitations", &invitation).await
    };
    invite("six@acme.test").await.refused(402, "limit_reached");
    assert_eq!(put(&owner, 6).await.expect(200)["seats"], 6);
    invite("six@acme.test").await.expect(201);
    set_quantity(&app, &owner, 1).await;
    wait_for_limit(&owner, 3).await;
    assert_eq!(seats(&owner).await["inUse"], 5, "all stay");
    let refused = invite("seven@acme.test").await.refused(402, "limit_reached");
    assert_eq!(refused["upgrade"]["plan"], "team", "more seats of the plan are what helps: {refused}");
    put(&owner, 4).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn polar_sells_plans_that_are_all_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const EACH: i64 = 5000;
    let catalog = CATALOG.replace("price.USD = { monthly = 299, yearly = 2990 }\n", "");
    let catalog = with_seats(&catalog, "scale", "min = 2\nprice.USD = { monthly = 50, yearly = 500 }\n");
    let (app, polar) = TestPolar::start_selling(engine, &catalog).await;
    let owner = app.owner_with_order(&json!({ "plan": "scale", "seats": 4 })).await;
    let bought = seats(&owner).await;
    assert_eq!(
        (&bought["seats"], &bought["included"], &bought["price"]["amount"]),
        (&json!(4), &json!(0), &json!(EACH))
    );
    wait_for_limit(&owner, 4).await;
    assert_eq!(app.subscriptions(&owner.tenant).await[0].price.unwrap().minor, 4 * EACH);

    // Polar estimates nothing.
    let ahead = preview(&owner, 6).await.expect(200);
    assert_eq!((&ahead["dueNow"], &ahead["nextPrice"]["amount"]), (&json!(null), &json!(6 * EACH)));
    assert_eq!(put(&owner, 6).await.expect(200)["seats"], 6);
    assert_eq!(polar.list("orders/").await.len(), 2, "the difference is paid at once");
    assert_eq!(put(&owner, 3).await.expect(200)["pending"]["seats"], 3);
    assert_eq!(put(&owner, 6).await.expect(200)["pending"], json!(null));

    polar.set_payments_fail(true).await;
    put(&owner, 9).await.refused(502, "provider_rejected");
    assert_eq!(seats(&owner).await["seats"], 6);
    polar.set_payments_fail(false).await;
    let subscription = app.subscriptions(&owner.tenant).await.remove(0).external_id;
    let change = json!({ "seats": 8, "proration_behavior": "prorate" });
    polar.patch(&format!("subscriptions/{subscription}"), &change).await;
    wait_for_limit(&owner, 8).await;

    // A change would withdraw the cancellation.
    owner.post("/api/v1/billing/cancel", &json!({})).await.expect(200);
    put(&owner, 9).await.refused(409, "conflict");
}
