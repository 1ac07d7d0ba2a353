//! What pages say about a reached limit: the plan that raises it, for admins with a link to its order, for members with
//! the people to ask.

use domain::account::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp};

const ROOMS: &str = "/api/v1/billing/features/websocket_rooms/consume";
const CONNECTIONS: &str = "/api/v1/billing/features/websocket_connections/consume";
const REVIEW: &str = "href=\"/checkout?plan=pro&amp;cycle=monthly\"";

#[rstest]
#[tokio::test]
async fn a_reached_limit_names_the_plan_that_raises_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("starter").await;
    let member = app.colleague_of(&owner, Role::Member).await;
    let pages = ["/membership", "/usage", "/usage/websocket_rooms"];
    for page in pages {
        let shown = member.get(page).await.text;
        assert!(!shown.contains(&owner.email), "{page} names the owner without a reason: {shown}");
    }
    app.service_of(&owner.tenant, "usage").await.post(ROOMS, &json!({ "amount": 2 })).await.expect(200);
    for page in pages {
        let shown = owner.get(page).await.text;
        assert!(shown.contains("Pro allows 10 for $29.00 a month."), "{page}: {shown}");
        assert!(shown.contains(REVIEW), "{page}: {shown}");
        let shown = member.get(page).await.text;
        assert!(shown.contains("Pro allows 10.") && !shown.contains(REVIEW), "{page}: {shown}");
        assert!(shown.contains(&format!("<bdi>{}</bdi>", owner.email)), "{page}: {shown}");
    }
    let other = owner.get("/usage/environments").await.text;
    assert!(!other.contains("Pro allows 10"), "a page of another limit: {other}");
}

#[rstest]
#[tokio::test]
async fn a_refused_invitation_names_the_plan_with_more_seats(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    app.colleague_of(&owner, Role::Admin).await;
    let form = [("email", "friend@example.com"), ("role", "member")];
    let refused = owner.submit("/rpc/invite", &form).await;
    assert!(refused.leads_to().contains("code=limit_reached"), "{}", refused.leads_to());
    for page in [refused.leads_to(), "/settings/team"] {
        let shown = owner.get(page).await.text;
        assert_eq!(shown.matches("Starter allows 3 for $9.00 a month.").count(), 1, "{page}: {shown}");
    }
}

#[rstest]
#[tokio::test]
async fn where_no_plan_allows_more_the_page_leads_to_support(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("SUPPORT_URL", "mailto:help@acme.test").start().await;
    let owner = app.owner_granted("enterprise").await;
    let service = app.service_of(&owner.tenant, "usage").await;
    let consumed = service.post(CONNECTIONS, &json!({ "amount": 10_000 })).await;
    consumed.expect(200);
    let shown = owner.get("/usage/websocket_connections").await.text;
    assert!(shown.contains("No plan allows more.") && shown.contains("mailto:help@acme.test"), "{shown}");
}
