//! Seats in a checkout and in a change of plan.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::harness::APP_URL;

#[rstest]
#[tokio::test]
async fn a_checkout_buys_the_plan_and_its_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner().await;
    let page = owner.post(CHECKOUT, &json!({ "plan": "team", "seats": 5 })).await.expect(200);
    assert_eq!(app.stripe.open_sessions().await[0]["amount_total"], TEAM + 3 * SEAT);
    let back = app.stripe.pay(page["url"].as_str().unwrap()).await;
    assert_eq!(owner.get(&back).await.status, 200);

    assert_eq!(items(&app, &owner).await, sorted([(app.stripe.price("team"), 1), (app.stripe.seat_price("team"), 3)]));
    let bought = json!({
        "seats": 5, "dueNow": null, "pending": null, "plan": "team", "billingCycle": "monthly", "included": 2,
        "min": 3, "max": 20, "inUse": 1, "price": { "amount": SEAT, "currency": "USD" },
    });
    assert_eq!(seats(&owner).await, bought);
    wait_for_limit(&owner, 5).await;
    assert_eq!(owner.get("/api/v1/entitlements").await.expect(200)["seats"], 5);
    assert_eq!(invoices(&owner).await, [TEAM + 3 * SEAT]);
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    assert!(stored.details.also_included.is_empty() && !stored.details.is_adjusted, "{stored:?}");
    assert_eq!(stored.price.unwrap().minor, TEAM + 3 * SEAT);
}

#[rstest]
#[tokio::test]
async fn an_order_buys_the_fewest_seats_by_default(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner_on("team").await;
    assert_eq!((&seats(&owner).await["seats"], invoices(&owner).await), (&json!(3), vec![TEAM + SEAT]));
    let all_seats = app.owner_on("scale").await;
    assert_eq!(items(&app, &all_seats).await, [(app.stripe.seat_price("scale"), 2)]);
    assert_eq!(seats(&all_seats).await["seats"], 2);
    assert_eq!(limit(&all_seats).await, 2);
    assert_eq!(put(&all_seats, 4).await.expect(200)["seats"], 4);
    assert_eq!(items(&app, &all_seats).await, [(app.stripe.seat_price("scale"), 4)]);
}

#[rstest]
#[tokio::test]
async fn seats_that_are_not_sold_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner().await;
    for (plan, wanted, says) in [
        ("team", json!(2), "seats must be from 3 to 20"),
        ("team", json!(21), "seats must be from 3 to 20"),
        ("team", json!("many"), "seats must be a whole number"),
        ("team", json!(0), "seats must be a whole number"),
        ("pro", json!(3), "Pro is sold without seats"),
    ] {
        let order = json!({ "plan": plan, "seats": wanted });
        let refused = owner.post(CHECKOUT, &order).await.refused_field("seats");
        assert!(refused["fields"]["seats"].as_str().unwrap().contains(says), "{order}: {refused}");
        let order = json!({ "type": "subscription", "planId": plan, "seats": wanted });
        owner.post(CHECKOUT, &order).await.refused_field("seats");
    }
    assert!(app.stripe.open_sessions().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn an_order_of_fewer_seats_than_are_in_use_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = app.owner_granted("pro").await;
    for _ in 0..3 {
        app.absent_member_id(&owner).await;
    }
    let refused = owner.post(CHECKOUT, &json!({ "plan": "team", "seats": 3 })).await.refused_field("seats");
    assert!(refused["fields"]["seats"].as_str().unwrap().contains("at least 4"), "{refused}");
    let page = owner.checkout("team").await;
    app.stripe.pay(&page).await;
    eventually("those in use are bought", async || owner.get(SEATS).await.status == 200).await;
    assert_eq!(seats(&owner).await["seats"], 4);
}

/// Confirms a change of plan on the review page.
async fn confirm(owner: &Owner, plan: &str) -> Answer {
    owner.submit("/rpc/checkout", &[("plan", plan), ("cycle", "monthly")]).await
}

#[rstest]
#[tokio::test]
async fn a_plan_with_seats_is_changed_after_its_review(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner_on("starter").await;
    let ahead = owner.get("/api/v1/billing/preflight?plan=team").await.expect(200);
    assert_eq!(ahead["price"]["amount"], TEAM + SEAT);
    assert!(ahead["dueNow"]["amount"].as_i64().unwrap() > 0, "{ahead}");

    // A request of a program charges nothing: it leads to the page on which a person confirms.
    let order = json!({ "type": "subscription", "planId": "team" });
    let answer = owner.post(CHECKOUT, &order).await.expect(200);
    let review = format!("{APP_URL}/checkout?plan=team&cycle=monthly&seats=3");
    assert_eq!((&answer["checkoutUrl"], &answer["flow"]), (&json!(review), &json!("portal")));
    assert_eq!(owner.status().await["plan"], "starter");

    let done = confirm(&owner, "team").await;
    assert!(done.leads_to().contains("/membership/membership-paid"), "{done:#?}");
    assert_eq!(owner.status().await["plan"], "team");
    assert_eq!(items(&app, &owner).await, sorted([(app.stripe.price("team"), 1), (app.stripe.seat_price("team"), 1)]));
    assert_eq!(seats(&owner).await["seats"], 3);
    let charged = invoices(&owner).await[0];
    let estimated = ahead["dueNow"]["amount"].as_i64().unwrap();
    assert!((charged - estimated).abs() <= 1, "{charged} was charged, and {estimated} was said");

    // A smaller plan without seats waits, and takes the seats with it.
    assert_eq!(confirm(&owner, "starter").await.status, 303);
    let shown = owner.get("/billing/subscription").await.expect(200)["subscription"].clone();
    assert_eq!((&shown["plan"], &shown["pendingChange"]["plan"]), (&json!("team"), &json!("starter")));
    assert_eq!(limit(&owner).await, 3);
    put(&owner, 5).await.refused(409, "conflict");
    owner.post("/api/v1/billing/resume", &json!({})).await.expect(200);
    let shown = owner.get("/billing/subscription").await.expect(200)["subscription"].clone();
    assert!(shown.get("pendingChange").is_none(), "{shown}");
}

#[rstest]
#[tokio::test]
async fn a_change_to_a_plan_with_seats_buys_the_plan_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner_on("starter").await;
    let stored = subscription(&app, &owner).await;
    let (id, item) = (stored["id"].as_str().unwrap(), stored["items"]["data"][0]["id"].as_str().unwrap());
    let path = format!("/v1/subscriptions/{id}");
    app.stripe.post(&path, &[("items[0][id]", item), ("items[0][quantity]", "5")]).await;

    assert_eq!(confirm(&owner, "team").await.status, 303);
    let expected = sorted([(app.stripe.price("team"), 1), (app.stripe.seat_price("team"), 1)]);
    assert_eq!(items(&app, &owner).await, expected);
    assert_eq!(app.subscriptions(&owner.tenant).await[0].price.unwrap().minor, TEAM + SEAT);
}

#[rstest]
#[tokio::test]
async fn a_change_of_plan_keeps_the_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 7).await;
    assert_eq!(confirm(&owner, "business").await.status, 303);
    assert_eq!(owner.status().await["plan"], "business");
    let expected = sorted([(app.stripe.price("business"), 1), (app.stripe.seat_price("business"), 2)]);
    assert_eq!(items(&app, &owner).await, expected);
    assert_eq!(seats(&owner).await["seats"], 7);

    let few = owner_with(&app, 3).await;
    assert_eq!(confirm(&few, "business").await.status, 303);
    assert_eq!(items(&app, &few).await, [(app.stripe.price("business"), 1)], "the five that are included");
    assert_eq!(seats(&few).await["seats"], 5);

    let many = owner_with(&app, 9).await;
    let conflict = many.post(CHECKOUT, &json!({ "plan": "business" })).await.refused(409, "conflict");
    assert!(conflict["message"].as_str().unwrap().contains("more seats"), "{conflict}");
    let ahead = many.get("/api/v1/billing/preflight?plan=business").await.expect(200);
    assert_eq!(ahead["conflict"], conflict["message"]);
    assert_eq!(many.status().await["plan"], "team");
}

#[rstest]
#[tokio::test]
async fn a_declined_card_changes_no_plan(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = app.owner_on("starter").await;
    let before = (items(&app, &owner).await, invoices(&owner).await);
    app.stripe.set_payments_fail(true).await;
    let refused = confirm(&owner, "team").await;
    assert!(refused.leads_to().contains("code=provider_rejected"), "{refused:#?}");
    assert_eq!((items(&app, &owner).await, invoices(&owner).await), before);
    assert_eq!(owner.status().await["plan"], "starter");
}
