//! Trials, and plan changes scheduled for the end of the period.

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::harness::{Engine, Owner, TestApp, TestPolar, eventually};

const CATALOG: &str = include_str!("../../../domain/src/catalog/default.toml");
const PREFLIGHT: &str = "/api/v1/billing/preflight";

/// A catalog in which Pro has a trial of two weeks.
fn catalog() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(&file, CATALOG.replace("[plan.pro]\n", "[plan.pro]\ntrial_days = 14\n")).unwrap();
    file
}

async fn subscription(owner: &Owner) -> Value {
    owner.get("/billing/subscription").await.expect(200)["subscription"].clone()
}

#[rstest]
#[tokio::test]
async fn a_first_order_shows_its_trial(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let catalog = catalog();
    let app = TestApp::on(engine).with("CATALOG", catalog.path().to_str().unwrap()).start().await;
    let owner = app.owner().await;
    let plans = owner.get("/billing/plans").await.expect(200);
    let days: Vec<_> =
        plans["plans"].as_array().unwrap().iter().filter(|plan| plan.get("trialDays").is_some()).collect();
    assert_eq!((days.len(), &days[0]["tier"], &days[0]["trialDays"]), (1, &json!("pro"), &json!(14)));
    let membership = owner.get("/membership").await.text;
    assert!(membership.contains("14\u{a0}days free"), "{membership}");
    let review = owner.get("/checkout?plan=pro&cycle=monthly").await.text;
    assert!(review.contains("Cancel before then and you won’t be charged."), "{review}");

    let answer = owner.post("/billing/upgrade", &json!({ "targetPlan": "pro" })).await.expect(200);
    assert_eq!((&answer["session"]["amount"], &answer["session"]["trial_days"]), (&json!(2900), &json!(14)));
    let back = app.stripe.pay(answer["checkoutUrl"].as_str().unwrap()).await;
    let paid = owner.get(&back).await.text;
    assert!(paid.contains("is on Pro.") && paid.contains("The trial runs until"), "{paid}");
    let shown = subscription(&owner).await;
    assert_eq!((&shown["plan"], &shown["status"]), (&json!("pro"), &json!("active")));
    assert_eq!(shown["trialEnd"], shown["renewalDate"]);
    let invoices = owner.get("/api/v1/billing/invoices").await.expect(200);
    assert_eq!(invoices["data"][0]["amount"], 0);
    assert!(!owner.get("/membership").await.text.contains("days free"));

    // A workspace gets a trial only once.
    app.stripe.cancel(&app.subscriptions(&owner.tenant).await[0].external_id).await;
    eventually("the end is known", async || owner.status().await["status"] == "canceled").await;
    let again = owner.post("/billing/upgrade", &json!({ "targetPlan": "pro" })).await.expect(200);
    assert!(again["session"].get("trial_days").is_none(), "{again}");
    let review = owner.get("/checkout?plan=pro&cycle=monthly").await.text;
    assert!(!review.contains("days free"), "{review}");
}

#[rstest]
#[tokio::test]
async fn documented_checkouts_have_no_trial(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let shown = subscription(&owner).await;
    assert!(shown.get("trialEnd").is_none() && shown.get("pendingChange").is_none(), "{shown}");
    assert_eq!(owner.get("/api/v1/billing/invoices").await.expect(200)["data"][0]["amount"], 2900);
}

/// Confirms a change of plan on the portal.
pub(crate) async fn confirm(app: &TestApp, owner: &Owner, plan: &str) {
    let page = owner.checkout(plan).await;
    let subscription = app.subscriptions(&owner.tenant).await[0].external_id.clone();
    let at_stripe = app.stripe.get(&format!("/v1/subscriptions/{subscription}")).await;
    let item = at_stripe["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    let form = [
        ("subscription", subscription),
        ("item", item),
        ("price", app.stripe.price(plan)),
        ("quantity", "1".to_owned()),
    ];
    assert_eq!(app.stripe.submit(&format!("{page}/change"), &form).await, 303);
}

#[rstest]
#[tokio::test]
async fn a_downgrade_shows_its_date_and_can_be_undone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &[("websocket_connections", 45)]).await;
    let before = subscription(&owner).await;
    let ahead = owner.get(&format!("{PREFLIGHT}?plan=starter")).await.expect(200);
    assert_eq!((&ahead["startsAt"], &ahead["dueNow"]["amount"]), (&before["currentPeriodEnd"], &json!(0)));
    let above: Vec<_> =
        ahead["features"].as_array().unwrap().iter().filter(|line| line["outcome"] == "no_more").collect();
    assert_eq!(above.iter().map(|line| &line["feature"]).collect::<Vec<_>>(), ["websocket_connections"]);
    assert_eq!(owner.get(&format!("{PREFLIGHT}?plan=team")).await.expect(200)["startsAt"], json!(null));

    confirm(&app, &owner, "starter").await;
    eventually("the webhook stores the scheduled change", async || {
        subscription(&owner).await.get("pendingChange").is_some()
    })
    .await;
    let shown = subscription(&owner).await;
    assert_eq!((&shown["plan"], &shown["currentPeriodEnd"]), (&json!("pro"), &before["currentPeriodEnd"]));
    let pending = json!({ "plan": "starter", "billingCycle": "monthly", "at": before["currentPeriodEnd"] });
    assert_eq!(shown["pendingChange"], pending);
    let page = owner.get("/membership").await.text;
    assert!(page.contains("changes to Starter on") && page.contains("Keep Pro"), "{page}");
    let other = json!({ "plan": "team" });
    let refused = owner.post("/api/v1/billing/checkout", &other).await.refused(409, "conflict");
    let ahead = owner.get(&format!("{PREFLIGHT}?plan=team")).await.expect(200);
    assert_eq!((&ahead["dueNow"], &ahead["startsAt"]), (&json!(null), &json!(null)));
    assert_eq!(ahead["conflict"], refused["message"]);
    let free = owner.get(&format!("{PREFLIGHT}?plan=free")).await.expect(200);
    assert_eq!((&free["startsAt"], &free["conflict"]), (&before["currentPeriodEnd"], &json!(null)));

    owner.post("/api/v1/billing/resume", &json!({})).await.expect(200);
    assert_eq!(subscription(&owner).await, before);
    assert!(owner.checkout("team").await.contains("/portal/"));
}

#[rstest]
#[tokio::test]
async fn a_trial_at_polar_is_paid_after_it_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let catalog = catalog();
    let settings = vec![("CATALOG", catalog.path().to_str().unwrap().to_owned())];
    let (app, polar) = TestPolar::start_with(engine, settings).await;
    let owner = app.owner_on("pro").await;
    assert!(subscription(&owner).await["trialEnd"].is_string());
    let orders =
        async || polar.list("orders/").await.iter().map(|order| order["total_amount"].as_i64().unwrap()).sum::<i64>();
    assert_eq!(orders().await, 0);
    polar.advance(15).await;
    assert_eq!(orders().await, 2900);
    owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(owner.status().await["status"], "active");
    // The next order is paid at once, even if Polar's product has a trial.
    polar.revoke(&app.subscriptions(&owner.tenant).await[0].external_id).await;
    eventually("the end is known", async || owner.status().await["status"] == "canceled").await;
    owner.checkout("pro").await;
    assert_eq!(polar.list("checkouts/").await[0]["allow_trial"], false);
}

#[rstest]
#[tokio::test]
async fn a_scheduled_change_at_polar_is_shown_and_can_be_undone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = app.owner_on("pro").await;
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    let change = json!({ "product_id": polar.product("starter"), "proration_behavior": "next_period" });
    polar.patch(&format!("subscriptions/{}", stored.external_id), &change).await;
    eventually("the scheduled change is shown", async || {
        subscription(&owner).await["pendingChange"]["plan"] == "starter"
    })
    .await;
    assert!(owner.get("/membership").await.text.contains("changes to Starter on"));
    owner.post("/api/v1/billing/resume", &json!({})).await.expect(200);
    assert!(subscription(&owner).await.get("pendingChange").is_none());
}
