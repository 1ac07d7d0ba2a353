//! What admins set for the limits of their workspace: thresholds of alerts, and caps below the plan's limits.

use domain::account::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, TestApp, within_staleness};

const PAGE: &str = "/usage/websocket_rooms";
const CONSUME: &str = "/api/v1/billing/features/websocket_rooms/consume";
const CHECK: &str = "/api/v1/billing/features/websocket_rooms/check";
const SET: &str = "/rpc/set-limit";

async fn consume(service: &Browser, amount: u64) -> u16 {
    service.post(CONSUME, &json!({ "amount": amount })).await.status
}

fn form<'a>(first: &'a str, second: &'a str, cap: &'a str) -> [(&'a str, &'a str); 4] {
    [("feature", "websocket_rooms"), ("first", first), ("second", second), ("cap", cap)]
}

#[rstest]
#[tokio::test]
async fn a_cap_stops_usage_below_the_limit_of_the_plan_on_every_node(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let member = app.colleague_of(&owner, Role::Member).await;
    let service = app.service_of(&owner.tenant, "usage").await;
    assert_eq!(owner.submit(SET, &form("", "", "4")).await.leads_to(), format!("{PAGE}?code=limit_set"));
    assert_eq!((consume(&service, 4).await, consume(&service, 1).await), (200, 402));
    let refused = service.post(CONSUME, &json!({ "amount": 1 })).await.refused(402, "limit_reached");
    assert_eq!(refused["upgrade"], Value::Null, "no plan raises a cap: {refused}");
    let node = app.start_node().await;
    let elsewhere = owner.with_address(node.address);
    let limit = async || elsewhere.get(CHECK).await.expect(200)["limit"].clone();
    assert_eq!((owner.get(CHECK).await.expect(200)["limit"].clone(), limit().await), (json!(4), json!(4)));

    let page = owner.get(PAGE).await.text;
    assert!(page.contains("Capped at 4. Your plan allows 10.") && page.contains(&owner.email), "{page}");
    assert!(page.contains("Your workspace set this cap.") && !page.contains("/checkout?plan="), "{page}");
    assert!(page.contains("name=\"cap\""), "{page}");
    let seen = member.get(PAGE).await.text;
    assert!(seen.contains("Capped at 4.") && !seen.contains(SET), "{seen}");

    // Without a cap, the limit of the plan applies.
    owner.submit(SET, &form("", "", "")).await;
    within_staleness("the other node lifts the cap", async || limit().await == json!(10)).await;
    assert_eq!((consume(&service, 6).await, consume(&service, 1).await), (200, 402));
    let audit = owner.get("/api/v1/tenant/audit?action=limit.set").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit}");
}

#[rstest]
#[tokio::test]
async fn each_threshold_alerts_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let service = app.service_of(&owner.tenant, "usage").await;
    owner.submit(SET, &form("30%", "6", "")).await;
    let kinds = async || {
        let alerts = owner.get("/api/v1/usage/alerts").await.expect(200);
        let items = alerts["items"].as_array().cloned().unwrap_or_default();
        let mut kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect();
        kinds.sort_unstable();
        kinds
    };
    for (amount, expected) in [(2, vec![]), (1, vec!["warning"]), (3, vec!["second_warning", "warning"])] {
        assert_eq!(consume(&service, amount).await, 200);
        assert_eq!(kinds().await, expected);
    }
    let page = owner.get(PAGE).await.text;
    assert!(!page.contains("limit almost reached"), "the pages keep the mark of the catalog: {page}");
    assert!(page.contains("value=\"30%\"") && page.contains("value=\"6\""), "{page}");
    // A new threshold has an alert of its own, and usage that did not fall is not reported as below it.
    owner.submit(SET, &form("90%", "", "")).await;
    assert_eq!(consume(&service, 3).await, 200);
    assert_eq!(kinds().await, ["second_warning", "warning", "warning"]);
}

#[rstest]
#[tokio::test]
async fn what_cannot_apply_is_refused_and_kept_in_the_form(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    for (form, wrong) in [
        (form("", "", "10"), "cap"),
        (form("", "", "0"), "cap"),
        (form("", "", "many"), "cap"),
        (form("100%", "", ""), "first"),
        (form("50%", "10", ""), "second"),
        (form("5", "", "5"), "first"),
    ] {
        let answer = owner.submit(SET, &form).await;
        assert!(answer.leads_to().ends_with(&format!("code=validation_error&wrong={wrong}")), "{}", answer.leads_to());
    }
    let shown = owner.get(&format!("{PAGE}?code=validation_error&wrong=first")).await.text;
    assert!(shown.contains("aria-invalid=\"true\"") && shown.contains("value=\"5\""), "{shown}");
    let member = app.colleague_of(&owner, Role::Member).await;
    let refused = member.submit(SET, &form("", "", "4")).await;
    assert_eq!(refused.leads_to(), format!("{PAGE}?code=admin_required"));
}
