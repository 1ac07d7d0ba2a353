//! Plans that are sold with seats.

mod change;
mod orders;
mod provider;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp, eventually};

const CATALOG: &str = include_str!("../../../domain/src/catalog/default.toml");
const SEATS: &str = "/api/v1/billing/seats";
const CHECKOUT: &str = "/api/v1/billing/checkout";
const INVOICES: &str = "/api/v1/billing/invoices";
/// The monthly price of Team, and of each seat beyond the two that it includes.
const TEAM: i64 = 9900;
const SEAT: i64 = 1200;

/// Sells a plan with seats, which replace its limit of members.
fn with_seats(catalog: &str, plan: &str, seats: &str) -> String {
    let heading = format!("[plan.{plan}.limits]\n");
    let (before, limits) = catalog.split_once(&heading).unwrap();
    let (above, below) = limits.split_once("team_members = ").unwrap();
    let below = below.split_once('\n').unwrap().1;
    format!("{before}[plan.{plan}.seats]\nfeature = \"team_members\"\n{seats}\n{heading}{above}{below}")
}

/// Team is sold with 3 to 20 seats, 2 of them included, Business with 5 to 8, all included up to 5, and Scale is all
/// seats.
fn catalog() -> String {
    let team = "included = 2\nmin = 3\nmax = 20\nprice.USD = { monthly = 12, yearly = 120 }\n";
    let business = "included = 5\nmax = 8\nprice.USD = { monthly = 15, yearly = 150 }\n";
    let scale = "min = 2\nprice.USD = { monthly = 50, yearly = 500 }\n";
    let catalog = with_seats(CATALOG, "team", team);
    let catalog = with_seats(&catalog, "business", business);
    let catalog = catalog.replace("price.USD = { monthly = 299, yearly = 2990 }\n", "");
    with_seats(&catalog, "scale", scale)
}

async fn start(engine: Engine) -> TestApp {
    TestApp::on(engine).selling(catalog()).start().await
}

async fn put(caller: &Browser, seats: u64) -> Answer {
    put_to(caller, SEATS, seats).await
}

async fn preview(caller: &Browser, seats: u64) -> Answer {
    put_to(caller, &format!("{SEATS}?preview=true"), seats).await
}

async fn put_to(caller: &Browser, path: &str, seats: u64) -> Answer {
    caller.send(caller.request(Method::PUT, path).json(&json!({ "seats": seats }))).await
}

/// Creates an owner whose workspace pays for Team with so many seats.
async fn owner_with(app: &TestApp, seats: u64) -> Owner {
    app.owner_with_order(&json!({ "plan": "team", "seats": seats })).await
}

async fn seats(owner: &Owner) -> Value {
    owner.get(SEATS).await.expect(200)
}

/// Returns the limit of members.
async fn limit(owner: &Owner) -> u64 {
    let entitlements = owner.get("/api/v1/entitlements").await.expect(200);
    entitlements["features"]["team_members"]["limit"].as_u64().unwrap()
}

async fn wait_for_limit(owner: &Owner, expected: u64) {
    eventually(&format!("the limit is {expected}"), async || limit(owner).await == expected).await;
}

/// Returns the amounts of the invoices in cents, the newest first.
async fn invoices(owner: &Owner) -> Vec<i64> {
    let invoices = owner.get(INVOICES).await.expect(200);
    invoices["data"].as_array().unwrap().iter().map(|invoice| invoice["amount"].as_i64().unwrap()).collect()
}

/// Returns the quantity of each price of the workspace's subscription at Stripe, by the price's id.
async fn items(app: &TestApp, owner: &Owner) -> Vec<(String, u64)> {
    let subscription = subscription(app, owner).await;
    let item = |item: &Value| (item["price"]["id"].as_str().unwrap().to_owned(), item["quantity"].as_u64().unwrap());
    let mut items: Vec<_> = subscription["items"]["data"].as_array().unwrap().iter().map(item).collect();
    items.sort();
    items
}

/// Returns the workspace's subscription as Stripe has it.
async fn subscription(app: &TestApp, owner: &Owner) -> Value {
    let id = app.subscriptions(&owner.tenant).await[0].external_id.clone();
    app.stripe.get(&format!("/v1/subscriptions/{id}")).await
}

fn sorted<const N: usize>(mut items: [(String, u64); N]) -> Vec<(String, u64)> {
    items.sort();
    items.to_vec()
}
