//! Pages of plans that are sold by the seat: prices, orders, and the change of the number in two steps.

use domain::account::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, Owner, TestApp};

const CATALOG: &str = include_str!("../../../domain/src/catalog/default.toml");
const PAGE: &str = "/membership/seats";
const CHANGE: &str = "/rpc/change-seats";

/// The default catalog, in which Team is all seats, 2 to 100 at $12, and Business includes 5, each further one at $10.
pub(crate) fn catalog() -> String {
    let (before, after) = CATALOG.split_once("[plan.team]\n").unwrap();
    let (team, after) = after.split_once("[plan.business]\n").unwrap();
    let (business, after) = after.split_once("[plan.scale]\n").unwrap();
    let without = |section: &str, keys: &[&str]| {
        let kept = section.lines().filter(|line| !keys.iter().any(|key| line.starts_with(key)));
        kept.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let seats = |plan: &str, sold: &str| format!("[plan.{plan}.seats]\nfeature = \"team_members\"\n{sold}\n\n");
    let team = without(team, &["price.", "team_members"])
        + &seats("team", "min = 2\nmax = 100\nprice.USD = { monthly = 12, yearly = 120 }");
    let business = without(business, &["team_members"])
        + &seats("business", "included = 5\nprice.USD = { monthly = 10, yearly = 100 }");
    format!("{before}[plan.team]\n{team}[plan.business]\n{business}[plan.scale]\n{after}")
}

async fn start(engine: Engine) -> TestApp {
    TestApp::on(engine).selling(catalog()).start().await
}

async fn owner_of_four_seats(app: &TestApp) -> Owner {
    app.owner_with_order(&json!({ "plan": "team", "seats": 4 })).await
}

/// Returns how many seats the workspace pays for, and how many it will.
async fn seats(app: &TestApp, owner: &Owner) -> (Option<u64>, Option<u64>) {
    let details = app.subscriptions(&owner.tenant).await.remove(0).details;
    (details.seats, details.pending_seats.map(|pending| pending.seats))
}

/// Sends the form that confirms a change from `from` to `to` seats, and returns where it leads.
async fn confirm(browser: &Browser, from: &str, to: &str) -> String {
    browser.submit(CHANGE, &[("seats", to), ("from", from)]).await.leads_to().to_owned()
}

#[rstest]
#[tokio::test]
async fn an_order_says_its_seats_and_their_price(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).selling(catalog()).with("PUBLIC_PLANS", "1").start().await;
    let pricing = app.visitor().get("/pricing").await.text;
    for words in ["per seat per month", "5 seats included, then $10.00 per seat per month", "2 to 100", "$12 a seat"] {
        assert!(pricing.contains(words), "{words}: {pricing}");
    }
    let owner = app.owner().await;
    let review = owner.get("/checkout?plan=team").await.text;
    assert!(review.contains("name=\"seats\"") && review.contains("value=\"2\""), "{review}");
    assert!(review.contains("Team, 2 seats") && review.contains("$24.00"), "{review}");
    let review = owner.get("/checkout?plan=team&seats=4").await.text;
    assert!(review.contains("Team, 4 seats") && review.contains("$48.00"), "{review}");
    for (seats, words) in [
        ("101", "Team has at most 100 seats"),
        ("1", "Team has at least 2 seats"),
        ("many", "Enter a whole number of seats"),
    ] {
        let shown = owner.get(&format!("/checkout?plan=team&seats={seats}")).await;
        assert_eq!(shown.status, 200, "{seats}: {shown:#?}");
        assert!(shown.text.contains(words) && shown.text.contains("aria-invalid=\"true\""), "{}", shown.text);
        let form = [("plan", "team"), ("cycle", "monthly"), ("seats", seats)];
        let refused = owner.submit("/rpc/checkout", &form).await;
        assert!(refused.leads_to().contains("code=validation_error&wrong=seats"), "{refused:#?}");
    }
    // The order of a plan without seats leaves the number out.
    let without = owner.get("/checkout?plan=pro&seats=4").await.text;
    assert!(without.contains("$29.00") && !without.contains("name=\"seats\""), "{without}");

    let form = [("plan", "team"), ("cycle", "monthly"), ("seats", "4")];
    let hosted = owner.submit("/rpc/checkout", &form).await;
    let back = app.stripe.pay(hosted.leads_to()).await;
    let paid = owner.get(&back).await.text;
    assert!(paid.contains("is on Team.") && paid.contains("1 in use, $12.00 per seat per month"), "{paid}");
    assert_eq!(seats(&app, &owner).await, (Some(4), None));
    let invoices = owner.get("/api/v1/billing/invoices").await.expect(200);
    assert_eq!(invoices["data"][0]["amount"], 4800, "{invoices}");
}

#[rstest]
#[tokio::test]
async fn a_change_is_made_as_it_was_reviewed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_of_four_seats(&app).await;
    let membership = owner.get("/membership").await.text;
    assert!(membership.contains("href=\"/membership/seats\""), "{membership}");
    let asked = owner.get(PAGE).await.text;
    assert!(asked.contains("has 4 seats.") && asked.contains("value=\"4\"") && !asked.contains(CHANGE), "{asked}");

    let review = owner.get(&format!("{PAGE}?seats=6")).await.text;
    let carried = owner.drawn_for().await.replace('&', "&amp;");
    assert!(review.contains(&format!("action=\"{CHANGE}{carried}\"")), "the form names user and workspace: {review}");
    for words in ["Buy 2 seats", "$72.00", "name=\"from\" value=\"4\"", "name=\"seats\" value=\"6\""] {
        assert!(review.contains(words), "{words}: {review}");
    }
    assert_eq!(seats(&app, &owner).await, (Some(4), None), "a review changes nothing");
    assert_eq!(confirm(&owner, "4", "6").await, "/membership?code=seats_changed");
    assert_eq!(seats(&app, &owner).await, (Some(6), None));
    // The same form, sent again, is about another number than it was reviewed for.
    assert_eq!(confirm(&owner, "4", "8").await, "/membership/seats?seats=8&code=conflict");
    let again = owner.get("/membership/seats?seats=8&code=conflict").await.text;
    assert!(again.contains("Another change was made") && again.contains("name=\"from\" value=\"6\""), "{again}");

    let review = owner.get(&format!("{PAGE}?seats=3")).await.text;
    assert!(review.contains("You won’t be charged today.") && review.contains("$36.00"), "{review}");
    assert_eq!(confirm(&owner, "6", "3").await, "/membership?code=seats_scheduled");
    assert_eq!(seats(&app, &owner).await, (Some(6), Some(3)));
    let membership = owner.get("/membership?code=seats_scheduled").await.text;
    assert!(membership.contains("3 seats from") && membership.contains("Keep 6 seats"), "{membership}");
    assert_eq!(confirm(&owner, "6", "6").await, "/membership?code=seats_kept");
    assert_eq!(seats(&app, &owner).await, (Some(6), None));
}

#[rstest]
#[tokio::test]
async fn a_number_that_cannot_be_bought_is_refused_with_the_reason(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = owner_of_four_seats(&app).await;
    for _ in 0..3 {
        app.absent_member_id(&owner).await;
    }
    for (number, words) in [
        ("3", "4 seats are in use"),
        ("1", "Team has at least 2 seats"),
        ("101", "Team has at most 100 seats"),
        ("4", "This workspace already has 4 seats"),
        ("4.5", "Enter a whole number of seats"),
        ("", "Enter a whole number of seats"),
    ] {
        let shown = owner.get(&format!("{PAGE}?seats={number}")).await;
        assert_eq!(shown.status, 200, "{number}: {shown:#?}");
        assert!(shown.text.contains(words) && !shown.text.contains(CHANGE), "{number}: {}", shown.text);
    }
    assert_eq!(confirm(&owner, "4", "3").await, "/membership/seats?seats=3&code=seats_in_use");
    let to = confirm(&owner, "4", "101").await;
    assert_eq!(to, "/membership/seats?seats=101&code=validation_error&wrong=seats");
    assert_eq!(confirm(&owner, "4", "x").await, "/membership/seats?code=validation_error&wrong=seats");
    assert_eq!(seats(&app, &owner).await, (Some(4), None));

    // With all seats taken, the team page leads to more of them, and not to another plan.
    let team = owner.get("/settings/team").await.text;
    assert!(team.contains("all seats taken") || team.contains("All seats are taken"), "{team}");
    assert!(team.contains("href=\"/membership/seats\"") && !team.contains("/checkout?plan="), "{team}");
    let usage = owner.get("/usage/team_members").await.text;
    assert!(usage.contains("You can buy more seats.") && !usage.contains("/checkout?plan="), "{usage}");

    app.stripe.set_payments_fail(true).await;
    let declined = confirm(&owner, "4", "9").await;
    assert_eq!(declined, "/membership/seats?seats=9&code=provider_rejected");
    assert_eq!(seats(&app, &owner).await, (Some(4), None));
}

#[rstest]
#[tokio::test]
async fn those_who_may_not_bill_see_whom_to_ask(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_of_four_seats(&app).await;
    let member = app.colleague_of(&owner, Role::Member).await;
    let shown = member.get(&format!("{PAGE}?seats=6")).await.text;
    assert!(shown.contains("has 4 seats.") && shown.contains("You’re a member."), "{shown}");
    assert!(shown.contains(&owner.email) && !shown.contains(CHANGE) && !shown.contains("name=\"seats\""), "{shown}");
    assert_eq!(confirm(&member, "4", "6").await, "/membership/seats?seats=6&code=admin_required");
    assert_eq!(seats(&app, &owner).await, (Some(4), None));
    let billing = app.colleague_of(&owner, Role::Billing).await;
    assert_eq!(confirm(&billing, "4", "6").await, "/membership?code=seats_changed");
}

#[rstest]
#[tokio::test]
async fn a_plan_without_seats_has_no_number_to_change(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let page = owner.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:#?}");
    assert!(page.text.contains("Pro isn’t sold by the seat.") && !page.text.contains(CHANGE), "{}", page.text);
    assert!(!owner.get("/membership").await.text.contains(PAGE));
    let to = confirm(&owner, "1", "6").await;
    assert_eq!(to, "/membership/seats?seats=6&code=validation_error&wrong=seats");
}
