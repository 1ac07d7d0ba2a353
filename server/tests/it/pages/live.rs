//! The event stream of open pages: only of the page's workspace, and only while the user is a member of it.

use std::time::{Duration, Instant};

use domain::account::Role;
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, EventStream, TestApp, eventually};

const LIVE: &str = "/live/usage";
const ROOMS: &str = "/api/v1/billing/features/websocket_rooms/consume";
/// Longer than the interval of rights checks, and shorter than the minute after which a stream ends.
const SOON: Duration = Duration::from_secs(20);
/// Shorter than the interval of rights checks: a changed membership ends the stream before the next check.
const BEFORE_THE_NEXT_CHECK: Duration = Duration::from_secs(3);
/// Long enough for two checks of sessions.
const SESSION_CHECKS: Duration = Duration::from_secs(9);
/// Half of the time that a shutdown gives to requests in flight.
const AT_ONCE: Duration = Duration::from_secs(10);

#[rstest]
#[tokio::test]
async fn usage_is_streamed_only_to_pages_of_its_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, elsewhere) = (app.owner_on("pro").await, app.owner_on("pro").await);
    let request = here.request(Method::GET, LIVE).header(header::ACCEPT_ENCODING, "gzip, br");
    let mut all = EventStream::to(request).await;
    let mut rooms = EventStream::at(&here, &format!("{LIVE}?tenant={}&feature=websocket_rooms", here.tenant)).await;
    let mut others = EventStream::at(&elsewhere, LIVE).await;
    for (name, value) in [("content-type", "text/event-stream"), ("cache-control", "no-store")] {
        assert_eq!(all.received.header(name), Some(value));
    }
    assert_eq!(all.received.header("content-encoding"), None);
    assert!(all.received.text.contains("retry: 1000"), "{}", all.received.text);

    let service = app.service_of(&here.tenant, "usage").await;
    service.post(ROOMS, &json!({ "amount": 3 })).await.expect(200);
    all.wait_for("<b>3</b> of 10").await;
    rooms.wait_for("3 of 10 used.").await;
    // Same markup as on the page.
    let page = here.get("/usage").await.text;
    let (_, last_event) = all.received.text.rsplit_once("data: ").unwrap();
    let meter = &last_event[last_event.find("<li id=\"meter-websocket_rooms\"").unwrap()..];
    assert!(page.contains(meter.trim_end()), "{meter}\nis not in\n{page}");
    assert!(!meter.contains("meter-websocket_connections"), "an unchanged meter was sent again: {meter}");

    // Wait for a later event, so that an event of the other workspace would have arrived.
    let other = app.service_of(&elsewhere.tenant, "usage").await;
    other.post(ROOMS, &json!({ "amount": 5 })).await.expect(200);
    others.wait_for("<b>5</b> of 10").await;
    assert!(!others.received.text.contains("<b>3</b> of 10"), "{}", others.received.text);
}

#[rstest]
#[tokio::test]
async fn a_stream_requires_a_session_with_the_workspace_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_on("pro").await, app.owner().await);
    app.visitor().get(LIVE).await.refused(401, "unauthenticated");
    owner.get(&format!("{LIVE}?tenant={}", other.tenant)).await.refused(404, "tenant_not_found");
    owner.get(&format!("{LIVE}?feature=tea")).await.refused(404, "not_found");
    let key = app.service_of(&owner.tenant, "read,usage").await;
    key.get(LIVE).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn a_stream_ends_with_the_membership_and_with_the_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let colleague = app.colleague_of(&owner, Role::Member).await;
    let mut colleague_stream = EventStream::at(&colleague, LIVE).await;
    let mut owner_stream = EventStream::at(&owner, LIVE).await;

    let members = owner.get("/api/v1/tenant/members").await.expect(200);
    let removed =
        members["items"].as_array().unwrap().iter().find(|member| member["email"] == *colleague.email).unwrap();
    let path = format!("/api/v1/tenant/members/{}", removed["userId"].as_str().unwrap());
    let removed_at = Instant::now();
    assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
    colleague_stream.ends_within(SOON).await;
    assert!(removed_at.elapsed() < BEFORE_THE_NEXT_CHECK, "it took {:?}", removed_at.elapsed());

    assert_eq!(owner.post("/api/v1/auth/logout", &json!({})).await.status, 204);
    owner_stream.ends_within(SOON).await;
}

#[rstest]
#[tokio::test]
async fn a_stream_follows_what_happens_on_another_node(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let colleague = app.colleague_of(&owner, Role::Member).await;
    let other_node = app.start_node().await;
    let mut of_colleague = EventStream::at(&colleague.with_address(other_node.address), LIVE).await;
    let mut of_owner = EventStream::at(&owner.with_address(other_node.address), LIVE).await;
    let service = app.service_of(&owner.tenant, "usage").await;
    service.post(ROOMS, &json!({ "amount": 3 })).await.expect(200);
    of_owner.wait_for("<b>3</b> of 10").await;

    let me = colleague.get("/api/v1/auth/me").await.expect(200);
    let path = format!("/api/v1/tenant/members/{}", me["userId"].as_str().unwrap());
    assert_eq!(owner.send(owner.request(Method::DELETE, &path)).await.status, 204);
    of_colleague.ends_within(BEFORE_THE_NEXT_CHECK).await;
    assert_eq!(owner.post("/api/v1/auth/logout", &json!({})).await.status, 204);
    of_owner.ends_within(SOON).await;
}

#[rstest]
#[tokio::test]
async fn a_stream_ends_at_once_where_its_session_is_ended(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let (here, elsewhere) = (app.signed_in(&owner.email).await, app.signed_in(&owner.email).await);
    let mut other = EventStream::at(&elsewhere, LIVE).await;
    let mut open = EventStream::at(&here, LIVE).await;
    assert_eq!(here.post("/api/v1/auth/logout", &json!({})).await.status, 204);
    open.ends_within(BEFORE_THE_NEXT_CHECK).await;
    // The user's other session continues.
    let service = app.service_of(&owner.tenant, "usage").await;
    service.post(ROOMS, &json!({ "amount": 3 })).await.expect(200);
    other.wait_for("<b>3</b> of 10").await;

    let mut open = EventStream::at(&elsewhere, LIVE).await;
    assert_eq!(owner.submit("/rpc/end-sessions", &[]).await.leads_to(), "/login?code=signed_out");
    open.ends_within(BEFORE_THE_NEXT_CHECK).await;
    other.ends_within(BEFORE_THE_NEXT_CHECK).await;
}

#[rstest]
#[tokio::test]
async fn open_pages_cost_the_database_the_same_however_many_there_are(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // SQLite's statements are logged on separate threads. Only a server in its own process has these lines in its log.
    let app = TestApp::on(engine).with("RUST_LOG", "info,sqlx::query=debug").in_a_process().start().await;
    let owner = app.owner_on("pro").await;
    let mut members = Vec::new();
    for _ in 0..3 {
        members.push(app.colleague_of(&owner, Role::Member).await);
    }
    let statements = async || {
        let count = || app.server.log().lines().filter(|line| line.contains(r#""target":"sqlx::query""#)).count();
        let before = count();
        tokio::time::sleep(SESSION_CHECKS).await;
        count() - before
    };
    let mut open = vec![EventStream::at(&owner, LIVE).await];
    let with_one = statements().await;
    for _ in 1..8 {
        open.push(EventStream::at(&owner, LIVE).await);
    }
    for member in &members {
        for _ in 0..8 {
            open.push(EventStream::at(member, LIVE).await);
        }
    }
    // Both counts include the worker's polls. On a busy machine the first renderings may fall into a later window.
    let mut with_many = statements().await;
    for _ in 0..4 {
        if with_many >= with_one + with_one / 2 {
            with_many = with_many.min(statements().await);
        }
    }
    assert!(
        with_one > 0 && with_many < with_one + with_one / 2,
        "{with_one} with one, {with_many} with {}",
        open.len()
    );
}

#[tokio::test]
async fn a_user_holds_at_most_eight_streams() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner_on("pro").await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(EventStream::at(&owner, LIVE).await);
    }
    let refused = owner.get(LIVE).await;
    refused.refused(503, "too_many_streams");
    assert_eq!(refused.header("retry-after"), Some("60"));
    // Streams of another user are counted separately.
    let colleague = app.colleague_of(&owner, Role::Member).await;
    assert_eq!(EventStream::at(&colleague, LIVE).await.received.status, 200);
    open.pop();
    eventually("a closed stream frees its slot", async || EventStream::at(&owner, LIVE).await.received.status == 200)
        .await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_streams() {
    let mut app = TestApp::on(Engine::Sqlite).in_a_process().start().await;
    let owner = app.owner_on("pro").await;
    let mut open = EventStream::at(&owner, LIVE).await;
    let begun = Instant::now();
    assert!(app.server.terminate().await.success());
    assert!(begun.elapsed() < AT_ONCE, "it took {:?}", begun.elapsed());
    open.ends_within(SOON).await;
}
